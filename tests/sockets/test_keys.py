"""Connecting with an API key: one hears what its owner hears, as long as the key lives, and says what it is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
import httpx
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from stoory.accounts import sockets
from stoory.app import Application
from stoory.live import EVENTS, document
from stoory.platform.postgres import Server
from stoory.platform.tokens import new_api_key
from stoory.settings import Settings
from tests.chats import open_with, say
from tests.keys import Made, make, revoke
from tests.redis import RedisServer, until
from tests.sockets.attacking import token_of
from tests.sockets.listening import Ear, listening, served
from tests.sockets.raw import WEBSOCKET, websocket
from tests.sockets.test_revocation import ends_in_time
from tests.world import ASHA, RAVI, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

READING = {"presence", "resume"}
UNKNOWN = "There is no such API key, or it has expired or was revoked."


@asynccontextmanager
async def program(address: str, made: Made, *, in_header: bool = False) -> AsyncIterator[Ear]:
    """Connect a program that has a key."""
    ear = Ear()
    said: dict[str, Any] = (
        {"headers": {"X-API-Key": made.key}} if in_header else {"auth": {"api_key": made.key}}
    )
    await ear.client.connect(address, **said, transports=["websocket"], wait_timeout=10)
    ear.is_connected = True
    try:
        yield ear
    finally:
        await ear.client.shutdown()


@pytest.mark.parametrize("in_header", [False, True])
@pytest.mark.parametrize("scope", ["read", "write"])
async def test_a_program_hears_and_resumes_what_its_owner_does(
    address: str, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, scope: str, *, in_header: bool
) -> None:
    made = await make(ravi, scope)
    id_ = await open_with(asha, RAVI)
    await say(asha, id_, "Hello!")
    async with program(address, made, in_header=in_header) as ear:
        missed = await ear.ask("resume", since="WzBd")
        assert [each["message"] for each in missed["messages"]] == ["Hello!"]
        await say(asha, id_, "Are you there?")
        told = await ear.hears("new_message", conversation_id=id_)
        assert told["message"]["message"] == "Are you there?"
        assert (await ear.ask("presence", user_ids=[str(ASHA.id)]))["success"]


async def test_a_key_for_writing_says_what_its_owner_may(
    address: str, world: World, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    made = await make(ravi)
    async with program(address, made) as ear, listening(address, world, ASHA) as ashas:
        for number in range(1, 4):
            sent = await ear.ask("send_message", conversation_id=id_, message=f"By a program {number}")
            assert sent["success"], sent
            told = await ashas.hears("new_message", seq=number)
            assert told["message"]["sender_id"] == str(RAVI.id)
        assert (await ear.ask("mark_seen", conversation_id=id_))["success"]
        refused = await ear.ask(
            "send_message", receiver_id="00000000-0000-4000-8000-000000000000", message="?"
        )
        assert refused["code"] == "not_found"


@pytest.mark.parametrize("name", [event.name for event in EVENTS])
async def test_a_key_for_reading_changes_nothing_and_tells_nobody_anything(
    address: str, world: World, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, name: str
) -> None:
    id_ = await open_with(asha, RAVI)
    example = next(event.takes.EXAMPLE for event in EVENTS if event.name == name)
    asked = example | ({"conversation_id": id_} if "conversation_id" in example else {})
    made = await make(ravi, "read")
    async with program(address, made) as ear, listening(address, world, ASHA) as ashas:
        answer = await ear.ask(name, **({} if name == "resume" else asked))
        if name in READING:
            assert answer["success"], answer
            return
        assert (answer["success"], answer["code"]) == (False, "read_only_key")
        assert answer["message"] == "This API key is for reading only."
        assert ear.is_connected
        assert (await ear.ask("resume"))["success"]
        assert [told for told, _ in ashas.heard if told not in ("presence", "unread_count")] == []


def test_the_description_says_which_events_a_key_for_reading_may_send() -> None:
    described = document()
    scopes = {event.name: described["operations"][event.name]["x-scope"] for event in EVENTS}
    assert {name for name, scope in scopes.items() if scope == "read"} == READING
    assert set(scopes.values()) == {"read", "write"}
    assert set(described["components"]["securitySchemes"]) == {"token", "api_key"}


async def test_every_bad_key_is_told_the_same(
    address: str, world: World, asha: httpx.AsyncClient, later: Callable[[int], None]
) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    gone, expired = await make(asha), await make(asha, expires_at=tomorrow)
    await revoke(asha, gone)
    later(2 * 86_400)
    token = await token_of(world, ASHA)
    with capture_logs() as lines:
        for bad in ("", "x" * 50_000, "é\0", new_api_key(), token, gone.key, expired.key):
            async with websocket(address) as raw:
                told = await raw.enter_as(api_key=bad)
                assert (told["message"], told["data"]["code"]) == (UNKNOWN, "not_signed_in"), bad
    assert [key for key in (gone.key, expired.key, token) if key[12:] in str(lines)] == []


@pytest.fixture
def later(world: World) -> Any:
    """Return how to let time pass."""
    yield world.db.clock.advance
    world.db.clock.ahead = timedelta()


@pytest.mark.parametrize("in_header", [False, True])
async def test_a_token_and_a_key_at_once_are_one_too_many(
    address: str, world: World, asha: httpx.AsyncClient, *, in_header: bool
) -> None:
    made, token = await make(asha), await token_of(world, ASHA)
    headers = {"X_API_Key": made.key} if in_header else {}
    more = {} if in_header else {"api_key": made.key}
    async with websocket(address, WEBSOCKET, **headers) as raw:
        told = await raw.enter_as(token=token, **more)
        assert told["data"]["code"] == "unreadable"


async def test_revoking_a_key_ends_its_sockets_and_no_others(
    address: str, world: World, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    made, other = await make(ravi, "read"), await make(ravi, "read")
    async with (
        program(address, made) as gone,
        program(address, other) as stays,
        listening(address, world, RAVI) as owner,
    ):
        await revoke(ravi, made)
        await ends_in_time(gone)
        await say(asha, id_, "Are you there?")
        for ear in (stays, owner):
            await ear.hears("new_message", conversation_id=id_)
        assert gone.of("new_message") == []


async def _suspend(superuser: Superuser) -> None:
    await superuser.execute("update users set status = 'suspended' where id = $1", RAVI.id)


async def _change_role(superuser: Superuser) -> None:
    await superuser.execute(
        "update users set role = 'brand_owner', updated_at = now() where id = $1", RAVI.id
    )


async def _revoke_elsewhere(superuser: Superuser) -> None:
    await superuser.execute("update api_keys set revoked_at = now(), revoked_why = 'revoked'")


@pytest.mark.parametrize("change", [_suspend, _change_role, _revoke_elsewhere])
async def test_what_another_process_ends_is_noticed_without_a_hint(
    address: str,
    ravi: httpx.AsyncClient,
    superuser: Superuser,
    change: Callable[[Superuser], Awaitable[None]],
) -> None:
    made = await make(ravi, "read")
    async with program(address, made) as ear:
        await change(superuser)
        await ends_in_time(ear)


async def test_a_key_that_expires_takes_its_sockets_along(
    address: str, world: World, ravi: httpx.AsyncClient, later: Callable[[int], None]
) -> None:
    made = await make(ravi, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    async with program(address, made) as ear, listening(address, world, RAVI) as owner:
        later(3_601)
        await ends_in_time(ear)
        assert owner.is_connected


async def test_an_event_with_a_key_that_is_over_is_refused_and_ends_the_socket(
    address: str, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, superuser: Superuser
) -> None:
    id_ = await open_with(asha, RAVI)
    made = await make(ravi)
    async with program(address, made) as ear:
        await _revoke_elsewhere(superuser)
        said = asyncio.create_task(ear.ask("send_message", conversation_id=id_, message="One more thing"))
        await ends_in_time(ear)
        said.cancel()
        await asyncio.gather(said, return_exceptions=True)
    messages = await asha.get(f"/api/messages/conversations/{id_}/messages")
    assert messages.json()["data"]["messages"] == []


@pytest.fixture
def only_told(world: World) -> Iterator[None]:
    """Have nobody look by themselves whose session or key has ended: they must be told."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sockets, "LOOK_EVERY_SECONDS", 3600)
        yield
    world.app.live._sessions.look()  # pyright: ignore[reportPrivateUsage] - it has begun to wait for so long


@pytest.mark.usefixtures("only_told")
async def test_a_key_that_is_revoked_on_one_node_ends_its_sockets_on_every_other(
    server: Server, settings: Settings, redis_server: RedisServer
) -> None:
    shared = replace(settings, redis_url=redis_server.url)
    async with AsyncExitStack() as stack:
        nodes = [
            Application(shared, database_dsn=server.dsn("stoory_app"), with_worker=False) for _ in range(3)
        ]
        addresses: list[str] = []
        for node in nodes:
            await stack.enter_async_context(node.running())
            addresses.append(await stack.enter_async_context(served(node)))
        await until(lambda: all(node.sharing.bus.is_connected for node in nodes))  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownLambdaType, reportUnknownArgumentType]
        ravi = await stack.enter_async_context(World(nodes[0]).client(RAVI))
        made = await make(ravi, "read")
        ears = [await stack.enter_async_context(program(address, made)) for address in addresses]
        await revoke(ravi, made)
        await asyncio.gather(*(ends_in_time(ear) for ear in ears))
        for node in nodes:
            with pytest.raises(Exception, match="no such API key"):
                await node.keyring.owner_of(made.key)
