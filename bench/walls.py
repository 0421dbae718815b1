"""What row-level security costs in the database: each read of the chat behind the walls and with a filter by hand.

    .venv/bin/python -m bench.walls [scale]

Uses the seeded world that `make bench` keeps in .bench/, and reads only. Both are the application's own statements,
planned once; the one by hand is asked as a superuser, whom no wall stops, with the filter written into it. Times are
PostgreSQL's own, of the execution alone.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from msgspec import Struct

from stoory.actor import Actor, Role
from stoory.chat import queries
from stoory.chat.pages import Span
from stoory.platform import driver, wire
from stoory.platform.clock import Clock
from stoory.platform.database import Tx
from stoory.platform.postgres import Server

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

HOMES: Final = Path(__file__).parents[1] / ".bench"
RUNS: Final = 300
BUSIEST: Final = UUID("5eed0001-0000-4000-8000-000000000000")
"""A brand owner with more than a thousand conversations, see docs/operations.md"""
LONGEST: Final = UUID("5eed000c-0000-4000-8000-000000000000")
"""Her longest conversation"""
SETTINGS: Final = {"jit": "off", "plan_cache_mode": "force_generic_plan"}

Ask = Callable[[Tx], Awaitable[Any]]


class Read(Struct, frozen=True):
    """A read, and what somebody who forgets nothing writes behind its first `where`; some name their people already."""

    title: str
    ask: Ask
    by_hand: str = ""


THEIRS: Final = f"(brand_owner_id = '{BUSIEST}' or influencer_id = '{BUSIEST}') and "
READS: Final = (
    Read(
        "the newest 50 messages",
        lambda tx: queries.message_page(tx, LONGEST, Span(None, None), limit=50),
        THEIRS,
    ),
    Read(
        "50 messages from the beginning",
        lambda tx: queries.message_page(tx, LONGEST, Span(60, None), limit=50),
        THEIRS,
    ),
    Read(
        "the first 20 of her 1,112 conversations",
        lambda tx: queries.keys(tx, Actor(BUSIEST, Role.BRAND_OWNER, BUSIEST), None, after=None, limit=21),
    ),
    Read("what she has not read of them", lambda tx: queries.unread(tx, BUSIEST)),
)


class Listening:
    """Stands for a connection, and keeps the statement instead of asking it."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.asked: tuple[str, tuple[object, ...]] = ("", ())

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Keep it."""
        self.asked = (sql, args)
        return []


async def measured(server: Server) -> list[tuple[str, float, float]]:
    """Return for each read how many microseconds it takes behind the walls, and with a filter by hand."""
    inside = await asyncpg.connect(server.dsn("stoory_app"), server_settings=SETTINGS)
    outside = await asyncpg.connect(server.dsn("postgres"), server_settings=SETTINGS)
    try:
        for connection in (inside, outside):
            await driver.prepare(connection)
        await inside.execute(
            f"set role stoory_api; set app.user_id = '{BUSIEST}'; set app.role = 'brand_owner'"
        )
        return [(read.title, *await _one(read, inside, outside)) for read in READS]
    finally:
        await inside.close()
        await outside.close()


async def _one(read: Read, inside: Connection, outside: Connection) -> tuple[float, float]:
    listening: Any = Listening()
    await read.ask(Tx(listening, Clock()))
    sql, args = listening.asked
    filtered = sql.replace("where ", f"where {read.by_hand}", 1)
    behind: list[float] = []
    by_hand: list[float] = []
    for _ in range(RUNS):  # in turns, so that whatever else happens happens to both
        behind.append(await _microseconds(inside, sql, args))
        by_hand.append(await _microseconds(outside, filtered, args))
    return median(behind), median(by_hand)


async def _microseconds(connection: Connection, sql: str, args: tuple[object, ...]) -> float:
    told = await connection.fetchval(f"explain (analyze, timing off, format json) {sql}", *args)
    plan: Any = wire.decode(told) if isinstance(told, str) else told
    return float(plan[0]["Execution Time"]) * 1000


def main() -> None:
    """Print a table."""
    home = HOMES / f"scale-{sys.argv[1] if len(sys.argv) > 1 else 100}"
    server = Server.start(home)
    try:
        found = asyncio.run(measured(server))
    finally:
        server.stop()
    print("| | behind the walls | by hand | ratio |\n|---|---:|---:|---:|")
    for title, behind, by_hand in found:
        print(f"| {title} | {behind:,.0f} µs | {by_hand:,.0f} µs | {behind / by_hand:.2f} |")


if __name__ == "__main__":
    main()
