"""The scene of the policies' tests, once behind both walls and once behind the rules alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from msgspec import structs

from stoory.app import Application
from stoory.platform import migrations
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.policies.scene import Scene, Superuser, laid
from tests.till import held


@pytest.fixture(scope="session")
def _settings(settings: Settings) -> Iterator[Settings]:
    """Give the scene a Razorpay of its own: other tests let theirs forget everything."""
    with held() as address:
        yield structs.replace(settings, sandbox_port=int(address.rpartition(":")[2]))


@pytest.fixture(scope="session")
async def _scene(server: Server, _settings: Settings, superuser: Superuser) -> AsyncIterator[Scene]:
    application = Application(_settings, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running(), laid(application, superuser) as scene:
        yield scene


@pytest.fixture
async def scene(_scene: Scene) -> Scene:
    """Return the scene as it was laid, whatever the test before did."""
    await _scene.restore()
    return _scene


@pytest.fixture(scope="session")
async def _unwalled_scene(server: Server, _settings: Settings, superuser: Superuser) -> AsyncIterator[Scene]:
    await superuser.execute("create database unwalled owner stoory_owner")
    migrations.migrate(server.dsn("stoory_owner", "unwalled"))
    connection = await asyncpg.connect(server.dsn("postgres", "unwalled"))
    await connection.execute(
        """
        do $$
        declare
            wall record;
        begin
            for wall in select tablename from pg_tables where schemaname = 'public' loop
                execute format('alter table %I disable row level security', wall.tablename);
            end loop;
        end
        $$
        """
    )
    application = Application(_settings, database_dsn=server.dsn("stoory_app", "unwalled"), with_worker=False)
    async with application.running(), laid(application, connection) as scene:
        yield scene
    await connection.close()


@pytest.fixture
async def unwalled_scene(_unwalled_scene: Scene) -> Scene:
    """Return the same scene in a database without row-level security: only the rules are left."""
    await _unwalled_scene.restore()
    return _unwalled_scene
