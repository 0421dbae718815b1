"""The stage: a database with the demo world, a Redis, and two servers that share both; at the end nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from msgspec import Struct

from bench.chaos_chat.programs import Node, RedisServer
from bench.side_by_side.contestants import Addresses
from bench.side_by_side.running import scratch
from stoory.home import HomeDatabase, furnish, prepare
from stoory.platform.postgres import Server

Report = Callable[[str], None]


class Stage(Struct, frozen=True):
    """What can be killed, paused and emptied, and where the truth is."""

    nodes: tuple[Node, Node]
    redis: RedisServer
    database: HomeDatabase


@asynccontextmanager
async def stage(redis_program: str, report: Report) -> AsyncIterator[Stage]:
    """Set it up, and take it down whatever happens."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        database = stack.enter_context(_database(folder / "home", report))
        prepare(database, report)
        await furnish(database, report)
        report("Starting Redis and two nodes")
        redis = RedisServer(redis_program, folder)
        stack.callback(redis.stop)
        await redis.start()
        addresses = Addresses(app=database.app, owner=database.owner, superuser=database.operator)
        first, second = (Node(letter, folder, addresses, redis.url) for letter in "AB")
        stack.callback(first.stop)
        stack.callback(second.stop)
        await asyncio.gather(first.start(), second.start())
        yield Stage((first, second), redis, database)
        report("Ending everything")


@contextmanager
def _database(home: Path, report: Report) -> Iterator[HomeDatabase]:
    server = Server.start(home, report=report)
    try:
        app, owner, superuser = (server.dsn(user) for user in ("stoory_app", "stoory_owner", "postgres"))
        yield HomeDatabase(app, owner, superuser, server)
    finally:
        server.discard()
