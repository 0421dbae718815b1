"""A server of a test's own: always on the same port, stopped and started at will, and careless with hints."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack

from stoory.app import Application
from stoory.platform.bus import Hint
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.sockets.listening import served
from tests.world import World

LATE_SECONDS = 0.05
CUT = """
select pg_terminate_backend(pid)
  from pg_stat_activity
 where application_name = 'stoory'
   and usename = 'stoory_app'
"""


class Node:
    """An application and its port."""

    def __init__(self, server: Server, settings: Settings, luck: random.Random | None = None) -> None:
        """Take the database; with luck, hints are lost, doubled, late and out of order."""
        self._server = server
        self._settings = settings
        self._luck = luck
        self._port = 0
        self._running = AsyncExitStack()
        self.address = ""
        self.application: Application | None = None

    @property
    def world(self) -> World:
        """The application as tests see it."""
        assert self.application is not None
        return World(self.application)

    async def start(self) -> None:
        """Start a new application on the port there always was."""
        application = Application(
            self._settings, database_dsn=self._server.dsn("stoory_app"), with_worker=False
        )
        await self._running.enter_async_context(application.running())
        if self._luck is not None:
            _be_careless(application, self._luck)
        self.address = await self._running.enter_async_context(served(application, port=self._port))
        self._port = int(self.address.rpartition(":")[2])
        self.application = application

    async def stop(self) -> None:
        """Stop as an operator does."""
        self.application = None
        await self._running.aclose()

    async def cut_somebody(self, luck: random.Random) -> None:
        """End one of the connections at the server's end."""
        if self.application is not None and len(self.application.live.connections):
            await luck.choice(list(self.application.live.connections)).socket.cut()


def _be_careless(application: Application, luck: random.Random) -> None:
    """Have hints go astray on their way."""
    bus = application.db.bus
    publish = bus.publish

    def carelessly(hints: Sequence[Hint]) -> None:
        for hint in hints:
            for _ in range(luck.choice([0, 1, 1, 1, 2])):
                asyncio.get_running_loop().call_later(luck.random() * LATE_SECONDS, publish, [hint])

    bus.publish = carelessly
