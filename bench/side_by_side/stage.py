"""The database of all: an embedded PostgreSQL, a world that is seeded once, a copy of it for each run."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg

from bench.side_by_side.contestants import Addresses
from bench.side_by_side.running import Failed, plain_environ, stoory_program
from stoory.platform.postgres import Server

SEEDED: Final = "seeded"
"""The note in a home whose world is whole."""

RUN: Final = "side_by_side"
"""The copy that the run writes into; the next one begins with the same rows again."""

SETTINGS: Final = {"max_wal_size": "4GB", "checkpoint_timeout": "30min"}
"""A checkpoint in the middle of somebody's turn would be that one's loss: they are made between the measures."""

NEWS_IS_STOORYS: Final = """
    do $$
    declare
        each record;
    begin
        for each in
            select t.tgrelid::regclass as held_by, t.tgname as name
              from pg_trigger t
              join pg_class c on c.oid = t.tgrelid
             where c.relnamespace = 'public'::regnamespace
               and t.tgname !~ '_are_news$'
        loop
            execute format('alter table %s enable always trigger %I', each.held_by, each.name);
        end loop;
        execute format('alter role postgres in database %I set session_replication_role = replica', current_database());
    end
    $$
"""
"""What is new for whom is noted for Stoory's sockets. A peer has no such notes, and does not pay for them: for its
superuser every trigger works but those that write them."""

NO_PLAN_LIMITS: Final = """
    insert into plan_terms (user_id, changes, valid_from, reason, set_by)
    select u.id, '{"max_open_postings": null, "max_live_applications": null}', '2026-01-01Z', 'measured', u.id
      from users u
     where u.role in ('brand_owner', 'influencer')
"""
"""The peers know no plans. What is counted for them is counted all the same."""

Report = Callable[[str], None]


class Stage:
    """The running database server and the copy of the world on it."""

    def __init__(self, server: Server) -> None:
        """Take a server whose database `stoory` is seeded."""
        self._server = server

    @property
    def addresses(self) -> Addresses:
        """How the contestants reach the copy."""
        return Addresses(
            app=self._server.dsn("stoory_app", RUN),
            owner=self._server.dsn("stoory_owner", RUN),
            superuser=self._server.dsn("postgres", RUN),
        )

    def rows(self, sql: str, *args: object, database: str = RUN) -> list[asyncpg.Record]:
        """Return the rows of a statement, asked as the superuser."""

        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self._server.dsn("postgres", database))
            try:
                return await connection.fetch(sql, *args)
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def is_quiet(self) -> bool:
        """Tell whether nobody is in a transaction."""
        busy = """
            select count(*)
              from pg_stat_activity
             where datname = current_database()
               and backend_type = 'client backend'
               and state <> 'idle'
               and pid <> pg_backend_pid()
        """
        return self.rows(busy)[0][0] == 0

    def process(self) -> int:
        """Return the process whose children are all of PostgreSQL's others."""
        folder = Path(self.rows("show data_directory")[0][0])
        return int((folder / "postmaster.pid").read_text().split()[0])

    def settle(self) -> None:
        """Write out what is left to write, before a measure begins."""
        self.rows("checkpoint")

    def copy(self) -> None:
        """Copy the seeded world; whatever an earlier run has left goes."""
        self.drop()
        self.rows(
            f'create database "{RUN}" template stoory owner stoory_owner strategy file_copy',
            database="postgres",
        )
        self.rows(NEWS_IS_STOORYS)
        self.rows(NO_PLAN_LIMITS)

    def drop(self) -> None:
        """Give the copy's space back."""
        self.rows(f'drop database if exists "{RUN}" with (force)', database="postgres")


@contextmanager
def stage(home: Path, *, scale: int, fresh: bool, report: Report) -> Iterator[Stage]:
    """Seed a home unless that was done before, start its PostgreSQL and lend a copy of its world."""
    if fresh or not (home / SEEDED).exists():
        if home.exists():
            Server.start(home).discard()
        seed(home, scale, report)
    command(home, "migrate")
    server = Server.start(home, settings=SETTINGS)
    try:
        ready = Stage(server)
        report("Copying the world")
        ready.copy()
        try:
            yield ready
        finally:
            ready.drop()
    finally:
        server.stop()


def seed(home: Path, scale: int, report: Report) -> None:
    """Fill a new home."""
    report(f"Seeding a world of scale {scale}; it is kept for the next run")
    command(home, "migrate")
    command(home, "seed", "--scale", str(scale))
    server = Server.start(home)
    try:
        Stage(server).rows("vacuum analyze", database="stoory")
    finally:
        server.stop()
    (home / SEEDED).touch()


def command(home: Path, *arguments: str) -> None:
    """Run `stoory` on a home that nobody else runs."""
    done = subprocess.run(
        [stoory_program(), *arguments],
        env={**plain_environ(), "STOORY_HOME": str(home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"`stoory {' '.join(arguments)}` failed:\n{done.stderr or done.stdout}")
