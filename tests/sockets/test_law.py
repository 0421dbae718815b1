"""Whatever happens to connections, servers, database and hints: what is told is what is there, once and in order.

`SEED=7` plays the schedule of that seed again, `SOAK=1` many and longer ones.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest
from msgspec import structs

from stoory.chat.sockets import room
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.faults.hurt import SEED
from tests.sockets.crowd import DEVICES, Crowd, gathering
from tests.sockets.history import Superuser
from tests.sockets.nodes import CUT, Node
from tests.world import World

IS_LONG = bool(os.environ.get("SOAK"))
SEEDS = range(SEED, SEED + (50 if IS_LONG and "SEED" not in os.environ else 2))
FAULTS = 600 if IS_LONG else 50
FAULT_EVERY_SECONDS = 0.08


class Storm:
    """What happens to those who talk."""

    def __init__(self, node: Node, superuser: Superuser, luck: random.Random) -> None:
        """Take what may be hurt."""
        self.node = node
        self._superuser = superuser
        self._luck = luck

    async def rage(self, crowd: Crowd) -> None:
        """Hurt one thing after the other."""
        faults: dict[Callable[[], Awaitable[None]], int] = {
            partial(self._cut_here, crowd): 6, self._cut_there: 6, partial(self._deafen, crowd): 5,
            self._cut_database: 2, self._restart: 1,
        }  # fmt: skip
        for _ in range(FAULTS):
            await asyncio.sleep(self._luck.random() * FAULT_EVERY_SECONDS)
            [fault] = self._luck.choices(list(faults), list(faults.values()))
            await fault()

    async def _cut_here(self, crowd: Crowd) -> None:
        crowd.cut_somebody(self._luck)

    async def _cut_there(self) -> None:
        await self.node.cut_somebody(self._luck)

    async def _deafen(self, crowd: Crowd) -> None:
        crowd.deafen_somebody(self._luck)

    async def _cut_database(self) -> None:
        await self._superuser.execute(CUT + f" and random() < {self._luck.choice([0.2, 1])}")

    async def _restart(self) -> None:
        await self.node.stop()
        await self.node.start()


@pytest.fixture
async def node(
    world: World, server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, seed: int
) -> AsyncIterator[Node]:
    """Return a server without limits that is careless with hints, but looks everywhere more often."""
    del world
    monkeypatch.setattr(room, "LOOK_AT_ALL_EVERY_SECONDS", 0.5)
    unlimited = structs.replace(settings, limit_socket="unlimited")
    node = Node(server, unlimited, random.Random(f"{seed} hints"))
    await node.start()
    yield node
    await node.stop()


@pytest.mark.parametrize("seed", SEEDS)
async def test_through_every_fault_each_is_told_what_is_there_once_and_in_order(
    node: Node, superuser: Superuser, seed: int
) -> None:
    world = node.world
    tokens = {person: world.app.tokens.issue(await world.sign_in(person), person.phone) for person in DEVICES}
    async with gathering(tokens, lambda: node.address, seed) as crowd:
        await crowd.begin()
        await crowd.talk(Storm(node, superuser, random.Random(seed)))
        await crowd.check(superuser)
