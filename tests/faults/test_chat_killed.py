"""Servers are killed and held still under people who talk, and Redis with them: nothing is lost, double or much late.

The same schedule for one server, for two and for three; `SEED=7` plays that of another seed, `SOAK=1` longer ones.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stoory.platform.postgres import Server
from tests.faults.fleet import Fleet, Node, sailing
from tests.faults.hurt import SEED
from tests.redis import RedisServer
from tests.sockets.crowd import DEVICES, Crowd, gathering
from tests.sockets.history import Superuser
from tests.world import World

IS_LONG = bool(os.environ.get("SOAK"))
FAULTS = 60 if IS_LONG else 5
SECONDS_BETWEEN_FAULTS = (0.1, 0.6)
STILL_SECONDS = (0.2, 1.0)


class Storm:
    """What happens to servers and to Redis; whoever was killed is started again while the rest goes on."""

    def __init__(self, fleet: Fleet, redis: RedisServer | None, luck: random.Random) -> None:
        """Take what may be hurt."""
        self._nodes = fleet.nodes
        self._redis = redis
        self._luck = luck

    async def rage(self, crowd: Crowd) -> None:
        """Hurt one thing after the other; in the end let all servers run, and no Redis."""
        for number in range(FAULTS):
            await asyncio.sleep(self._luck.uniform(*SECONDS_BETWEEN_FAULTS))
            crowd.cut_somebody(self._luck)
            crowd.deafen_somebody(self._luck)
            fault = self._kill if number % 3 == 0 else self._luck.choice(self._faults())
            await fault(self._luck.choice(self._nodes))
        if self._redis is not None:
            await asyncio.to_thread(self._redis.kill)

    def _faults(self) -> list[Callable[[Node], Awaitable[None]]]:
        of_redis = [self._kill_redis, self._hold_redis_still, self._empty_redis]
        return [self._hold_still, *(of_redis if self._redis is not None else [])]

    async def _kill(self, node: Node) -> None:
        await asyncio.to_thread(node.kill)
        await node.start()

    async def _hold_still(self, node: Node) -> None:
        node.hold_still()
        await asyncio.sleep(self._luck.uniform(*STILL_SECONDS))
        node.go_on()

    async def _kill_redis(self, _: Node) -> None:
        assert self._redis is not None
        await asyncio.to_thread(self._redis.kill)
        await asyncio.sleep(self._luck.uniform(*STILL_SECONDS))
        await asyncio.to_thread(self._redis.start)

    async def _hold_redis_still(self, _: Node) -> None:
        assert self._redis is not None
        self._redis.pause()
        await asyncio.sleep(self._luck.uniform(*STILL_SECONDS))
        self._redis.resume()

    async def _empty_redis(self, _: Node) -> None:
        assert self._redis is not None
        await asyncio.to_thread(self._redis.flush)


@pytest.fixture
def redis(tmp_path: Path, nodes: int) -> RedisServer | None:
    """Return a Redis that is not started yet; one server needs none."""
    return None if nodes == 1 else RedisServer(tmp_path)


@pytest.mark.parametrize("nodes", [1, 2, 3])
async def test_whichever_server_dies_each_is_told_what_is_there_once_and_in_order(
    world: World, server: Server, superuser: Superuser, redis: RedisServer | None, nodes: int
) -> None:
    tokens = {person: world.app.tokens.issue(await world.sign_in(person), person.phone) for person in DEVICES}
    settings = {
        "STOORY_DATABASE_URL": server.dsn("stoory_app"),
        "STOORY_DATABASE_MIGRATION_URL": server.dsn("stoory_owner"),
        "STOORY_SECRET": world.app.settings.signing_secret(),
        "STOORY_SANDBOX_PORT": str(world.app.settings.sandbox_port),
    }
    if redis is not None:
        redis.start()
        settings["STOORY_REDIS_URL"] = redis.url
    luck = random.Random(f"{SEED} {nodes}")
    try:
        async with sailing(nodes, settings, luck) as fleet, gathering(tokens, fleet.address, SEED) as crowd:
            await crowd.begin()
            await crowd.talk(Storm(fleet, redis, luck))
            await crowd.check(superuser)
    finally:
        if redis is not None:
            redis.kill()
