"""The application behind a real port."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stoory.platform.sockets import transport
from tests.sockets import programs
from tests.sockets.listening import served
from tests.world import World


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server look more often, and wait less long for who somebody is."""
    monkeypatch.setattr(transport, "LOOK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(transport, "ADMITTED_WITHIN_SECONDS", 1)


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Return where the application listens. Who polled is still awaited afterwards: no other test should find them."""
    async with served(world.app) as address:
        yield address
    for left in list(world.app.live.sockets.engine.sockets.values()):
        await left.cut()


@pytest.fixture(scope="session")
def node_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with clients for Node and what they need, made once for all test processes."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return programs.installed(shared / "node-clients")
