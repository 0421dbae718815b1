"""What the sandbox remembers: one SQLite file, entities as JSON under their ids, newest last."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from stoory.sandbox.razorpay.refusals import Json

SCHEMA: Final = """
    create table if not exists facts (name text primary key, value text not null);

    create table if not exists entities (
        seq        integer primary key autoincrement,
        id         text not null unique,
        kind       text not null,
        parent     text,
        label      text,
        created_at integer not null,
        body       text not null,
        terms      text not null
    );
    create index if not exists entities_kind on entities (kind, seq);
    create index if not exists entities_parent on entities (parent, kind, seq) where parent is not null;
    create index if not exists entities_label on entities (label, kind) where label is not null;

    create table if not exists answers (
        scope text not null, key text not null, request text not null, answer text not null,
        primary key (scope, key)
    );

    create table if not exists timers (
        seq integer primary key autoincrement, due_at integer not null, what text not null, subject text not null
    );
    create index if not exists timers_due on timers (due_at);

    create table if not exists deliveries (
        seq        integer primary key autoincrement,
        event_id   text not null,
        event      text not null,
        url        text not null,
        body       blob not null,
        signature  text not null,
        status     text not null default 'waiting',
        attempts   integer not null default 0,
        answered   text,
        created_at integer not null,
        due_at     integer not null,
        place      integer not null default 0,
        tried_until integer
    );
    create index if not exists deliveries_due on deliveries (status, due_at);

    create table if not exists faults (
        seq integer primary key autoincrement, kind text not null, method text, path text not null,
        times integer not null, seconds real not null
    );
"""

TABLES: Final = ("facts", "entities", "answers", "timers", "deliveries", "faults")
END_OF_TIME: Final = 2**62


class Store:
    """The file. All of it is used from one thread; a request is one transaction."""

    def __init__(self, path: str) -> None:
        """Open the file, or make it; `:memory:` keeps nothing."""
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.sql.row_factory = sqlite3.Row
        # A crash of the machine may lose the last moments of play money; a crash of the program loses nothing.
        self.sql.executescript(f"pragma journal_mode = wal; pragma synchronous = off; {SCHEMA}")
        self._catch_up()

    def _catch_up(self) -> None:
        """Give a file of an older sandbox what it lacks."""
        columns = {row["name"] for row in self.sql.execute("pragma table_info(deliveries)")}
        if "tried_until" not in columns:
            self.sql.execute("alter table deliveries add column tried_until integer")

    def close(self) -> None:
        """Let go of the file."""
        self.sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that happens inside, or nothing of it."""
        self.sql.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.sql.execute("rollback")
            raise
        self.sql.execute("commit")

    def reset(self) -> None:
        """Forget everything."""
        for table in TABLES:
            self.sql.execute(f"delete from {table}")  # noqa: S608 - the names stand above

    def fact(self, name: str, default: Any = None) -> Any:
        """Return what was last set under that name."""
        row = self.sql.execute("select value from facts where name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row["value"])

    def set_fact(self, name: str, value: Any) -> None:
        """Set a fact."""
        self.sql.execute(
            "insert into facts values (?, ?) on conflict (name) do update set value = excluded.value",
            (name, json.dumps(value)),
        )

    def add(
        self, entity: Json, *, parent: str | None = None, label: str | None = None, terms: Json | None = None
    ) -> None:
        """Keep a new entity: whose it is, by what else it is found, and what of it is never shown."""
        self.sql.execute(
            "insert into entities (id, kind, parent, label, created_at, body, terms) values (?, ?, ?, ?, ?, ?, ?)",
            (
                entity["id"],
                entity["entity"],
                parent,
                label,
                entity["created_at"],
                json.dumps(entity),
                json.dumps(terms or {}),
            ),
        )

    def save(self, entity: Json) -> None:
        """Keep what has changed of an entity."""
        self.sql.execute("update entities set body = ? where id = ?", (json.dumps(entity), entity["id"]))

    def find(self, kind: str, entity_id: str) -> Json | None:
        """Return an entity by its id."""
        row = self.sql.execute(
            "select body from entities where id = ? and kind = ?", (entity_id, kind)
        ).fetchone()
        return None if row is None else json.loads(row["body"])

    def labelled(self, kind: str, label: str) -> Json | None:
        """Return the newest entity with that label."""
        row = self.sql.execute(
            "select body from entities where label = ? and kind = ? order by seq desc limit 1", (label, kind)
        ).fetchone()
        return None if row is None else json.loads(row["body"])

    def terms(self, entity_id: str) -> Json:
        """Return what is kept of an entity and never shown."""
        row = self.sql.execute("select terms from entities where id = ?", (entity_id,)).fetchone()
        return json.loads(row["terms"])

    def set_terms(self, entity_id: str, terms: Json) -> None:
        """Keep what is never shown."""
        self.sql.execute("update entities set terms = ? where id = ?", (json.dumps(terms), entity_id))

    def newest(
        self, kind: str, *, parent: str | None = None, since: int = 0, until: int = END_OF_TIME
    ) -> Iterator[Json]:
        """Yield entities, the newest first."""
        rows = self.sql.execute(
            "select body from entities where kind = ? and (? is null or parent = ?)"
            " and created_at between ? and ? order by seq desc",
            (kind, parent, parent, since, until),
        )
        return (json.loads(row["body"]) for row in rows)
