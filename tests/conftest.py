"""One throw-away PostgreSQL a test process, one world a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from stoory.app import Application
from stoory.platform import migrations
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import ASHA, KABIR, MEERA, OM, RAVI, World

WORLD_SQL = Path(__file__).parents[1] / "db" / "world.sql"

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nothing here must survive a crash."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running PostgreSQL with the migrated schema."""
    server = Server.start(tmp_path_factory.mktemp("home"), settings=FAST, report=lambda _: None)
    try:
        migrations.migrate(server.dsn("stoory_owner"))
        yield server
    finally:
        server.discard()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return a development home's settings, without limits: those have tests of their own."""
    return Settings(
        home=tmp_path_factory.mktemp("stoory"), secret="s" * 40, limit_auth="unlimited", limit_api="unlimited"
    )


@pytest.fixture(scope="session")
async def application(server: Server, settings: Settings) -> AsyncIterator[Application]:
    """Return the application, its pool open."""
    application = Application(settings, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield application


@pytest.fixture(scope="session")
async def superuser(server: Server) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Return a connection that no wall stops, for laying the world and looking behind it."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    yield connection
    await connection.close()


@pytest.fixture
async def world(
    application: Application, superuser: asyncpg.Connection[asyncpg.Record]
) -> World:
    """Return the world as db/world.sql lays it, whatever the test before did."""
    await superuser.execute(await _clearing(superuser) + WORLD_SQL.read_text())
    application.db.clock.ahead = timedelta()
    return World(application)


async def _clearing(superuser: asyncpg.Connection[asyncpg.Record]) -> str:
    """Return the statements that empty every table but the plans, the system user and what tools keep."""
    tables = await superuser.fetch(
        """
        select format('%I.%I', schemaname, tablename) as name
          from pg_tables
         where schemaname in ('public', 'queue')
           and tablename not in ('schema_migrations', 'plans', 'users')
        """
    )
    deletes = "".join(f"delete from {table['name']};" for table in tables)
    return (
        f"set session_replication_role = replica; {deletes} delete from users where role <> 'system';"
        "set session_replication_role = default;"
    )


@pytest.fixture
async def nobody(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that is not signed in."""
    async with world.client() as client:
        yield client


@pytest.fixture
async def asha(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the brand owner's client."""
    async with world.client(ASHA) as client:
        yield client


@pytest.fixture
async def ravi(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the influencer's client."""
    async with world.client(RAVI) as client:
        yield client


@pytest.fixture
async def meera(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the rival influencer's client."""
    async with world.client(MEERA) as client:
        yield client


@pytest.fixture
async def kabir(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the rival brand's client."""
    async with world.client(KABIR) as client:
        yield client


@pytest.fixture
async def om(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the operator's client."""
    async with world.client(OM) as client:
        yield client
