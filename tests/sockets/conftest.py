"""The application behind a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.sockets.listening import served
from tests.world import World


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    """Return where the application listens."""
    async with served(world.app) as address:
        yield address
