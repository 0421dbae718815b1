"""Who does not read costs little, holds up nobody, and is let go; who reads again in time has missed nothing."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from stoory.platform.sockets import transport
from stoory.platform.sockets.protocol import LARGEST_PACKET_BYTES, WRITE_BUFFER_BYTES
from tests.chats import open_with
from tests.sockets.attacking import kept, token_of, until
from tests.sockets.listening import listening
from tests.sockets.raw import Raw, entered, frame
from tests.world import ASHA, OM, RAVI, World

LETTERS = 4000
MESSAGES = 60
DEAF = 10
AT_ONCE_SECONDS = 1


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have who does not read let go soon."""
    monkeypatch.setattr(transport, "LOOK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(transport, "DRAIN_SECONDS", 2)


def wires(world: World) -> list[Any]:
    """Return the server's ends of all WebSockets."""
    found = [one.wire for one in world.app.live.sockets.engine.sockets.values()]
    return [wire for wire in found if wire is not None]


def narrow(world: World) -> None:
    """Have the kernel keep little for them, so that what waits, waits with us."""
    for wire in wires(world):
        end = wire.transport.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


def waiting(world: World) -> list[int]:
    """Return how much waits for each, the most first."""
    return sorted((wire.transport.get_write_buffer_size() for wire in wires(world)), reverse=True)


async def test_who_does_not_read_is_let_go_and_the_others_hear_everything_at_once(
    address: str, world: World, asha: httpx.AsyncClient
) -> None:
    id_ = await open_with(asha, RAVI)
    token = await token_of(world, RAVI)
    async with AsyncExitStack() as stack:
        for _ in range(DEAF):
            await stack.enter_async_context(entered(address, token))
        narrow(world)
        asha_hears = await stack.enter_async_context(listening(address, world, ASHA))
        ravi_hears = await stack.enter_async_context(listening(address, world, RAVI))
        most: list[int] = []
        for seq in range(1, MESSAGES + 1):
            await asha_hears.ask("send_message", conversation_id=id_, message="x" * LETTERS)
            async with asyncio.timeout(AT_ONCE_SECONDS):
                await ravi_hears.hears("new_message", conversation_id=id_, seq=seq)
            await asha_hears.ask("typing", conversation_id=id_, is_typing=bool(seq % 2))
            most = max(most, waiting(world))
        assert len([size for size in most if size]) == DEAF
        assert most[0] <= WRITE_BUFFER_BYTES + 2 * LETTERS
        await until(lambda: kept(world)["connections"] == 2)
        assert [told["seq"] for told in ravi_hears.of("new_message")] == [*range(1, MESSAGES + 1)]


async def test_who_reads_again_in_time_has_missed_nothing(
    address: str, world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "DRAIN_SECONDS", 60)
    id_ = await open_with(asha, RAVI)
    async with entered(address, await token_of(world, RAVI)) as ravi_sleeps:
        narrow(world)
        async with listening(address, world, ASHA) as asha_hears:
            for _ in range(MESSAGES):
                await asha_hears.ask("send_message", conversation_id=id_, message="x" * LETTERS)
            await until(lambda: any(wire.full_since for wire in wires(world)))
            heard = [await _message(ravi_sleeps) for _ in range(MESSAGES)]
        assert heard == [*range(1, MESSAGES + 1)]
        assert (await ravi_sleeps.ask("resume"))["success"] is True


async def _message(raw: Raw) -> int:
    """Return the seq of the next message that is told."""
    while not (packet := await raw.packet()).startswith('42["new_message"'):
        pass
    return json.loads(packet[2:])[1]["seq"]


async def test_who_does_not_read_acknowledgements_is_not_heard_any_more_and_let_go(
    address: str, world: World
) -> None:
    async with entered(address, await token_of(world, OM)) as raw:
        narrow(world)
        [wire] = wires(world)
        unknown = frame(b'421["' + b"x" * 500 + b'",{}]') * 10
        for _ in range(400):
            raw.write(unknown)
        await until(lambda: wire.full_since is not None)
        assert wire.transport.get_write_buffer_size() <= WRITE_BUFFER_BYTES + LARGEST_PACKET_BYTES
        assert wire.read_paused
        await until(lambda: kept(world)["connections"] == 0)


async def test_who_answers_no_ping_is_gone(
    address: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-open connections too: nobody tells of a cable that was pulled."""
    monkeypatch.setattr(transport, "PING_SECONDS", 0.3)
    monkeypatch.setattr(world.app.live.sockets.engine, "ping_timeout", 0.5)
    token = await token_of(world, RAVI)
    async with entered(address, token) as answers, entered(address, token) as silent:
        answering = asyncio.create_task(answers.ends())
        while (await silent.read_frame())[1] != b"2":
            pass
        await until(lambda: kept(world)["connections"] == 1)
        await asyncio.sleep(1)
        assert kept(world)["connections"] == 1
        assert not answering.done()
        answering.cancel()
