"""Whatever happens to connections, servers, database and hints: what is told is what is there, once and in order.

`SEED=7` plays the schedule of that seed again, `SOAK=1` many and longer ones.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import httpx
import pytest
from msgspec import structs

from stoory.actor import Role
from stoory.chat.sockets import room
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.chats import apply, open_with
from tests.faults.hurt import SEED
from tests.sockets.devices import Device, gathered
from tests.sockets.history import Superuser, check_copies, check_sent, check_told, listed, truth
from tests.sockets.nodes import CUT, Node
from tests.sockets.talking import Talker
from tests.world import ASHA, KABIR, MEERA, OM, RAVI, Person, World

IS_LONG = bool(os.environ.get("SOAK"))
SEEDS = range(SEED, SEED + (50 if IS_LONG and "SEED" not in os.environ else 2))
STEPS = 400 if IS_LONG else 40
DEVICES = {ASHA: 3, RAVI: 3, MEERA: 2, KABIR: 1, OM: 1}
FAULT_EVERY_SECONDS = 0.08


class Storm:
    """What happens to those who talk."""

    def __init__(self, node: Node, talkers: list[Talker], superuser: Superuser, luck: random.Random) -> None:
        """Take what may be hurt."""
        self.node = node
        self.devices = [device for talker in talkers for device in talker.devices]
        self.is_over = False
        self._superuser = superuser
        self._luck = luck

    async def rage(self) -> None:
        """Hurt one thing after the other until it is over; whoever does not read, reads again soon."""
        faults: dict[Callable[[], Awaitable[None]], int] = {
            self._cut_here: 6, self._cut_there: 6, self._deafen: 5, self._cut_database: 2, self._restart: 1,
        }  # fmt: skip
        while not self.is_over:
            await asyncio.sleep(self._luck.random() * FAULT_EVERY_SECONDS)
            [fault] = self._luck.choices(list(faults), list(faults.values()))
            await fault()

    async def _cut_here(self) -> None:
        self._luck.choice(self.devices).cut()

    async def _cut_there(self) -> None:
        await self.node.cut_somebody(self._luck)

    async def _deafen(self) -> None:
        device = self._luck.choice(self.devices)
        device.may_read.clear()
        asyncio.get_running_loop().call_later(self._luck.random() * 0.4, device.may_read.set)

    async def _cut_database(self) -> None:
        await self._superuser.execute(CUT + f" and random() < {self._luck.choice([0.2, 1])}")

    async def _restart(self) -> None:
        await self.node.stop()
        await self.node.start()


@pytest.fixture
def ours(settings: Settings) -> Settings:
    """Return settings without any limits."""
    return structs.replace(settings, limit_socket="unlimited")


async def talker(stack: AsyncExitStack, node: Node, person: Person, luck: random.Random) -> Talker:
    """Sign somebody in, with all their devices."""
    world = node.world
    token = world.app.tokens.issue(await world.sign_in(person), person.phone)
    headers = {"Authorization": f"Bearer {token}"}
    client = await stack.enter_async_context(
        httpx.AsyncClient(base_url=node.address, headers=headers, timeout=20)
    )
    lists = partial(listed, client, is_operator=person.role is Role.ADMIN)
    devices = [
        Device(str(person.id), token, lambda: node.address, lists, reads_little=number > 0)
        for number in range(DEVICES[person])
    ]
    await stack.enter_async_context(gathered(*devices))
    return Talker(person, devices, client, luck)


async def begin(world: World) -> None:
    """Let everybody have somebody to talk to; Meera and Kabir have nothing to do with Asha and Ravi."""
    async with world.client(ASHA) as asha, world.client(RAVI) as ravi, world.client(KABIR) as kabir:
        await open_with(asha, RAVI)
        await apply(ravi)
        await open_with(kabir, MEERA)
        await open_with(ravi, OM)


async def settle(talkers: list[Talker], superuser: Superuser) -> None:
    """Come back with every device, and wait until each knows what there is to know."""
    for each in talkers:
        await each.last_read()
    there = await truth(superuser)
    for each in talkers:
        for device in each.devices:
            last = there.last_numbers.get(device.user_id, 0)
            await device.until(lambda device, last=last: device.number >= last)
    for each in talkers:
        for device in each.devices:
            check_told(device, there)
        await check_copies(each.devices, each.client, there)
    check_sent([letter for each in talkers for letter in each.letters], there)
    buried = {message["id"] for some in there.messages.values() for message in some if message["deleted"]}
    assert {message_id for each in talkers for message_id in each.deleted} <= buried


@pytest.fixture
async def node(
    world: World, server: Server, ours: Settings, monkeypatch: pytest.MonkeyPatch, seed: int
) -> AsyncIterator[Node]:
    """Return a server that is careless with hints, but looks everywhere more often."""
    monkeypatch.setattr(room, "LOOK_AT_ALL_EVERY_SECONDS", 0.5)
    await begin(world)
    node = Node(server, ours, random.Random(f"{seed} hints"))
    await node.start()
    yield node
    await node.stop()


@pytest.mark.parametrize("seed", SEEDS)
async def test_through_every_fault_each_is_told_what_is_there_once_and_in_order(
    node: Node, superuser: Superuser, seed: int
) -> None:
    async with AsyncExitStack() as stack:
        talkers = [
            await talker(stack, node, person, random.Random(f"{seed} {person.name}")) for person in DEVICES
        ]
        storm = Storm(node, talkers, superuser, random.Random(seed))
        async with asyncio.TaskGroup() as group:
            raging = group.create_task(storm.rage())
            keeping = [group.create_task(each.stay(device)) for each in talkers for device in each.devices]
            talking = [group.create_task(each.talk(STEPS, [*DEVICES])) for each in talkers]
            await asyncio.wait(talking)
            storm.is_over = True
            await raging
            for each in talkers:
                each.is_over = True
            await asyncio.wait(keeping)
        await settle(talkers, superuser)
