"""A world whose PostgreSQL may be hurt."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from stoory.app import Application
from stoory.platform.postgres import Server
from stoory.platform.postgres.cluster import postmaster
from tests.world import World

SEED = int(os.environ.get("SEED", "0"))
RECOVERS_WITHIN_SECONDS = 20
POOL = 4

OPEN = "select query from pg_stat_activity where application_name = 'stoory' and xact_start is not null"


class Own(World):
    """A world with a PostgreSQL of its own, which may be hurt."""

    def __init__(self, app: Application, server: Server, home: Path) -> None:
        """Take what the fixture started."""
        super().__init__(app)
        self.server = server
        self._home = home

    def kill_database(self) -> None:
        """Stop PostgreSQL as `pg_ctl stop -m immediate` does, and wait until it is gone."""
        noted = postmaster(self._home / "postgres" / "data")
        assert noted is not None
        os.kill(noted.pid, signal.SIGQUIT)
        while self.server.is_running():
            time.sleep(0.01)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """Open a connection of nobody's, past the application."""
        connection = await asyncpg.connect(self.server.dsn("postgres"))
        try:
            yield connection
        finally:
            await connection.close()

    async def settle(self) -> None:
        """Wait until no transaction of the application is open; AssertionError if one stays."""
        give_up_at = time.monotonic() + RECOVERS_WITHIN_SECONDS
        async with self.look() as connection:
            while left := await connection.fetch(OPEN):
                assert time.monotonic() < give_up_at, left


async def until(is_so: Callable[[], Any]) -> None:
    """Wait until something is so; AssertionError when it takes too long."""
    give_up_at = time.monotonic() + RECOVERS_WITHIN_SECONDS
    while not await is_so():
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.05)
