"""asyncpg: how connections are made, taken and given back, and what its errors mean to who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import asyncpg
from asyncpg.exceptions import PostgresError

from stoory.errors import Busy, Deadlocked, Invalid, NotSignedIn, PlanLimit, StooryError
from stoory.money import Money
from stoory.platform import wire

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

SESSION_ENDED: Final = "ST401"
MEANINGS: Final[tuple[tuple[str, Callable[[], StooryError]], ...]] = (
    ("ST401", NotSignedIn),  # app.enter: the session has ended
    ("ST402", PlanLimit),  # more than the plan allows
    ("40001", Deadlocked),
    ("40P01", Deadlocked),
    ("53", Busy),  # too many connections, out of memory or disk
    ("55P03", Busy),  # a lock was held too long
    ("57", Busy),  # shutting down, or the statement took too long
    ("58", Busy),
    ("08", Busy),  # the connection is lost
    ("22", lambda: Invalid(message="A value is out of range or holds characters no text may have.")),
)
"""What a SQLSTATE, by its beginning, means to who asked. Any other is a fault of ours."""

CUT: Final = frozenset({"57P01", "57P02", "57P05", "08003", "08006"})
"""SQLSTATEs of a connection that has ended: by an administrator, a crash, for lying idle, or on the way."""
GONE: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError)
"""What the driver raises instead, when it finds the connection ended."""

SERVER_SETTINGS: Final = {
    "application_name": "stoory",
    "jit": "off",
    "timezone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
}
ACQUIRE_TIMEOUT_SECONDS: Final = 5
ROLLBACK_TIMEOUT_SECONDS: Final = 5


async def pool(
    dsn: str, *, size: int, settings: Mapping[str, str] | None = None
) -> asyncpg.Pool[asyncpg.Record]:
    """Open a pool whose connections have these settings beside ours."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        init=prepare,
        reset=leave_as_is,
        server_settings=SERVER_SETTINGS | dict(settings or {}),
        statement_cache_size=1000,
        max_cached_statement_lifetime=0,
    )


async def acquired(
    pool: asyncpg.Pool[asyncpg.Record],
) -> asyncpg.pool.PoolConnectionProxy[asyncpg.Record]:
    """Take a connection; Busy when there is none in time."""
    try:
        return await pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
    except (TimeoutError, OSError, PostgresError, asyncpg.InterfaceError) as problem:
        raise Busy from problem


async def give_back(
    pool: asyncpg.Pool[asyncpg.Record], connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
) -> None:
    """Return a connection to the pool, which may have taken it back by itself a moment ago because it was cut.

    What the transaction came to is known by now; that the connection ended afterwards changes nothing of it.
    """
    with suppress(*GONE):
        await pool.release(connection)


async def prepare(connection: Connection) -> None:
    """Teach a new connection our types: numeric is always an amount, jsonb is read exactly."""
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=Money.rupees, format="text"
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_json_text, decoder=wire.decode, format="text"
    )


def _json_text(value: object) -> str:
    """Write a jsonb parameter; a str is JSON already, as pgqueuer passes it on our connections."""
    return value if isinstance(value, str) else wire.encode(value).decode()


async def leave_as_is(_: object) -> None:
    """Spare the pool's reset, a round trip a request: a transaction leaves nothing behind on its connection."""


async def abandon(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record]) -> None:
    """Roll back, whatever happened; a connection that cannot be rolled back must not be used again."""
    try:
        await asyncio.wait_for(asyncio.shield(connection.execute("rollback")), ROLLBACK_TIMEOUT_SECONDS)
    except BaseException as problem:
        with suppress(asyncpg.InterfaceError):  # the server closed it: the pool has taken it back by itself
            connection.terminate()
        if not isinstance(problem, Exception):  # cancelled meanwhile: whoever did it must see it happen
            raise


def is_cut(problem: BaseException) -> bool:
    """Tell whether the connection is gone, not what was asked of it wrong."""
    if isinstance(problem, PostgresError):
        return str(problem.sqlstate) in CUT
    return isinstance(problem, GONE)


def translated(problem: BaseException) -> StooryError | None:
    """Return the error of ours that a database's error means to the client, or None to let it pass."""
    if isinstance(problem, PostgresError):
        state = str(problem.sqlstate)
        return next((meaning() for beginning, meaning in MEANINGS if state.startswith(beginning)), None)
    if isinstance(problem, asyncpg.DataError):
        return Invalid(message="A value is out of range.")
    if isinstance(problem, GONE):
        return Busy()
    return None
