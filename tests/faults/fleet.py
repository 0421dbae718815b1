"""Several `stoory serve` on one database and one Redis, each a process that may be killed or held still."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from subprocess import Popen
from typing import Final

from tests.faults.homes import Home, open_folder

UNLIMITED: Final = {f"STOORY_LIMIT_{name}": "unlimited" for name in ("API", "AUTH", "SOCKET")}


class Node:
    """One of them, always on the same port."""

    def __init__(self, home: Home, port: int) -> None:
        """Take where it lives; nothing runs yet."""
        self.address = f"http://127.0.0.1:{port}"
        self._home = home
        self._running = ExitStack()
        self._process: Popen[str] | None = None

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        started = self._home.started("serve")
        self._process, _ = await asyncio.to_thread(self._running.enter_context, started)

    def kill(self) -> None:
        """Let it die in the middle of whatever it does."""
        self._signal(signal.SIGKILL)
        self._running.close()

    def hold_still(self) -> None:
        """Let it do nothing, and leave its connections open."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it do again what it did."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


class Fleet:
    """All of them."""

    def __init__(self, nodes: list[Node], luck: random.Random) -> None:
        """Take them."""
        self.nodes = nodes
        self._luck = luck

    def address(self) -> str:
        """Return where one of them is, or was."""
        return self._luck.choice(self.nodes).address


@asynccontextmanager
async def sailing(count: int, settings: Mapping[str, str], luck: random.Random) -> AsyncIterator[Fleet]:
    """Run so many on the database that the settings name; all are killed at the end."""
    async with AsyncExitStack() as stack:
        nodes: list[Node] = []
        for _ in range(count):
            port = free_port()
            own = {**UNLIMITED, **settings, "STOORY_PORT": str(port)}
            node = Node(stack.enter_context(open_folder(settings=own)), port)
            stack.callback(node.kill)
            nodes.append(node)
        await asyncio.gather(*(node.start() for node in nodes))
        yield Fleet(nodes, luck)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
