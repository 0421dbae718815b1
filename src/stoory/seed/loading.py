"""Loading by COPY, all or nothing: keys and indexes are taken off and put back, which checks every row at once.

Whoever owns the tables may do this, a superuser is not needed. Row-level security, which lets nobody copy, is lifted
for the owner alone; nobody else sees anything of it, because the tables are held until the transaction ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import asyncpg
from msgspec import Struct

from stoory.errors import Busy, Forbidden

TABLES: Final = (
    "audit_log", "bids", "campaigns", "contracts", "conversations", "credentials", "deal_events", "deals",
    "ledger_accounts", "ledger_entries", "ledger_journals", "messages", "notifications", "order_events", "orders",
    "participations", "payments", "payout_accounts", "payout_events", "payouts", "quarantine", "refunds", "requests",
    "users",
)  # fmt: skip
"""Every table that is written, in the order in which they are held."""

TRIGGERS: Final = (
    ("messages", "messages_are_numbered"),
    ("messages", "messages_are_news"),
    ("conversations", "conversations_are_news"),
    ("ledger_entries", "ledger_entries_balance"),
)
"""What numbers a message, tells people of it and checks a journal: these have their numbers, are news to nobody, and
`Books` checks all journals at once."""
MEMORY: Final = "128MB"
"""For each index that is built."""
PATIENCE: Final = "10s"

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Lines = dict[tuple[str, tuple[str, ...]], list[str]]
"""Rows as COPY reads them, by table and columns."""


class Taken(Struct, frozen=True):
    """A statement that takes something off, and the one that puts it back."""

    off: str
    on: str


CONSTRAINTS: Final = """
    select format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as off,
           format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname,
                  pg_get_constraintdef(c.oid)) as on
      from pg_constraint c
     where c.conrelid = any ($1::text[]::regclass[])
       and (c.contype = 'f'
            or c.contype in ('p', 'u')
               and not exists (select from pg_constraint r where r.contype = 'f' and r.conindid = c.conindid))
     order by c.contype = 'f' desc, c.conrelid::regclass::text, c.conname
"""
"""Foreign keys first; then the keys that nothing refers to."""

INDEXES: Final = """
    select format('drop index %s', i.indexrelid::regclass) as off, pg_get_indexdef(i.indexrelid) as on
      from pg_index i
     where i.indrelid = any ($1::text[]::regclass[])
       and i.indpred is null
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
     order by i.indexrelid::regclass::text
"""
"""Partial indexes stay: they hold few rows."""

GUARDED: Final = """
    select format('alter table %s no force row level security', c.oid::regclass) as off,
           format('alter table %s force row level security', c.oid::regclass) as on
      from pg_class c
     where c.oid = any ($1::text[]::regclass[])
       and c.relforcerowsecurity
"""


@asynccontextmanager
async def bulk(owner_dsn: str) -> AsyncIterator[Connection]:
    """Open the transaction in which rows are loaded, as the owner of the tables; at its end everything is as before.

    Raises Busy when the tables cannot be held, Forbidden when the login does not own them.
    """
    connection = await asyncpg.connect(
        owner_dsn, server_settings={"timezone": "UTC", "application_name": "stoory seed"}
    )
    try:
        async with connection.transaction():
            taken = await _taken_off(connection)
            yield connection
            for each in reversed(taken):
                await connection.execute(each.on)
    except asyncpg.InsufficientPrivilegeError as problem:
        raise Forbidden(f"Only who owns the tables can load them: {problem}.") from problem
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as problem:
        raise Busy(
            "Somebody is at work in the database; try again, best while nothing else runs."
        ) from problem
    finally:
        await connection.close()


async def _taken_off(connection: Connection) -> list[Taken]:
    """Hold the tables, and take off them what slows a load down or forbids it."""
    await connection.execute(
        f"set local lock_timeout = '{PATIENCE}'; set local maintenance_work_mem = '{MEMORY}';"
        f"lock table {', '.join(TABLES)} in access exclusive mode"
    )
    taken = [
        Taken(f"alter table {table} disable trigger {name}", f"alter table {table} enable trigger {name}")
        for table, name in TRIGGERS
    ]
    for kind in (GUARDED, INDEXES, CONSTRAINTS):
        taken += [Taken(row["off"], row["on"]) for row in await connection.fetch(kind, list(TABLES))]
    for each in taken:
        await connection.execute(each.off)
    return taken


async def copy(connection: Connection, lines: Lines) -> None:
    """Load the rows."""
    for (table, columns), rows in lines.items():
        if rows:
            await connection.copy_to_table(table, columns=columns, source=_written(rows))


async def _written(rows: Iterable[str]) -> AsyncIterator[bytes]:
    yield "\n".join((*rows, "")).encode()


async def analyze(owner_dsn: str) -> None:
    """Let the planner know what is there now, and its rows be seen by all."""
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute(f"vacuum (analyze) {', '.join(TABLES)}")
    finally:
        await connection.close()
