"""Who is connected: counted in one process, and known to all that share a Redis."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from stoory.platform.presence import Presence
from stoory.platform.shared_presence import MOST_AT_ONCE, NODES
from tests.platform.nodes import ASHA, BEAT_SECONDS, RAVI, Node
from tests.redis import RedisServer


@pytest.fixture
async def one(redis_server: RedisServer) -> AsyncIterator[Node]:
    async with Node(redis_server.url, "one").running() as node:
        yield node


@pytest.fixture
async def other(redis_server: RedisServer) -> AsyncIterator[Node]:
    async with Node(redis_server.url, "other").running() as node:
        yield node


async def test_in_one_process_the_first_socket_is_an_arrival_and_the_last_a_departure() -> None:
    presence = Presence()

    assert [await presence.arrived(ASHA) for _ in range(3)] == [True, False, False]
    assert await presence.online([ASHA, RAVI]) == {ASHA}
    assert [await presence.left(ASHA) for _ in range(3)] == [False, False, True]
    assert await presence.online([ASHA, RAVI]) == set()


async def test_somebody_arrives_once_and_leaves_once_wherever_their_sockets_are(
    one: Node, other: Node
) -> None:
    assert await one.presence.arrived(ASHA)
    assert not await one.presence.arrived(ASHA)
    assert not await other.presence.arrived(ASHA)
    assert await other.presence.arrived(RAVI)
    assert await one.sees(ASHA, RAVI)
    assert await other.sees(ASHA, RAVI)

    assert not await one.presence.left(ASHA)
    assert not await one.presence.left(ASHA)
    assert await one.sees(ASHA, RAVI)
    assert await other.presence.left(ASHA)
    assert await one.sees(RAVI)
    assert (one.gone, other.gone) == ([], [])


async def test_of_many_arrivals_and_departures_at_once_one_is_first_and_one_last(
    one: Node, other: Node
) -> None:
    nodes = [one, other] * 50
    for _ in range(5):
        arrivals = await asyncio.gather(*(node.presence.arrived(ASHA) for node in nodes))
        departures = await asyncio.gather(*(node.presence.left(ASHA) for node in nodes))
        assert (arrivals.count(True), departures.count(True)) == (1, 1)


async def test_whoever_comes_and_goes_at_random_is_in_the_end_where_they_are(one: Node, other: Node) -> None:
    people = [UUID(int=i) for i in range(30)]
    there: set[UUID] = set()
    for seed, node in enumerate((one, other)):
        chance = random.Random(seed)
        comings = [asyncio.create_task(come_and_go(node, person, chance)) for person in people]
        there |= {person for person in people if await comings[person.int]}

    assert await one.presence.online(people) == await other.presence.online(people) == there
    assert 0 < len(there) < len(people)


async def come_and_go(node: Node, person: UUID, chance: random.Random) -> bool:
    """Come and go without waiting for an answer; return whether they stay."""
    moves = [move for _ in range(5) for move in (node.presence.arrived, node.presence.left)]
    stays = chance.random() < 0.4
    asking = [asyncio.create_task(move(person)) for move in moves[: 9 if stays else 10]]
    await asyncio.sleep(0)
    for one in chance.sample(asking, 2):
        one.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await asyncio.sleep(3 * BEAT_SECONDS)
    return stays


async def test_who_goes_while_redis_is_still_told_that_they_came_is_gone(redis_server: RedisServer) -> None:
    node = Node(redis_server.url, "without a beat, which would mend it")
    await node.redis.ask("PING")
    another = asyncio.create_task(node.redis.ask("PING"))
    coming = asyncio.create_task(node.presence.arrived(ASHA))  # over a connection that must be made first
    await another
    going = asyncio.create_task(node.presence.left(ASHA))  # while one is free
    await asyncio.gather(coming, going)
    await node.redis.close()

    assert redis_server.say("KEYS", f"{NODES}:*") == []


async def test_nobody_asks_redis_about_who_is_connected_here(one: Node, redis_server: RedisServer) -> None:
    await one.presence.arrived(ASHA)
    redis_server.kill()

    assert await one.presence.online([ASHA]) == {ASHA}
    assert not one.redis.is_away


async def test_about_many_is_asked_in_pieces(one: Node, other: Node) -> None:
    people = [UUID(int=i) for i in range(3 * MOST_AT_ONCE)]
    for person in people[::500]:
        await other.presence.arrived(person)

    assert await one.presence.online(people) == set(people[::500])


async def test_a_beat_is_one_command_however_many_are_there(one: Node, redis_server: RedisServer) -> None:
    for i in range(200):
        await one.presence.arrived(UUID(int=i))
    await asyncio.sleep(3 * BEAT_SECONDS)
    redis_server.say("CONFIG", "RESETSTAT")
    await asyncio.sleep(10 * BEAT_SECONDS)

    assert 7 <= redis_server.say("INFO", "commandstats")["cmdstat_evalsha"]["calls"] <= 12
