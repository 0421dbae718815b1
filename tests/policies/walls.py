"""Trying the walls: what each viewer really sees, changes, adds and removes in a table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import asyncpg
from msgspec import Struct

from tests.policies.scene import ACTORS, PEOPLE, Superuser
from tests.policies.who_sees import TABLES, Row, Viewer

DENIED: Final = "denied"
SYSTEM: Final = "system"

Outcome = str | frozenset[str]
"""The keys of rows, or that it is denied altogether."""
Cells = dict[tuple[str, str], Outcome]
"""By viewer and what they try."""


class Content(Struct):
    """A table's rows by key, as they are behind the walls."""

    table: str
    key: str
    rows: dict[str, Row]
    columns: list[str]


async def content(superuser: Superuser, table: str) -> Content:
    """Read a whole table."""
    primary = await superuser.fetchval(
        """
        select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
          from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
         where i.indrelid = $1::text::regclass
           and i.indisprimary
        """,
        table,
    )
    key = f"row({primary})::text"
    records = await superuser.fetch(f"select {key} as key_, {table}.* from {table}")
    rows = {record["key_"]: {k: v for k, v in record.items() if k != "key_"} for record in records}
    return Content(table, key, rows, await columns(superuser, table))


async def columns(superuser: Superuser, table: str) -> list[str]:
    """Return the columns of a table, in order."""
    found = await superuser.fetch(
        """
        select attname
          from pg_attribute
         where attrelid = $1::text::regclass
           and attnum > 0
           and not attisdropped
         order by attnum
        """,
        table,
    )
    return [column["attname"] for column in found]


async def viewers(superuser: Superuser) -> list[Viewer]:
    """Return everybody who stands before the walls."""
    applications = await superuser.fetch(
        "select influencer_id, coalesce(bid_id, campaign_id) as posting_id from requests"
    )
    applied = {
        person.id: frozenset(row["posting_id"] for row in applications if row["influencer_id"] == person.id)
        for person in PEOPLE.values()
    }
    return [Viewer(name, applied[PEOPLE[name].id] if name in PEOPLE else frozenset()) for name in ACTORS]


async def found_cells(superuser: Superuser, table: str) -> Cells:
    """Try everything on a table, as each viewer; nothing of it stays."""
    known = await content(superuser, table)
    cells: Cells = {(SYSTEM, "sees"): await _seen(superuser, known, None)}
    for viewer in await viewers(superuser):
        cells[viewer.name, "sees"] = await _seen(superuser, known, viewer)
        cells[viewer.name, "changes"] = await _changed(superuser, known, viewer)
        cells[viewer.name, "removes"] = await _removed(superuser, known, viewer)
        cells[viewer.name, "adds"] = await _added(superuser, known, viewer)
        if TABLES[table].owner:
            cells[viewer.name, "gives away"] = await _given_away(superuser, known, viewer)
    return cells


async def declared_cells(superuser: Superuser, table: str) -> Cells:
    """Return what who_sees.py says."""
    known = await content(superuser, table)
    rules = TABLES[table]
    cells: Cells = {(SYSTEM, "sees"): frozenset(known.rows)}
    for viewer in await viewers(superuser):

        def those(
            which: Callable[[Viewer, Row], bool] | None, rows: dict[str, Row], viewer: Viewer = viewer
        ) -> Outcome:
            return (
                DENIED if which is None else frozenset(key for key, row in rows.items() if which(viewer, row))
            )

        cells[viewer.name, "sees"] = those(rules.sees, known.rows)
        cells[viewer.name, "changes"] = those(rules.changes, known.rows)
        cells[viewer.name, "removes"] = those(rules.removes, known.rows)
        cells[viewer.name, "adds"] = those(rules.adds, variants(known) if rules.adds else {})
        if rules.owner:
            owned = those(rules.changes, known.rows)
            cells[viewer.name, "gives away"] = owned if viewer.is_admin or not owned else DENIED
    return cells


