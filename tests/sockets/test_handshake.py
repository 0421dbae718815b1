"""Who may connect: whoever has a good token, from a page of ours, and nobody stays without having said who they are."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from stoory.actor import Actor
from stoory.app import Application
from stoory.errors import Busy
from stoory.platform.sockets import transport
from stoory.platform.tokens import Tokens
from tests.sockets.attacking import forgets_everybody, kept, quiet, still_serves, token_of, until
from tests.sockets.listening import served
from tests.sockets.raw import POLLING, WEBSOCKET, Gone, Raw, dialled, entered, polling, request, websocket
from tests.world import ASHA, RAVI, Person, World

HANDSHAKES = 10_000
AT_ONCE = 200


def _issued(world: World, person: Person, *, ttl_seconds: int = 900, secret: str | None = None) -> str:
    """Return a token of nobody's session."""
    actor = Actor(person.id, person.role, person.id)
    secret = secret or world.app.settings.signing_secret()
    return Tokens(secret, ttl_seconds=ttl_seconds).issue(actor, person.phone)


async def test_without_a_good_token_nobody_is_connected_and_all_are_told_the_same(
    address: str, world: World, caplog: pytest.LogCaptureFixture, asha_ends: str
) -> None:
    bad: dict[str, object] = {
        "none": None,
        "a number": 5,
        "an object": {"token": "x"},
        "nothing": "",
        "no token": "x",
        "no letters of a token": "é.é.é",
        "a NUL": "\0",
        "far too much": "x" * 50_000,
        "forged": _issued(world, ASHA, secret="f" * 40),
        "expired": _issued(world, ASHA, ttl_seconds=-3600),
        "of no session": _issued(world, ASHA),
        "of a session that has ended": asha_ends,
    }
    told: dict[str, object] = {}
    with quiet(caplog):
        for what, token in bad.items():
            async with websocket(address) as raw:
                answer = await raw.enter(token)
                told[what] = (answer["message"], answer["data"]["success"], answer["data"]["code"])
                raw.event("presence", {"user_ids": []})
                assert kept(world)["connections"] == 0
    assert set(told.values()) == {(NOT_SIGNED_IN, False, "not_signed_in")}


NOT_SIGNED_IN = "You are not signed in, or your session has ended."


@pytest.fixture
async def asha_ends(world: World) -> str:
    """Return the token of a session that has ended."""
    token = await token_of(world, ASHA)
    async with world.db.as_system("a test signs somebody out") as tx:
        await tx.run(
            "update sessions set ended_at = now(), ended_why = 'logged_out' where user_id = $1", ASHA.id
        )
    return token


async def test_somebody_suspended_is_not_connected(address: str, world: World) -> None:
    token = await token_of(world, RAVI)
    async with world.db.as_system("a test suspends somebody") as tx:
        await tx.run("update users set status = 'suspended' where id = $1", RAVI.id)
    async with websocket(address) as raw:
        assert (await raw.enter(token))["data"]["code"] == "not_signed_in"


