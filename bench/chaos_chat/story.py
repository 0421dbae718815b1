"""The story: everybody comes, talks and makes deals while things go wrong, and in the end it is seen what holds."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

import aiohttp
from msgspec import Struct

from bench.chaos_chat.account import Account
from bench.chaos_chat.client import Client
from bench.chaos_chat.deal import Deals
from bench.chaos_chat.ending import claims, differing
from bench.chaos_chat.plot import AWAY, disasters
from bench.chaos_chat.rest import Person, Rest
from bench.chaos_chat.stage import Stage
from bench.chaos_chat.telling import Teller
from bench.chaos_chat.verdict import Claim
from bench.side_by_side.running import Failed

COMES_WITHIN_SECONDS: Final = 15
SETTLES_WITHIN_SECONDS: Final = 20
"""Locks of a server that was killed, and what those who missed a hint look at every five seconds, take their time."""
WRITES_EVERY_SECONDS: Final = (0.2, 0.8)
READS: Final = 0.2
"""So often whoever has written says how far they have read."""
COUNTS_EVERY_SECONDS: Final = 2.0
CALM: Final = 0.1
"""This much of the story goes well at its beginning, and at its end."""
POLL_SECONDS: Final = 0.1


class Cast(Struct, frozen=True):
    """Who takes part."""

    talking: list[Client]
    tablet: Client
    """Of Ravi's; it lies in a bag meanwhile, and resumes all of it in the end"""
    stranger: Client
    account: Account
    deals: Deals
    rest: Rest
    direct_id: str
    """The conversation that Asha and Ravi have anyway"""

    @property
    def everybody(self) -> list[Client]:
        """All clients."""
        return [*self.talking, self.tablet, self.stranger]

    @property
    def theirs(self) -> list[Client]:
        """Those of the two who talk."""
        return [*self.talking, self.tablet]

    def conversation_ids(self) -> list[str]:
        """Return where something can be written: where they talk anyway, and in their newest deal."""
        return [self.direct_id, *self.deals.conversation_ids[-1:]]


async def play(stage: Stage, teller: Teller, seconds: float, seed: int) -> list[Claim]:
    """Play it, and return what is claimed of it; Failed when it could not be played."""
    async with aiohttp.ClientSession() as http:
        cast = await _cast(stage, http, teller)
        try:
            differences = await _perform(cast, stage, http, Directions(teller, seconds, with_luck(seed)))
        finally:
            await asyncio.gather(*(client.leave() for client in cast.everybody))
        teller.account(cast.account.told())
        return await claims(
            cast.theirs, cast.stranger, stage.database, differences, account=cast.account, deals=cast.deals
        )


class Directions(Struct, frozen=True):
    """How it is to be played."""

    teller: Teller
    seconds: float
    luck: random.Random


async def _cast(stage: Stage, http: aiohttp.ClientSession, teller: Teller) -> Cast:
    first, second = stage.nodes
    rest = Rest(http, [first.url, second.url])
    asha, ravi, meera = [await rest.sign_in(name) for name in ("Asha", "Ravi", "Meera")]
    opened = await rest.ask("post", "/api/messages/conversations", asha, {"user_id": ravi.id})
    account = Account(["Asha's phone", "Asha's laptop", "Ravi's phone", "Ravi's laptop"])

    def client(name: str, person: Person, *nodes: int) -> Client:
        return Client(name, person, [stage.nodes[number] for number in nodes], account, say=teller.move)

    return Cast(
        talking=[
            client("Asha's phone", asha, 0, 1),
            client("Asha's laptop", asha, 1, 0),
            client("Ravi's phone", ravi, 0, 1),
            client("Ravi's laptop", ravi, 1, 0),
        ],
        tablet=client("Ravi's tablet", ravi, 0, 1),
        stranger=client("Meera", meera, 0),
        account=account,
        deals=Deals(rest, asha, ravi),
        rest=rest,
        direct_id=opened["conversation"]["id"],
    )


