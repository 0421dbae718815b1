"""What comes over a real connection: no request at all, endless ones, and people who hang up in the middle."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
import uvicorn
from litestar.response import Stream
from msgspec.structs import replace

from stoory.app import Application
from stoory.platform.http.routes import ANYONE, get
from stoory.platform.http.server import LARGEST_HEAD_BYTES, Protocol, Server
from stoory.platform.postgres import Server as Postgres
from stoory.settings import Settings
from tests.world import RAVI, World

PATIENCE_SECONDS = 20


@get("/breaks", who=ANYONE)
async def break_off() -> Stream:
    """Fail when half of the answer is out."""

    async def half() -> AsyncIterator[bytes]:
        yield b"half of "
        raise RuntimeError

    return Stream(half())


class Listening:
    """A served application."""

    def __init__(self, app: Application, port: int) -> None:
        """Take what the fixture started."""
        self.app = app
        self.port = port

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield reader, writer
        writer.close()


@pytest.fixture(scope="module")
async def listening(server: Postgres, settings: Settings) -> AsyncIterator[Listening]:
    app = Application(
        replace(settings, limit_api="30/minute"), database_dsn=server.dsn("stoory_app"), with_worker=False
    )
    app.litestar.register(break_off)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        is_listening = asyncio.Event()
        config = uvicorn.Config(app, http=Protocol, lifespan="on", log_config=None, access_log=False)
        serving = Server(config, is_listening.set, ends_within_seconds=5)
        task = asyncio.create_task(serving._serve([listener]))  # pyright: ignore[reportPrivateUsage] - without signals
        await is_listening.wait()
        yield Listening(app, port)
        serving.should_exit = True
        await task


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Read one answer: its status, headers and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return int(head[0].split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))


def check_refused(status: int, headers: dict[str, str], body: bytes, code: str) -> None:
    told = json.loads(body)
    assert (told["success"], told["code"], told["request_id"]) == (False, code, headers["x-request-id"]), (
        status
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["connection"] == "close"


@pytest.mark.parametrize("begin", [b"GET / HTTP/1.1\r\nX-Endless: ", b"GET /", b"GET / HTTP/1.1\r\n"])
async def test_a_head_without_end_is_refused(listening: Listening, begin: bytes) -> None:
    piece = b"X-Y: 1\r\n" * 1000 if begin.endswith(b"\r\n") else b"x" * 8000
    async with listening.connected() as (reader, writer):
        writer.write(begin)
        sent = 0
        refused = asyncio.create_task(answer(reader))
        while not refused.done():
            writer.write(piece)
            sent += len(piece)
            await asyncio.sleep(0)
            assert sent < 100_000_000
        status, headers, body = await refused

    assert status == 431
    check_refused(status, headers, body, "too_large")


async def test_a_long_head_that_ends_is_read(listening: Listening) -> None:
    async with listening.connected() as (reader, writer):
        for _ in range(3):
            padding = b"x" * (LARGEST_HEAD_BYTES - 200)
            writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + padding + b"\r\n\r\n")
            assert (await answer(reader))[0] == 200


@pytest.mark.parametrize(
    "raw", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 99]
)
async def test_what_is_no_http_is_answered_all_the_same(listening: Listening, raw: bytes) -> None:
    async with listening.connected() as (reader, writer):
        writer.write(raw)
        status, headers, body = await answer(reader)

    assert status == 400
    check_refused(status, headers, body, "unreadable")


async def test_head_leaves_the_connection_as_it_was(listening: Listening) -> None:
    async with listening.connected() as (reader, writer):
        for method in (b"HEAD", b"HEAD", b"OPTIONS"):
            writer.write(method + b" /health HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.split(b" ")[1] in (b"200", b"204")
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert json.loads((await answer(reader))[2])["success"]


async def test_who_is_still_sending_hears_that_it_is_too_much(listening: Listening) -> None:
    async with listening.connected() as (reader, writer):
        head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: 10000000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x" * 10_000)
        await writer.drain()
        assert (await answer(reader))[0] == 413
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await answer(reader))[0] == 200


async def test_who_asks_before_sending_too_much_need_not_send_it(listening: Listening) -> None:
    async with listening.connected() as (reader, writer):
        head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        writer.write(head + b"Content-Length: 10000000\r\n\r\n")
        assert (await answer(reader))[0] == 413


async def test_half_an_answer_breaks_the_connection(listening: Listening) -> None:
    async with listening.connected() as (reader, writer):
        writer.write(b"GET /breaks HTTP/1.1\r\nHost: x\r\n\r\n")
        told = await reader.read()

    assert b"half of " in told
    assert not told.endswith(b"0\r\n\r\n")


async def test_an_upgrade_to_something_else_is_no_fault_of_ours(listening: Listening) -> None:
    for path in (b"/health", b"/socket.io/", b"/api/bids"):
        async with listening.connected() as (reader, writer):
            writer.write(
                b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            status = int((await reader.readuntil(b"\r\n")).split(b" ")[1])
        assert 200 <= status < 500


async def test_who_hangs_up_in_the_middle_leaves_no_transaction_open(
    listening: Listening, world: World, server: Postgres, superuser: asyncpg.Connection[asyncpg.Record]
) -> None:
    token = listening.app.tokens.issue(await world.sign_in(RAVI), RAVI.phone)
    body = b'{"bio": "I am gone"}'
    head = f"PUT /api/auth/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n".encode()
    head += b"Content-Type: application/json\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    hand = await asyncpg.connect(server.dsn("postgres"))
    async with hand.transaction():
        await hand.execute("select from users where id = $1 for update", RAVI.id)
        for sent in (head[:60], head, head + body[:9], head + body, head + body):
            async with listening.connected() as (_, writer):
                writer.write(sent)
                await writer.drain()
        await until_counted(superuser, WAITING, 2)
    await hand.close()

    await until_counted(superuser, OPEN, 0)
    async with listening.connected() as (reader, writer):
        writer.write(head + body)
        assert (await answer(reader))[0] == 200


async def until_counted(superuser: asyncpg.Connection[asyncpg.Record], sql: str, count: int) -> None:
    """Ask until that many are counted; outside a transaction, in which one would see but the first moment."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await superuser.fetchval(sql) != count:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


WAITING = (
    "select count(*) from pg_stat_activity where application_name = 'stoory' and wait_event_type = 'Lock'"
)
OPEN = "select count(*) from pg_stat_activity where application_name = 'stoory' and xact_start is not null"