async def test_a_token_in_the_address_is_not_looked_at_and_not_written_down(
    address: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    token = await token_of(world, ASHA)
    with capture_logs() as lines:
        async with websocket(address, f"{WEBSOCKET}&token={token}", Authorization=f"Bearer {token}") as raw:
            await raw.packet()
            raw.send("40")
            assert (await raw.welcome())["data"]["code"] == "not_signed_in"
        async with dialled(address) as raw:
            raw.write(request(f"{POLLING}&token={token}", {"Host": "x"}))
            await raw.response()
    assert token not in str(lines)
    assert [
        one.getMessage() for one in caplog.records if one.levelname != "INFO" and token in one.getMessage()
    ] == []


async def test_nobody_stays_without_saying_who_they_are(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by answering pings, failing to connect again and again, or asking for what does not exist."""
    monkeypatch.setattr(transport, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(transport, "ADMITTED_WITHIN_SECONDS", 0.5)
    async with websocket(address) as silent, websocket(address) as busy, polling(address):
        began = time.monotonic()
        await asyncio.gather(silent.ends(), _tries_to_stay(busy))
        await forgets_everybody(world)
        assert time.monotonic() - began < 3


async def _tries_to_stay(raw: Raw) -> None:
    for _ in range(200):
        raw.send("3", '40{"token":"x"}', "40/admin,", "43[]", '42["presence",{}]')
        await asyncio.sleep(0.01)
    await raw.ends()


async def test_ten_thousand_handshakes_are_forgotten(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who go at once are forgotten at once, those who stay, soon; and all the while others are served."""
    monkeypatch.setattr(transport, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(transport, "ADMITTED_WITHIN_SECONDS", 0.5)
    token = await token_of(world, ASHA)
    async with entered(address, token) as asha:
        for _ in range(HANDSHAKES // AT_ONCE // 2):
            await asyncio.gather(*[_knocks(address) for _ in range(AT_ONCE)])
            assert (await asha.ask("presence", {"user_ids": []}))["success"] is True
        async with dialled(address) as raw:
            for _ in range(HANDSHAKES // 2):
                raw.write(request(POLLING, {"Host": "x"}))
                await raw.response()
        await until(lambda: kept(world)["sessions"] == kept(world)["requests"] == 1)


async def _knocks(address: str) -> None:
    async with websocket(address):
        pass


NAMED = "https://app.stoory.example"


@pytest.mark.parametrize("path", [POLLING, WEBSOCKET])
async def test_only_our_own_pages_and_those_that_were_named_may_connect(
    address: str, world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.app.live, "_origins", frozenset({NAMED}))
    host = address.removeprefix("http://")
    own = {"Host": host}
    tried: dict[str, bool] = {}
    for origin, headers in {
        address: own,
        f"https://{host}": own,
        NAMED: own,
        "null": own,
        "": own,
        "https://evil.example": own,
        f"https://{host}.evil.example": own,
        f"https://{host}@evil.example": own,
        f"https://evil.example/{host}": own,
        f"https://user@{host}": own,
        f"file://{host}": own,
        host: own,
        f"{NAMED}.evil.example": own,
        f"{NAMED}, https://evil.example": own,
        "http://[::1": own,
        "http://evil.example": {"Host": "", "X-Forwarded-Host": "evil.example"},
        "https://other.example": {"Host": host, "X-Forwarded-Host": "other.example"},
        "null ": {"Host": ""},
    }.items():
        tried[origin] = await _is_let_in(address, path, {**headers, "Origin": origin})
    allowed = {address, f"https://{host}", NAMED, ""}
    assert {origin for origin, is_in in tried.items() if is_in} == allowed


async def _is_let_in(address: str, path: str, headers: dict[str, str]) -> bool:
    if path == POLLING:
        async with dialled(address) as raw:
            raw.write(request(path, headers))
            head, _ = await raw.response()
            origin = headers["Origin"].encode()
            is_in = head.startswith(b"HTTP/1.1 200")
            assert (b"access-control-allow-origin: " + origin in head) == (is_in and bool(origin))
            return is_in
    try:
        async with websocket(address, path, **headers):
            return True
    except Gone:
        return False


async def test_where_several_processes_serve_one_polls_in_vain(world: World) -> None:
    """And is told why."""
    settings = structs.replace(world.app.settings, redis_url="redis://127.0.0.1:1")
    application = Application(settings, database_dsn="postgresql://nowhere", with_worker=False)
    async with served(application) as address, dialled(address) as raw:
        raw.write(request(POLLING, {"Host": "x"}))
        head, body = await raw.response()
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["code"] == "websocket_only"


async def test_who_comes_with_a_good_token_is_served(address: str, world: World) -> None:
    await still_serves(address, await token_of(world, RAVI))


async def test_a_database_that_is_away_while_somebody_comes_is_no_fault_of_theirs(
    address: str, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are let go, and come again: whoever is connected knows who is there."""

    async def is_away(*_: object) -> None:
        raise Busy

    token = await token_of(world, ASHA)
    with quiet(caplog):
        with monkeypatch.context() as patched:
            patched.setattr(world.app.live.presences, "of", is_away)
            async with websocket(address) as raw:
                await raw.enter(token)
                await raw.ends()
        await forgets_everybody(world)
        await still_serves(address, token)
