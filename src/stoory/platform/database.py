"""The database: the doors to a transaction, and a transaction that speaks SQL.

`db.as_user(actor)` acts behind the walls of row-level security, `db.as_system(reason)` for webhooks, jobs and
authentication; within a user's transaction, and only after the object was loaded as that user, `tx.as_system(reason)`
goes on where the other party's rows are needed. `db.as_auditor()` looks at everything as it was at one instant, and
`db.at_once(reason)` is for single statements that are run all the time. A test lists the callers of all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, LiteralString, TypeVar

import asyncpg

from stoory.actor import Actor
from stoory.errors import Busy, NotFound
from stoory.platform import driver, wire
from stoory.platform.bus import Bus, Hint
from stoory.platform.clock import Clock

if TYPE_CHECKING:
    from stoory.platform.driver import Connection

R = TypeVar("R")

AS_SYSTEM: Final = " -- as the system"
"""Stands behind every statement of the system, so that the driver prepares it apart from the same one of a user:
PostgreSQL throws a plan away as soon as somebody with other policies uses it."""

STANDING_CONNECTIONS: Final = 5
"""As many as write what is sent over sockets, and one for those who look up what is new."""
STANDING: Final = {
    "role": "stoory_system",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""What connections are that only run single statements, all the time. Each looks rows up by their keys, also when its
plan was made while a table was empty."""


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
        self._standing: asyncpg.Pool[asyncpg.Record] | None = None
        self.clock = clock
        self.bus = bus

    async def connect(self) -> None:
        """Open the pools."""
        self._pool = await driver.pool(self._dsn, size=self._pool_size)
        self._standing = await driver.pool(self._dsn, size=STANDING_CONNECTIONS, settings=STANDING)

    async def close(self) -> None:
        """Wait for running transactions, then disconnect."""
        for pool in (self._pool, self._standing):
            if pool is not None:
                await pool.close()

    def as_user(self, actor: Actor, *, readonly: bool = False) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that sees what this user may see; NotSignedIn when session or key are over."""
        return self._transaction(self._entering(actor, "read only" if readonly else ""))

    def as_user_at_one_instant(self, actor: Actor) -> AbstractAsyncContextManager[Tx]:
        """Open one that only reads, and whose statements all see what was committed when it began."""
        return self._transaction(self._entering(actor, "isolation level repeatable read read only"))

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
    async def at_once(self, reason: LiteralString) -> AsyncIterator[Tx]:  # noqa: ARG002
        """Run single statements outside the walls, each a transaction and one round trip, planned once a connection.

        Whether a statement that failed with Busy was committed is not known.
        """
        if self._standing is None:
            raise Busy
        connection = await driver.acquired(self._standing)
        try:
            tx = Tx(connection, self.clock, AS_SYSTEM)
            try:
                yield tx
            except Exception as problem:
                if (answer := driver.translated(problem)) is not None:
                    raise answer from problem
                raise
            self.bus.publish(tx.told)
        finally:
            await driver.give_back(self._standing, connection)

    def _entering(self, actor: Actor, mode: LiteralString) -> str:
        """Return how a user's transaction begins, in one round trip, which takes no parameters: they are written in."""
        return (
            f"begin {mode}; set local role stoory_system; "
            f"select app.enter('{actor.session_id}', '{actor.id}', '{self.clock.now().isoformat()}'); "
            f"set local role stoory_api"
        )

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
                await driver.abandon(connection)
                if (answer := driver.translated(problem)) is not None:
                    raise answer from problem
                raise
            self.bus.publish(tx.told)
        finally:
            await driver.give_back(pool, connection)

    async def _opened(
        self, pool: asyncpg.Pool[asyncpg.Record], opening: str
    ) -> asyncpg.pool.PoolConnectionProxy[asyncpg.Record]:
        """Return a connection on which the transaction is open.

        One that was cut while it lay idle is replaced: nothing has been done on it yet, so nobody need hear of it.
        """
        for _ in range(self._pool_size):
            connection = await driver.acquired(pool)
            try:
                await connection.execute(opening)
            except BaseException as problem:
                await driver.abandon(connection)
                await driver.give_back(pool, connection)
                if driver.is_cut(problem):
                    continue
                if (answer := driver.translated(problem)) is not None:
                    raise answer from problem
                raise
            return connection
        raise Busy
