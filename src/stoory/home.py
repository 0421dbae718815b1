"""The database of a home, ours or the one STOORY_DATABASE_URL names: reached, migrated, furnished."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import asyncpg
from msgspec import Struct

from stoory.actor import Role
from stoory.errors import NotFound
from stoory.platform import migrations
from stoory.platform.bus import Bus
from stoory.platform.clock import Clock
from stoory.platform.database import Database
from stoory.platform.postgres import Server, running_socket, socket_dsn
from stoory.settings import Settings

Report = Callable[[str], None]

DEMO_PASSWORD: Final = "stoory-demo-1"  # noqa: S105 - of people who exist in development homes only
DEMO_PHONES: Final = {
    "Asha": "+919800000001",
    "Ravi": "+919800000002",
    "Meera": "+919800000003",
    "Kabir": "+919800000004",
    "Om": "+919800000005",
}
"""The people of db/world.sql."""


class HomeDatabase(Struct, frozen=True):
    """How to reach the database as its three users."""

    app: str
    """Row-level security holds; the roles stoory_api and stoory_system are one `set role` away"""

    owner: str
    """May change the schema"""

    operator: str
    """Sees everything, where the server is ours"""

    server: Server | None = None
    """Our own server, if this process runs it"""


class DemoLogin(Struct, frozen=True):
    """Somebody of the demo world; all have the password DEMO_PASSWORD."""

    name: str
    role: Role
    phone: str


@contextmanager
def own_database(settings: Settings, report: Report) -> Iterator[HomeDatabase]:
    """Hold the home's database for as long as the process runs: start our server, stop it at the end."""
    if settings.database_url:
        yield _existing(settings.database_url, settings)
        return
    server = Server.start(settings.home, report=report)
    try:
        yield HomeDatabase(
            server.dsn("stoory_app"), server.dsn("stoory_owner"), server.dsn("postgres"), server
        )
    finally:
        server.stop()


@contextmanager
def database(settings: Settings) -> Iterator[HomeDatabase]:
    """Reach the home's database beside a running `stoory up`, or start it for a moment."""
    running = None if settings.database_url else running_database(settings.home)
    if running is not None:
        yield running
    else:
        with own_database(settings, lambda _: None) as own:
            yield own


def running_database(home: Path) -> HomeDatabase | None:
    """Return the database that a `stoory up` runs on this home."""
    folder = running_socket(home)
    if folder is None:
        return None
    return _ours(lambda user: socket_dsn(folder, user, "stoory"))


def prepare(database: HomeDatabase, report: Report) -> None:
    """Bring the schema up to date."""
    if applied := migrations.migrate(database.owner):
        report(f"Applied {len(applied)} migrations")


async def furnish(database: HomeDatabase, report: Report) -> list[DemoLogin]:
    """Load the demo world into an empty database, and return who of it can sign in."""
    async with _as_system(database) as connection:
        if not await connection.fetchval("select exists (select from users where role <> 'system')"):
            report("Loading the demo world")
            world = (migrations.database_folder() / "world.sql").read_text()
            await connection.execute(f"begin; {world}; commit")
        rows = await connection.fetch(
            """
            select name, role, phone
              from users
             where phone between '+919800000001' and '+919800000005'
             order by phone
            """
        )
    return [DemoLogin(**dict(row)) for row in rows]


async def seen_by(person: str, database: HomeDatabase) -> str:
    """Return libpq's options for a session behind the walls; NotFound unless exactly one person fits."""
    async with _as_system(database) as connection:
        rows = await connection.fetch(
            """
            select id, role
              from users
             where phone = $1 or lower(name) = lower($1)
            """,
            person,
        )
    if len(rows) != 1:
        raise NotFound(
            f"{len(rows) or 'no'} people are called {person}; name one by phone, like +919800000002"
        )
    return f"-c role=stoory_api -c app.user_id={rows[0]['id']} -c app.role={rows[0]['role']}"


async def create_admin(database: HomeDatabase, *, name: str, phone: str, password: str) -> None:
    """Make an administrator; Invalid or Conflict as at registration."""
    from stoory.accounts import actions, rules  # noqa: PLC0415 - the other commands start without the features
    from stoory.platform.passwords import Passwords  # noqa: PLC0415 - the same

    rules.check_password("password", password, name=name, phone=phone)
    password_hash = await Passwords().hash(password)
    db = Database(database.app, pool_size=1, clock=Clock(), bus=Bus())
    await db.connect()
    try:
        async with db.as_system("stoory admin create") as tx:
            await actions.create_admin(tx, name=name, phone=phone, password_hash=password_hash)
    finally:
        await db.close()


@asynccontextmanager
async def _as_system(database: HomeDatabase) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(database.app)
    try:
        await connection.execute("set role stoory_system")
        yield connection
    finally:
        await connection.close()


def _ours(dsn: Callable[[str], str], server: Server | None = None) -> HomeDatabase:
    return HomeDatabase(
        app=dsn("stoory_app"), owner=dsn("stoory_owner"), operator=dsn("postgres"), server=server
    )


def _existing(url: str, settings: Settings) -> HomeDatabase:
    owner = settings.database_migration_url or url
    return HomeDatabase(app=url, owner=owner, operator=owner)
