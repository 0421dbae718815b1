"""What the tests of abuse look at: what a server keeps, and what it logs."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.sockets.raw import PATIENCE_SECONDS, entered
from tests.world import Person, World


async def token_of(world: World, person: Person) -> str:
    """Sign somebody in and return their token."""
    return world.app.tokens.issue(await world.sign_in(person), person.phone)


def kept(world: World) -> dict[str, int]:
    """Return how much the server keeps for sockets; of nobody, nothing."""
    sockets: Any = world.app.live.sockets
    server = sockets.server
    manager = server.manager
    return {
        "sessions": len([one for one in sockets.engine.sockets.values() if not one.closed]),
        "requests": len(server.environ),
        "rooms": sum(len(rooms) for rooms in manager.rooms.values()),
        "connecting": len(manager.pending_connect),
        "disconnecting": len(manager.pending_disconnect),
        "attachments": len(server._binary_packet),
        "admitted": len(sockets._admitted),
        "connections": len(sockets.connections),
    }


async def until(is_so: Callable[[], Any]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - what is looked at tells nobody
            await asyncio.sleep(0.01)


async def forgets_everybody(world: World) -> None:
    """Wait until nothing is kept of anybody."""
    try:
        await until(lambda: not any(kept(world).values()))
    except TimeoutError:
        raise AssertionError(f"still kept: {kept(world)}") from None


async def still_serves(address: str, token: str) -> None:
    """See that somebody else is served as ever."""
    async with entered(address, token) as raw:
        assert (await raw.ask("presence", {"user_ids": []}))["success"] is True


@contextmanager
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """See that nothing is logged but the access lines, and that no task ends in an exception nobody looked at."""
    loop = asyncio.get_running_loop()
    problems: list[dict[str, Any]] = []
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: problems.append(context))
    caplog.clear()
    try:
        with capture_logs() as ours, caplog.at_level(logging.WARNING):
            yield
            gc.collect()
    finally:
        loop.set_exception_handler(before)
    assert [line for line in ours if line["log_level"] != "info" or line.get("status", 0) >= 500] == []
    assert [record.getMessage() for record in caplog.records] == []
    assert problems == []


def socket_of(world: World) -> Any:
    """Return the server's end of the only WebSocket there is."""
    [socket] = [one for one in world.app.live.sockets.engine.sockets.values() if not one.closed]
    return socket