def variants(known: Content) -> dict[str, Row]:
    """Return rows that somebody might add: copies of what is there, each in everybody's name."""
    author = TABLES[known.table].author
    places = {row.get("conversation_id"): row for row in known.rows.values()}
    fresh = {"id": uuid4(), "client_msg_id": None, "seq": None}
    return {
        f"{person.name} in {place}": row | {k: v for k, v in fresh.items() if k in row} | {author: person.id}
        for place, row in places.items()
        for person in PEOPLE.values()
    }


@asynccontextmanager
async def _as(superuser: Superuser, viewer: Viewer | None, *, triggers: bool = False) -> AsyncIterator[None]:
    """Stand before the walls and go back; without triggers, so that foreign keys are not in the way."""
    step = superuser.transaction()
    await step.start()
    try:
        replica = "" if triggers else "set local session_replication_role = replica; "
        identity = ""
        if viewer is not None and viewer.id is not None:
            identity = f"set local app.user_id = '{viewer.id}'; set local app.role = '{viewer.role}'; "
        role = "stoory_system" if viewer is None else "stoory_api"
        await superuser.execute(f"{replica}{identity}set local role {role}")
        yield
    finally:
        await step.rollback()


async def _seen(superuser: Superuser, known: Content, viewer: Viewer | None) -> Outcome:
    async with _as(superuser, viewer):
        try:
            rows = await superuser.fetch(f"select {known.key} as key_, * from {known.table}")
        except asyncpg.InsufficientPrivilegeError:
            return DENIED
        return frozenset(row["key_"] for row in rows)


async def _changed(superuser: Superuser, known: Content, viewer: Viewer) -> Outcome:
    """Update without a word about which rows; a row that moved was changed."""
    touch = TABLES[known.table].touch or f"{known.columns[-1]} = {known.columns[-1]}"
    before = await _places(superuser, known)
    return await _wrote(superuser, known, viewer, f"update {known.table} set {touch}", before)


async def _removed(superuser: Superuser, known: Content, viewer: Viewer) -> Outcome:
    before = await _places(superuser, known)
    return await _wrote(superuser, known, viewer, f"delete from {known.table}", before)


async def _given_away(superuser: Superuser, known: Content, viewer: Viewer) -> Outcome:
    """Put everything into Meera's name, or into Asha's if it is Meera who does it."""
    receiver = PEOPLE["asha" if viewer.name == "meera" else "meera"].id
    before = await _places(superuser, known)
    sql = f"update {known.table} set {TABLES[known.table].owner} = '{receiver}'"
    return await _wrote(superuser, known, viewer, sql, before)


async def _wrote(
    superuser: Superuser, known: Content, viewer: Viewer, sql: str, before: set[tuple[str, str]]
) -> Outcome:
    async with _as(superuser, viewer):
        try:
            await superuser.execute(sql)
        except asyncpg.InsufficientPrivilegeError:
            return DENIED
        await superuser.execute("reset role")
        return frozenset(key for key, _ in before - await _places(superuser, known))


async def _places(superuser: Superuser, known: Content) -> set[tuple[str, str]]:
    rows = await superuser.fetch(f"select {known.key} as key_, ctid::text as place from {known.table}")
    return {(row["key_"], row["place"]) for row in rows}


async def _added(superuser: Superuser, known: Content, viewer: Viewer) -> Outcome:
    rules = TABLES[known.table]
    if rules.adds is None:
        async with _as(superuser, viewer):
            try:
                await superuser.execute(f"insert into {known.table} default values")
            except asyncpg.InsufficientPrivilegeError:
                return DENIED
        return frozenset({"a row of nothing but defaults"})
    names = rules.added.split() or known.columns
    tried = variants(known)
    return frozenset(
        [label for label, row in tried.items() if await _takes(superuser, known, viewer, names, row)]
    )


async def _takes(superuser: Superuser, known: Content, viewer: Viewer, names: list[str], row: Row) -> bool:
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    sql: Any = f"insert into {known.table} ({', '.join(names)}) values ({places})"
    async with _as(superuser, viewer, triggers=True):
        try:
            await superuser.execute(sql, *[row[name] for name in names])
        except asyncpg.InsufficientPrivilegeError:
            return False
    return True
