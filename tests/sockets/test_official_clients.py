"""The official client for Node, which the guide's own clients use: it connects, asks, hears, and learns of the end."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.chats import open_with, say
from tests.sockets.attacking import token_of
from tests.sockets.listening import listening
from tests.sockets.programs import Puppet, puppet
from tests.world import ASHA, RAVI, World

TRANSPORTS = [("polling", "websocket"), ("websocket",), ("polling",)]


@pytest.mark.parametrize("transports", TRANSPORTS, ids=" then ".join)
async def test_it_asks_and_hears_by_every_transport(
    node_clients: Path, address: str, world: World, asha: httpx.AsyncClient, transports: tuple[str, ...]
) -> None:
    chat = await open_with(asha, RAVI)
    token = await token_of(world, RAVI)
    async with (
        listening(address, world, ASHA) as ears,
        puppet(node_clients, address, token, *transports) as ravi,
    ):
        assert await ravi.told("opened") == transports[0]
        sent = await ravi.ask("send_message", conversation_id=chat, message="Hello!", client_msg_id="1")
        assert sent["success"] is True
        told = await ravi.told("payload", event="new_message")
        assert told["message"] == sent["data"]["message"]
        assert (await ears.hears("new_message"))["message"]["message"] == "Hello!"

        if len(transports) > 1:
            assert await ravi.told("upgraded") == "websocket"
        await ears.ask("send_message", conversation_id=chat, message="Hello to you")
        await ravi.until(lambda lines: '"Hello to you"' in lines[-1] or '"Hello to you"' in lines[-2])
        again = await ravi.ask("send_message", conversation_id=chat, message="Hello!", client_msg_id="1")
        assert again["data"]["message"]["id"] == sent["data"]["message"]["id"]


async def test_nothing_is_lost_or_doubled_while_it_goes_from_polling_to_a_websocket(
    node_clients: Path, address: str, world: World, asha: httpx.AsyncClient
) -> None:
    chat = await open_with(asha, RAVI)
    async with puppet(node_clients, address, await token_of(world, RAVI)) as ravi:
        await ravi.told("connected")
        for number in range(1, 41):
            await say(asha, chat, f"Message {number}")
        await ravi.told("upgraded")
        await say(asha, chat, "The last")
        await ravi.until(lambda _: len(seqs(ravi)) >= 41)
        assert seqs(ravi) == [*range(1, 42)]


def seqs(ravi: Puppet) -> list[int]:
    """Return the seqs of the messages that somebody was told, in order."""
    return [payload["seq"] for payload in ravi.all_told("payload", event="new_message")]


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
async def test_without_a_good_token_it_is_told_so_in_the_envelope_and_does_not_try_again(
    node_clients: Path, address: str, token: str
) -> None:
    async with puppet(node_clients, address, token) as nobody:
        body = await nobody.told("data", again=False)
        assert (body["success"], body["code"]) == (False, "not_signed_in")
        assert await nobody.told("refused") == body["message"]
        assert body["request_id"]


async def test_an_event_that_is_refused_is_acknowledged_with_the_envelope(
    node_clients: Path, address: str, world: World
) -> None:
    async with puppet(node_clients, address, await token_of(world, RAVI), "websocket") as ravi:
        body = await ravi.ask("mark_seen", conversation_id="nonsense", up_to_seq="1", more=2)
        assert (body["success"], body["code"]) == (False, "invalid")
        assert {error["field"] for error in body["errors"]} == {"conversation_id", "up_to_seq", "more"}
        assert (await ravi.ask("nonsense"))["code"] == "not_found"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_signing_out_ends_its_connection_for_good(
    node_clients: Path, address: str, world: World, transport: str
) -> None:
    token = await token_of(world, RAVI)
    async with puppet(node_clients, address, token, transport) as ravi:
        await ravi.told("connected")
        async with httpx.AsyncClient(base_url=address) as client:
            answer = await client.post("/api/auth/logout", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, answer.text
        assert await ravi.told("disconnected", again=False) == "io server disconnect"


async def test_it_comes_back_by_itself_after_a_connection_that_broke(
    node_clients: Path, address: str, world: World
) -> None:
    async with puppet(node_clients, address, await token_of(world, RAVI), "websocket") as ravi:
        await ravi.told("connected")
        for connection in world.app.live.connections:
            await connection.socket.cut()
        assert await ravi.told("disconnected", again=True) in ("transport close", "transport error")
        await ravi.until(lambda _: len(ravi.all_told("connected")) == 2)
        assert (await ravi.ask("presence", user_ids=[]))["success"] is True
