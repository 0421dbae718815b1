"""Browsers of other origins: those we named may read our answers, errors included; nobody else may."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec.structs import replace

from stoory.app import Application
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import ASHA, World

OURS = "https://app.example.org"
THEIRS = [
    "https://evil.example.org",
    "https://app.example.org.evil.example",
    "http://app.example.org",
    "null",
    "x",
]

CASES = [
    ("GET", "/health", 200),
    ("GET", "/api/auth/profile", 401),
    ("GET", "/nothing", 404),
    ("POST", "/health", 405),
    ("POST", "/api/auth/login", 422),
]


@pytest.fixture(scope="module")
async def browser(server: Server, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an application whose answers another origin may read."""
    named = replace(settings, cors_origins=(OURS, "http://localhost:5173"))
    application = Application(named, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running(), World(application).client() as client:
        yield client


@pytest.mark.parametrize(("method", "path", "status"), CASES)
async def test_our_origin_may_read_every_answer(
    browser: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await browser.request(method, path, headers={"Origin": OURS})

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == OURS
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    exposed = answer.headers["access-control-expose-headers"]
    assert {name.strip() for name in exposed.split(",")} == {
        "Idempotent-Replayed",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "X-Request-Id",
    }


@pytest.mark.parametrize("origin", THEIRS)
@pytest.mark.parametrize(("method", "path", "status"), CASES)
async def test_no_other_origin_may_read_any(
    browser: httpx.AsyncClient, method: str, path: str, status: int, origin: str
) -> None:
    answer = await browser.request(method, path, headers={"Origin": origin})

    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


async def test_our_origin_may_send_what_the_api_takes(browser: httpx.AsyncClient) -> None:
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    answer = await browser.options("/api/auth/profile", headers=asked)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "PUT" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", THEIRS)
async def test_another_origin_may_send_nothing(browser: httpx.AsyncClient, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    answer = await browser.options("/api/auth/profile", headers=asked)

    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_unless_origins_are_named_nobody_elses_browser_reads(world: World) -> None:
    async with world.client(ASHA) as asha:
        answer = await asha.get("/api/auth/profile", headers={"Origin": OURS})
        asked = {"Origin": OURS, "Access-Control-Request-Method": "PUT"}
        preflight = await asha.options("/api/auth/profile", headers=asked)

    assert answer.status_code == 200
    assert not any(name.startswith("access-control") for name in (*answer.headers, *preflight.headers))
