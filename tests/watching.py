"""Looking over the shoulder of an application: every statement it executes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from msgspec.structs import replace

from stoory.app import Application
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import World


@asynccontextmanager
async def one_connection(server: Server, settings: Settings) -> AsyncIterator[tuple[World, Any]]:
    """Run an application whose pool is a single connection, so that nothing it asks goes unnoticed."""
    application = Application(
        replace(settings, db_pool=1), database_dsn=server.dsn("stoory_app"), with_worker=False
    )
    async with application.running():
        pool: Any = application.db._pool  # pyright: ignore[reportPrivateUsage] - to look over its shoulder
        yield World(application), pool._holders[0]._con


@contextmanager
def statements(connection: Any) -> Iterator[list[str]]:
    """Collect every statement a connection executes."""
    executed: list[str] = []

    def note(record: Any) -> None:
        executed.append(record.query)

    connection.add_query_logger(note)
    try:
        yield executed
    finally:
        connection.remove_query_logger(note)
