"""What is written to the log, and above all what is not: nothing that anybody has sent."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
from litestar.params import FromPath
from msgspec.structs import replace

from stoory.app import Application
from stoory.platform import log
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import ANYONE, Db, get
from stoory.platform.jobs import enqueue
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import ASHA, PASSWORD, RAVI, VIDEO_BID, World

PLANTED: list[str] = []
FIRST_NUMBER = 700_000
FIRST_ATTEMPT_SECONDS = 3


def secret(text: str) -> str:
    """Plant a secret and return it, numbered: lines of this file may stand in a traceback."""
    return known(f"{text}{FIRST_NUMBER + len(PLANTED)}")


def known(text: str) -> str:
    """Plant a secret just as it is."""
    PLANTED.append(text)
    return text


@get("/fails/{how:str}", who=ANYONE)
async def fail(db: Db, how: FromPath[str]) -> Answer:
    """Fail with a secret in the message, as errors do that quote what they could not handle."""
    if how == "value":
        raise ValueError(f"cannot read {secret('planted-value')}")
    if how == "chain":
        try:
            {}[secret("planted-key")]
        except KeyError as missing:
            raise RuntimeError(secret("planted-chain")) from missing
    if how == "group":
        raise ExceptionGroup(secret("planted-group"), [OSError(secret("planted-inner"))])
    async with db.as_system("a test of the log") as tx:
        await tx.connection.execute(SQL[how])
    return Answer()


SQL = {
    "unique": "insert into users (name, phone, role, created_at, updated_at) "
    f"values ('planted-name', '{RAVI.phone}', 'influencer', '2026-01-01', '2026-01-01')",
    "check": f"update users set role = 'planted-role' where id = '{RAVI.id}'",
    "syntax": "select 'planted-syntax' frm users",
    "type": "select 'planted-type'::planted_type",
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Return what production writes to its log, at every level."""
    to, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    log.set_up(as_json=True, level="DEBUG", to=to)
    structlog.configure(cache_logger_on_first_use=False)
    yield to
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    """Return the log line by line; each is one JSON object."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
async def fragile(
    world: World, server: Server, settings: Settings, written: io.StringIO
) -> AsyncIterator[World]:
    """Return the world with routes that fail, its log running."""
    application = Application(
        replace(settings, limit_api="40/minute"), database_dsn=server.dsn("stoory_app"), with_worker=False
    )
    application.litestar.register(fail)
    async with application.running():
        yield World(application)
    assert world.db
    assert written


async def test_one_line_a_request_says_what_was_asked_and_answered(
    fragile: World, written: io.StringIO
) -> None:
    async with fragile.client(ASHA) as asha:
        answers = [
            await asha.get("/api/bids?search=coffee"),
            await asha.head(f"/api/bids/{VIDEO_BID}"),
            await asha.post("/api/bids", json={}),
            await asha.get("/nothing"),
            await asha.patch("/health"),
            await asha.get("/fails/value"),
        ]
    told = [line for line in lines(written) if line["event"] == "request"]

    assert [(line["method"], line["path"], line["status"]) for line in told] == [
        ("GET", "/api/bids", 200),
        ("HEAD", f"/api/bids/{VIDEO_BID}", 200),
        ("POST", "/api/bids", 422),
        ("GET", "/nothing", 404),
        ("PATCH", "/health", 405),
        ("GET", "/fails/value", 500),
    ]
    assert [line["request_id"] for line in told] == [answer.headers["x-request-id"] for answer in answers]
    assert {line["user_id"] for line in told[:3]} == {str(ASHA.id)}
    assert told[0].keys() == {
        "event", "level", "timestamp", "request_id", "method", "path", "status", "ms", "user_id",
    }  # fmt: skip


async def test_an_unforeseen_error_is_told_by_kind_and_place(fragile: World, written: io.StringIO) -> None:
    async with fragile.client() as nobody:
        answer = await nobody.get("/fails/unique")
    [told] = [line for line in lines(written) if line["event"] == "unforeseen"]

    assert told["request_id"] == answer.headers["x-request-id"]
    assert "in fail\n" in told["exception"]
    assert (
        "UniqueViolationError sqlstate=23505 constraint_name=users_phone_key table_name=users"
        in told["exception"]
    )


async def test_no_secret_is_written_whatever_happens(fragile: World, written: io.StringIO) -> None:
    PLANTED.clear()
    async with fragile.client() as nobody, fragile.client(RAVI) as ravi:
        await _sign_in(nobody)
        await _say(ravi)
        await _break(nobody)
    await _fail_elsewhere(fragile)
    told = written.getvalue()

    assert len(PLANTED) >= 30
    assert [one for one in PLANTED if one in told or quote(one) in told or one in json.dumps(told)] == []
    assert "in fail\\n" in told  # the faults were told


async def _sign_in(nobody: httpx.AsyncClient) -> None:
    """Plant passwords, phones, addresses and tokens."""
    newcomer = {
        "name": secret("Planted Newcomer"),
        "phone": known("+919812345678"),
        "password": secret("planted three words"),
        "email": known("planted@example.org"),
        "bio": secret("planted bio"),
        "role": "influencer",
    }
    signed_in = (await nobody.post("/api/auth/register", json=newcomer)).json()
    await nobody.post("/api/auth/register", json=newcomer)
    await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": secret("planted-wrong")})
    await nobody.post("/api/auth/login", json={"email": secret("who@planted.example"), "password": "x"})
    await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": {"planted": secret("pw-2")}})
    again = (
        await nobody.post("/api/auth/refresh", json={"refresh_token": signed_in["refresh_token"]})
    ).json()
    await nobody.post("/api/auth/refresh", json={"refresh_token": secret("planted-refresh")})
    for token in (signed_in["token"], signed_in["refresh_token"], again["token"], again["refresh_token"]):
        known(token)
    bearer = {"Authorization": f"Bearer {signed_in['token']}"}
    change = {"current_password": newcomer["password"], "new_password": secret("planted four words")}
    assert (await nobody.put("/api/auth/password", json=change, headers=bearer)).status_code == 200
    await nobody.get("/api/bids", headers={"Authorization": f"Bearer {secret('planted.bearer.token')}"})
    known(RAVI.phone)
    known(PASSWORD)


async def _say(ravi: httpx.AsyncClient) -> None:
    """Plant words, queries, headers and cookies."""
    await ravi.put("/api/auth/profile", json={"bio": secret("planted words"), secret("planted_key"): 1})
    await ravi.post("/api/messages", content=f'{{"message": "{secret("planted message")}"')
    await ravi.post("/api/messages", json={"receiver_id": str(ASHA.id), "message": secret("planted hello")})
    await ravi.get("/api/bids", params={"search": secret("planted search"), "limit": secret("planted-limit")})
    await ravi.get(
        "/api/bids", params={"cursor": secret("planted-cursor"), "platform": secret("planted\0nul")}
    )
    await ravi.get(
        "/health", headers={"X-API-Key": secret("planted-api-key"), "Cookie": f"a={secret('planted-c')}"}
    )
    strange = {"Content-Type": secret("text/planted")}
    await ravi.post("/api/bids", content=secret("planted form"), headers=strange)
    for _ in range(40):  # over the limit
        await ravi.get("/api/bids", params={"search": secret("planted-over")})


async def _break(nobody: httpx.AsyncClient) -> None:
    """Plant what errors quote."""
    for how in ("value", "chain", "group", *SQL):
        assert (await nobody.get(f"/fails/{how}")).status_code == 500
    for planted in ("planted-name", "planted-role", "planted-syntax", "planted_type"):
        known(planted)


async def _fail_elsewhere(world: World) -> None:
    """Plant what fails outside any request: a job, a task nobody waits for, what libraries log."""
    async with world.db.as_system("a test of the log") as tx:
        await enqueue(tx, "token_theft", {"user_id": secret("planted-job"), "session_id": "x"})
    with suppress(TimeoutError):  # it would be tried again for minutes
        await asyncio.wait_for(world.do_jobs(), FIRST_ATTEMPT_SECONDS)

    async def forgotten() -> None:
        raise LookupError(secret("planted-task"))

    task = asyncio.create_task(forgotten())
    await asyncio.wait([task])
    del task
    gc.collect()
    broken = ValueError(secret("planted-library"))
    logging.getLogger("uvicorn.error").error("Exception\n%s", secret("planted-line"), exc_info=broken)
    structlog.get_logger().info("careless", phone=secret("planted-phone"), api_key=secret("planted-key-2"))


async def test_in_development_people_read_messages_but_no_local_variables() -> None:
    to = io.StringIO()
    log.set_up(as_json=False, to=to)
    structlog.configure(cache_logger_on_first_use=False)
    try:
        _fail_knowing("planted-" + "local")
    except RuntimeError:
        structlog.get_logger().exception("unforeseen")
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()

    assert "what went wrong" in to.getvalue()
    assert "planted-local" not in to.getvalue()


def _fail_knowing(_token: str) -> None:
    raise RuntimeError("what went wrong")
