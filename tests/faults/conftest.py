"""What tests that hurt something share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from stoory.app import Application
from stoory.platform import migrations
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.faults.hurt import POOL, Own
from tests.world import ASHA, lay


@pytest.fixture(scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    home = tmp_path_factory.mktemp("own")
    server = Server.start(home, settings={"fsync": "off"})
    migrations.migrate(server.dsn("stoory_owner"))
    yield server, home
    server.revive()
    server.discard()


@pytest.fixture
async def own(_home: tuple[Server, Path], settings: Settings) -> AsyncIterator[Own]:
    """Return a world whose application, worker included, has a pool of four connections."""
    server, home = _home
    application = Application(replace(settings, db_pool=POOL), database_dsn=server.dsn("stoory_app"))
    world = Own(application, server, home)
    async with world.look() as connection:
        await lay(connection)
    async with application.running():
        await world.agree(ASHA, max_open_postings=None)
        yield world
