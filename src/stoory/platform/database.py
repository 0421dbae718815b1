"""The database: the doors to a transaction, and a transaction that speaks SQL.

`db.as_user(actor)` acts behind the walls of row-level security, `db.as_system(reason)` for webhooks, jobs and
authentication; within a user's transaction, and only after the object was loaded as that user, `tx.as_system(reason)`
goes on where the other party's rows are needed. `db.as_auditor()` looks at everything as it was at one instant. A test
lists the callers of all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, LiteralString, TypeVar

import asyncpg
from asyncpg.exceptions import PostgresError

from stoory.actor import Actor
from stoory.errors import Busy, Deadlocked, Invalid, NotFound, NotSignedIn, StooryError
from stoory.money import Money
from stoory.platform import wire
from stoory.platform.bus import Bus, Hint
from stoory.platform.clock import Clock

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

R = TypeVar("R")

SESSION_ENDED: Final = "ST401"
MEANINGS: Final[tuple[tuple[str, Callable[[], StooryError]], ...]] = (
    ("ST401", NotSignedIn),  # app.enter: the session has ended
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
AS_SYSTEM: Final = " -- as the system"
"""Stands behind every statement of the system, so that the driver prepares it apart from the same one of a user:
PostgreSQL throws a plan away as soon as somebody with other policies uses it."""

ACQUIRE_TIMEOUT_SECONDS: Final = 5
ROLLBACK_TIMEOUT_SECONDS: Final = 5


class Tx:
    """One open transaction. `now` is its clock: SQL is given the time, it never asks."""

    def __init__(self, connection: Connection, clock: Clock, mark: LiteralString = "") -> None:
        """Wrap a connection on which BEGIN has been sent; the mark says as whom."""
        self.connection = connection
        self.now = clock.now()
        self.told: list[Hint] = []
        self._mark: LiteralString = mark

    async def all(self, row: type[R], sql: LiteralString, *args: object) -> list[R]:
        """Return every row as that Struct, columns by name."""
        records = await self.connection.fetch(sql + self._mark, *args)
        if not records:
            return []
        columns = tuple(records[0].keys())
        return wire.from_row(list[row], [dict(zip(columns, record, strict=True)) for record in records])

    async def maybe(self, row: type[R], sql: LiteralString, *args: object) -> R | None:
        """Return the first row as that Struct, or None."""
        record = await self.connection.fetchrow(sql + self._mark, *args)
        return None if record is None else wire.from_row(row, dict(record))

    async def one(self, row: type[R], sql: LiteralString, *args: object) -> R:
        """Return the first row as that Struct; NotFound when there is none, or none that may be seen."""
        found = await self.maybe(row, sql, *args)
        if found is None:
            raise NotFound
        return found

    async def value(self, kind: type[R], sql: LiteralString, *args: object) -> R:
        """Return the first column of the first row, as that type (`int`, `UUID`, `bool`)."""
        return wire.from_row(kind, await self.connection.fetchval(sql + self._mark, *args))

    async def run(self, sql: LiteralString, *args: object) -> int:
        """Execute a statement and return how many rows it touched."""
        status = await self.connection.execute(sql + self._mark, *args)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def run_each(self, sql: LiteralString, rows: Sequence[Sequence[object]]) -> None:
        """Execute a statement once a row of arguments, in one round trip."""
        await self.connection.executemany(sql + self._mark, rows)

    def tell(self, hint: Hint) -> None:
        """Let people know, once this has been committed; never if it is rolled back."""
        self.told.append(hint)

    async def as_system(self, reason: LiteralString) -> None:  # noqa: ARG002 - the reason is for who reads the caller
        """Go on outside the walls. Only after the object was loaded as the user."""
        if self._mark is AS_SYSTEM:
            return
        await self.connection.execute("set local role stoory_system")
        self._mark = AS_SYSTEM

    async def as_user_again(self) -> None:
        """Go back behind the walls."""
        await self.connection.execute("set local role stoory_api")
        self._mark = ""

    async def plan_anew(self) -> None:
        """Have what follows planned for its values: for statements whose filters may be absent."""
        await self.connection.execute("set local plan_cache_mode = force_custom_plan")


class Database:
    """A pool of connections and the doors to them."""

    def __init__(self, dsn: str, *, pool_size: int, clock: Clock, bus: Bus) -> None:
        """Remember where the database is; its login must be a member of stoory_api and stoory_system."""
        self._dsn = dsn
        self._pool_size = pool_size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.clock = clock
        self.bus = bus

    async def connect(self) -> None:
        """Open the pool."""
        self._pool = await asyncpg.create_pool(
            self._dsn,
            min_size=1,
            max_size=self._pool_size,
            init=prepare,
            reset=_leave_as_is,
            server_settings=SERVER_SETTINGS,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
        )

    async def close(self) -> None:
        """Wait for running transactions, then disconnect."""
        if self._pool is not None:
            await self._pool.close()

    def as_user(self, actor: Actor, *, readonly: bool = False) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that sees what this user may see; NotSignedIn when the session has ended."""
        return self._transaction(_entering(actor, "read only" if readonly else ""))

    def as_user_at_one_instant(self, actor: Actor) -> AbstractAsyncContextManager[Tx]:
        """Open one that only reads, and whose statements all see what was committed when it began."""
        return self._transaction(_entering(actor, "isolation level repeatable read read only"))

    def as_system(self, reason: LiteralString, *, readonly: bool = False) -> AbstractAsyncContextManager[Tx]:  # noqa: ARG002
        """Open a transaction outside the walls, for what no signed-in user asks."""
        opening = f"begin{' read only' if readonly else ''}; set local role stoory_system"
        return self._transaction(opening, AS_SYSTEM)

    def as_auditor(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction outside the walls that sees one instant, however long it looks, and changes nothing."""
        opening = (
            "begin isolation level repeatable read read only; set local role stoory_system; "
            "set local statement_timeout = 0"
        )
        return self._transaction(opening, AS_SYSTEM)

    @asynccontextmanager
    async def _transaction(self, opening: str, mark: LiteralString = "") -> AsyncIterator[Tx]:
        pool = self._pool
        if pool is None:
            raise Busy
        connection = await self._opened(pool, opening)
        try:
            try:
                tx = Tx(connection, self.clock, mark)
                yield tx
                await connection.execute("commit")
            except BaseException as problem:
                await _abandon(connection)
                if (answer := _translated(problem)) is not None:
                    raise answer from problem
                raise
            self.bus.publish(tx.told)
        finally:
            await _give_back(pool, connection)

    async def _opened(
        self, pool: asyncpg.Pool[asyncpg.Record], opening: str
    ) -> asyncpg.pool.PoolConnectionProxy[asyncpg.Record]:
        """Return a connection on which the transaction is open.

        One that was cut while it lay idle is replaced: nothing has been done on it yet, so nobody need hear of it.
        """
        for _ in range(self._pool_size):
            connection = await _acquired(pool)
            try:
                await connection.execute(opening)
            except BaseException as problem:
                await _abandon(connection)
                await _give_back(pool, connection)
                if _is_cut(problem):
                    continue
                if (answer := _translated(problem)) is not None:
                    raise answer from problem
                raise
            return connection
        raise Busy


def _entering(actor: Actor, mode: LiteralString) -> str:
    """Return how a user's transaction begins, in one round trip, which takes no parameters: ids are written in."""
    return (
        f"begin {mode}; set local role stoory_system; "
        f"select app.enter('{actor.session_id}', '{actor.id}'); set local role stoory_api"
    )


async def _acquired(
    pool: asyncpg.Pool[asyncpg.Record],
) -> asyncpg.pool.PoolConnectionProxy[asyncpg.Record]:
    try:
        return await pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
    except (TimeoutError, OSError, PostgresError, asyncpg.InterfaceError) as problem:
        raise Busy from problem


async def _give_back(
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


async def _leave_as_is(_: object) -> None:
    """Spare the pool's reset, a round trip a request: a transaction leaves nothing behind on its connection."""


async def _abandon(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record]) -> None:
    """Roll back, whatever happened; a connection that cannot be rolled back must not be used again."""
    try:
        await asyncio.wait_for(asyncio.shield(connection.execute("rollback")), ROLLBACK_TIMEOUT_SECONDS)
    except BaseException as problem:
        with suppress(asyncpg.InterfaceError):  # the server closed it: the pool has taken it back by itself
            connection.terminate()
        if not isinstance(problem, Exception):  # cancelled meanwhile: whoever did it must see it happen
            raise


def _is_cut(problem: BaseException) -> bool:
    """Tell whether the connection is gone, not what was asked of it wrong."""
    if isinstance(problem, PostgresError):
        return str(problem.sqlstate) in CUT
    return isinstance(problem, GONE)


def _translated(problem: BaseException) -> StooryError | None:
    """Return the error of ours that a database's error means to the client, or None to let it pass."""
    if isinstance(problem, PostgresError):
        state = str(problem.sqlstate)
        return next((meaning() for beginning, meaning in MEANINGS if state.startswith(beginning)), None)
    if isinstance(problem, asyncpg.DataError):
        return Invalid(message="A value is out of range.")
    if isinstance(problem, GONE):
        return Busy()
    return None
