"""Processes that count together."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from stoory.platform.redis import Redis
from stoory.platform.shared_limits import SharedLimits
from tests.platform.counting import RATES
from tests.redis import RedisServer


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    redis = Redis(redis_server.url)
    yield redis
    await redis.close()


@pytest.fixture
async def three(redis_server: RedisServer) -> AsyncIterator[list[SharedLimits]]:
    """Three processes, each with connections of its own and a clock that has nothing to do with the others'."""
    pools = [Redis(redis_server.url) for _ in range(3)]
    yield [SharedLimits(RATES, pool) for pool in pools]
    for pool in pools:
        await pool.close()
