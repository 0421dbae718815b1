"""Ravi's two devices, and what the tests of sessions look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from stoory.platform.bus import Hint
from tests.logins import Later, Login, sign_in
from tests.world import World


@pytest.fixture
async def phone(world: World) -> AsyncIterator[Login]:
    """Return Ravi's phone."""
    async with world.client() as client:
        yield await sign_in(client)


@pytest.fixture
async def laptop(world: World) -> AsyncIterator[Login]:
    """Return Ravi's laptop."""
    async with world.client() as client:
        yield await sign_in(client)


@pytest.fixture
def later(world: World) -> Iterator[Later]:
    """Return how to let time pass; afterwards it is now again."""
    yield world.db.clock.advance
    world.db.clock.ahead = timedelta()


@pytest.fixture
def told(world: World) -> list[Hint]:
    """Return the hints published from now on."""
    hints: list[Hint] = []
    world.db.bus.listen(hints.append)
    return hints
