"""Every answer wears the same frame, whatever was asked and whatever went wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar.params import FromPath
from litestar.response import Stream
from msgspec.structs import replace

from stoory.app import Application
from stoory.errors import Conflict, PlanLimit, StooryError, Upstream
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import ANYONE, get
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import VIDEO_BID, World

SECRET = "a secret nobody may read"
FRAME = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@get("/fails/{how:str}", who=ANYONE)
async def fail(how: FromPath[str]) -> Answer:
    """Fail in one of many ways."""
    failures: dict[str, Exception] = {
        "unforeseen": RuntimeError(SECRET),
        "missing": KeyError(SECRET),
        "group": ExceptionGroup(SECRET, [ValueError(SECRET)]),
        "unnamed": StooryError("It went wrong."),
        "upstream": Upstream(),
        "plan": PlanLimit(limit=3, used=3),
        "conflict": Conflict("Not now.", code="invalid_action", allowed=["accept"], request_id="theirs"),
    }
    raise failures[how]


@get("/breaks", who=ANYONE)
async def break_off() -> Stream:
    """Fail when half of the answer is out."""

    async def half() -> AsyncIterator[bytes]:
        yield b"half of "
        raise RuntimeError(SECRET)

    return Stream(half())


@get("/unwritable", who=ANYONE)
async def answer_unwritable() -> object:
    """Answer what has no JSON form."""
    return {"thing": object()}


@pytest.fixture(scope="module")
async def failing(server: Server, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an application that has routes which fail."""
    secure = replace(settings, public_url="https://stoory.example.org")
    application = Application(secure, database_dsn=server.dsn("stoory_app"), with_worker=False)
    for handler in (fail, break_off, answer_unwritable):
        application.litestar.register(handler)
    async with application.running(), World(application).client() as client:
        yield client


async def test_an_unknown_address_answers_the_envelope(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/api/nothing-here")

    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "message": "Not found.",
        "code": "not_found",
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("PATCH", "/api/bids", "GET, HEAD, OPTIONS, POST"),
        ("TRACE", f"/api/bids/{VIDEO_BID}", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("GET", "/api/auth/login", "OPTIONS, POST"),
        ("HEAD", "/api/auth/login", "OPTIONS, POST"),
        ("STORY", "/health", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_wrong_method_answers_405_and_names_the_right_ones(
    nobody: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await nobody.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "path", ["/health", "/api/bids", f"/api/bids/{VIDEO_BID}", "/", "/schema", "/nothing"]
)
async def test_head_is_get_without_the_body(asha: httpx.AsyncClient, path: str) -> None:
    got, head = await asha.get(path), await asha.head(path)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers.keys() == got.headers.keys()
    assert head.headers["content-length"] == str(len(got.content))


async def test_head_asks_who_is_there_as_get_does(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.head("/api/bids")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/api/bids", "GET, HEAD, OPTIONS, POST"),
        (f"/api/bids/{VIDEO_BID}", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/api/auth/logout", "OPTIONS, POST"),
    ],
)
async def test_options_names_every_method(nobody: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await nobody.options(path)

    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")
    assert (await nobody.options("/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/schema", 200),
        ("OPTIONS", "/health", 204),
        ("POST", "/api/bids", 401),
        ("GET", "/nothing", 404),
        ("PUT", "/health", 405),
        ("POST", "/api/auth/login", 422),
        ("GET", "/fails/unforeseen", 500),
        ("GET", "/fails/upstream", 502),
        ("GET", "/unwritable", 500),
    ],
)
async def test_every_answer_carries_the_security_headers(
    failing: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await failing.request(method, path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in FRAME} == FRAME
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 32
    assert "server" not in answer.headers


async def test_plain_http_is_forbidden_only_where_https_is_spoken(nobody: httpx.AsyncClient) -> None:
    assert "strict-transport-security" not in (await nobody.get("/health")).headers


async def test_request_ids_are_ours_and_never_the_same(nobody: httpx.AsyncClient) -> None:
    answers = [await nobody.get("/health", headers={"X-Request-Id": "mine"}) for _ in range(20)]

    assert len({answer.headers["x-request-id"] for answer in answers} - {"mine"}) == 20


@pytest.mark.parametrize("how", ["unforeseen", "missing", "group"])
async def test_an_unforeseen_error_says_nothing_about_itself(failing: httpx.AsyncClient, how: str) -> None:
    answer = await failing.get(f"/fails/{how}")

    assert answer.status_code == 500
    assert answer.json() == {
        "success": False,
        "message": "Something went wrong on our side; nothing was changed.",
        "code": "internal",
        "request_id": answer.headers["x-request-id"],
    }


async def test_an_answer_that_cannot_be_written_is_an_error_too(failing: httpx.AsyncClient) -> None:
    answer = await failing.get("/unwritable")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")


async def test_half_an_answer_does_not_end_as_if_it_were_whole(failing: httpx.AsyncClient) -> None:
    with pytest.raises(Exception, match="after response started"):
        await failing.get("/breaks")


async def test_an_error_brings_its_own_keys_but_never_the_envelopes(failing: httpx.AsyncClient) -> None:
    answer = await failing.get("/fails/conflict")

    assert (answer.status_code, answer.json()) == (
        409,
        {
            "success": False,
            "message": "Not now.",
            "code": "invalid_action",
            "allowed": ["accept"],
            "request_id": answer.headers["x-request-id"],
        },
    )
    assert (await failing.get("/fails/plan")).json()["used"] == 3


async def test_it_is_ready_once_the_database_answers(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/ready")

    assert answer.json() == {"success": True, "checks": {"database": "ok", "bus": "ok"}}