async def _perform(
    cast: Cast, stage: Stage, http: aiohttp.ClientSession, directions: Directions
) -> list[str]:
    """Play until all is told, and return where the clients still differ from what is there."""
    stopped = asyncio.Event()
    luck = directions.luck
    directions.teller.begin()
    async with asyncio.TaskGroup() as group:
        there = {one.name: group.create_task(one.stay_connected(http, cast.rest)) for one in cast.everybody}
        if not await _until(
            lambda: all(one.is_current.is_set() for one in cast.everybody), COMES_WITHIN_SECONDS
        ):
            raise Failed("not everybody could connect")
        there[cast.tablet.name].cancel()
        directions.teller.move("Ravi's tablet goes into a bag")
        working = [
            *(group.create_task(_write(cast, one, stopped, _own(luck))) for one in cast.talking),
            group.create_task(cast.deals.make(stopped, _own(luck))),
        ]
        counting = group.create_task(_count(cast, directions.teller))
        await _plot(cast, stage, directions)
        stopped.set()
        directions.teller.happen("They stop, and wait until everybody has heard everything")
        there[cast.tablet.name] = group.create_task(cast.tablet.stay_connected(http, cast.rest))
        await asyncio.wait(working, timeout=SETTLES_WITHIN_SECONDS)
        await _until(cast.account.is_settled, SETTLES_WITHIN_SECONDS)
        differences = await _settled(cast)
        for task in (*there.values(), *working, counting):
            task.cancel()
    return differences


async def _plot(cast: Cast, stage: Stage, directions: Directions) -> None:
    """Let it go well, then wrong in every way, then well again."""
    teller, seconds, luck = directions.teller, directions.seconds, directions.luck
    some = disasters(luck)
    part = seconds * (1 - 2 * CALM) / len(some)
    cast.account.begin("all is well")
    await asyncio.sleep(seconds * CALM)
    for name, disaster in some:
        ends_at = time.monotonic() + part
        cast.account.begin(name)
        await disaster(stage, part * luck.uniform(*AWAY), teller.happen)
        for client in cast.talking:
            client.go_home()
        await asyncio.sleep(max(1.0, ends_at - time.monotonic()))
    cast.account.begin("all is well again")
    await asyncio.sleep(seconds * CALM)


async def _write(cast: Cast, client: Client, stopped: asyncio.Event, luck: random.Random) -> None:
    """Write until told to stop, and wait for what is not acknowledged yet."""
    async with asyncio.TaskGroup() as group:
        while not stopped.is_set():
            letter = client.write(luck.choice(cast.conversation_ids()), luck)
            group.create_task(client.send(letter))
            if luck.random() < READS:
                group.create_task(client.read(letter.conversation_id))
            await asyncio.sleep(luck.uniform(*WRITES_EVERY_SECONDS))


async def _count(cast: Cast, teller: Teller) -> None:
    while True:
        await asyncio.sleep(COUNTS_EVERY_SECONDS)
        teller.count(cast.account.count())


async def _settled(cast: Cast) -> list[str]:
    """Return where clients differ from REST, once they do not or it was waited for long enough."""
    give_up_at = time.monotonic() + SETTLES_WITHIN_SECONDS
    while differences := await differing(cast.theirs, cast.rest):
        if time.monotonic() > give_up_at:
            break
        await asyncio.sleep(POLL_SECONDS)
    return differences


async def _until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so that nobody tells of; tell whether it is."""
    give_up_at = time.monotonic() + seconds
    while not is_so() and time.monotonic() < give_up_at:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(POLL_SECONDS)
    return is_so()


def _own(luck: random.Random) -> random.Random:
    """Return luck of somebody's own, so that it does not depend on who is faster."""
    return with_luck(luck.getrandbits(32))


def with_luck(seed: int) -> random.Random:
    """Return luck that is the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - it is no secret
