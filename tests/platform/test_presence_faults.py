"""Who is connected, when nodes die or stand still, and when Redis is away or forgets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import pytest

from stoory.platform.redis import Redis
from stoory.platform.shared_presence import BEAT_SECONDS as REAL_BEAT_SECONDS
from stoory.platform.shared_presence import BEATS_TO_LIVE, MOST_AT_ONCE, NODES, SharedPresence
from tests.platform.nodes import ASHA, BEAT_SECONDS, MEERA, RAVI, Node, cut_off, until_seen
from tests.redis import RedisServer, until


@pytest.fixture
async def one(redis_server: RedisServer) -> AsyncIterator[Node]:
    async with Node(redis_server.url, "one").running() as node:
        yield node


@pytest.fixture
async def other(redis_server: RedisServer) -> AsyncIterator[Node]:
    async with Node(redis_server.url, "other").running() as node:
        yield node


VICTIM = """
import asyncio, sys
from uuid import UUID
from stoory.platform.redis import Redis
from stoory.platform.shared_presence import SharedPresence

async def live(url, beat, *people):
    presence = SharedPresence(Redis(url), "victim", on_gone=lambda _: None, beat_seconds=float(beat))
    for person in people:
        await presence.arrived(UUID(person))
    print("there", flush=True)
    await presence.run()

asyncio.run(live(*sys.argv[1:]))
"""


def victim(url: str, *people: UUID) -> subprocess.Popen[bytes]:
    """Start a process to which these people are connected."""
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, url, str(BEAT_SECONDS), *map(str, people)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == b"there\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_when_a_node_dies_exactly_one_other_tells_of_exactly_those_who_are_nowhere_else(
    one: Node, other: Node, redis_server: RedisServer, number: signal.Signals
) -> None:
    await one.presence.arrived(ASHA)
    await asyncio.sleep((BEATS_TO_LIVE + 1) * BEAT_SECONDS)
    with victim(redis_server.url, ASHA, RAVI, MEERA) as process:
        try:
            assert await one.sees(ASHA, RAVI, MEERA)
            process.send_signal(number)
            died_at = time.monotonic()
            await until_seen(one, ASHA)
            assert time.monotonic() - died_at < 10 * BEAT_SECONDS / REAL_BEAT_SECONDS + 0.5
            await until(lambda: len(one.gone) + len(other.gone) == 2)
        finally:
            process.kill()
    await asyncio.sleep(3 * BEAT_SECONDS)

    assert sorted(one.gone + other.gone) == [RAVI, MEERA]
    assert redis_server.say("KEYS", f"{NODES}:victim") == []


async def test_a_crowd_of_a_dead_node_is_told_of_whole_and_each_once(
    one: Node, redis_server: RedisServer
) -> None:
    crowd = [UUID(int=i) for i in range(2 * MOST_AT_ONCE + 500)]
    redis_server.say("ZADD", NODES, 1, "dead")
    redis_server.say("SADD", f"{NODES}:dead", "nobody", *map(str, crowd))

    await until(lambda: len(one.gone) >= len(crowd))
    assert sorted(one.gone) == crowd
    assert redis_server.say("ZRANGE", NODES, 0, -1) == [b"one"]


async def test_who_has_come_back_elsewhere_before_a_death_was_noticed_is_not_gone(
    one: Node, redis_server: RedisServer
) -> None:
    redis_server.say("ZADD", NODES, 1, "dead")
    redis_server.say("SADD", f"{NODES}:dead", str(ASHA), str(RAVI))
    assert not await one.presence.arrived(ASHA)

    await until(lambda: one.gone)
    assert one.gone == [RAVI]
    assert await one.sees(ASHA)


async def test_a_node_that_stood_still_brings_its_people_back(one: Node, redis_server: RedisServer) -> None:
    node = Node(redis_server.url, "slow")
    await node.presence.arrived(ASHA)
    await until(lambda: one.gone == [ASHA])
    assert await one.sees()

    async with node.running():
        await until_seen(one, ASHA)
        await until(lambda: node.back == [ASHA])


async def test_who_is_paused_with_redis_is_not_held_for_dead(
    one: Node, other: Node, redis_server: RedisServer
) -> None:
    await one.presence.arrived(ASHA)
    await other.presence.arrived(RAVI)
    await asyncio.sleep((BEATS_TO_LIVE + 1) * BEAT_SECONDS)
    for hurt, heal in ((redis_server.pause, redis_server.resume), (redis_server.pause, redis_server.resume)):
        hurt()
        await asyncio.sleep(6 * BEATS_TO_LIVE * BEAT_SECONDS)
        heal()
        await until(lambda: not (one.redis.is_away or other.redis.is_away))
        await asyncio.sleep(2 * BEATS_TO_LIVE * BEAT_SECONDS)

    assert (one.gone, other.gone) == ([], [])
    assert await one.sees(ASHA, RAVI)


async def test_when_nobody_could_say_that_they_live_nobody_is_held_for_dead(one: Node, other: Node) -> None:
    await one.presence.arrived(ASHA)
    await other.presence.arrived(RAVI)
    await asyncio.sleep((BEATS_TO_LIVE + 2) * BEAT_SECONDS)
    with cut_off(one.redis), cut_off(other.redis):
        await asyncio.sleep(3 * BEATS_TO_LIVE * BEAT_SECONDS)
    await asyncio.sleep(2 * BEATS_TO_LIVE * BEAT_SECONDS)

    assert (one.gone, other.gone) == ([], [])
    assert await one.sees(ASHA, RAVI)


async def test_a_beat_that_failed_is_made_up_for_soon(redis_server: RedisServer) -> None:
    redis = Redis(redis_server.url)
    presence = SharedPresence(redis, "one", on_gone=lambda _: None, beat_seconds=REAL_BEAT_SECONDS)
    with cut_off(redis):
        work = asyncio.create_task(presence.run())
        await asyncio.sleep(0.05)
    async with asyncio.timeout(REAL_BEAT_SECONDS / 2):
        await until(lambda: redis_server.say("ZCARD", NODES) == 1)
    work.cancel()
    await asyncio.wait([work])
    await redis.close()


async def test_who_came_while_another_went_and_nobody_could_be_told_is_known_later(
    one: Node, other: Node, redis_server: RedisServer
) -> None:
    await one.presence.arrived(ASHA)
    await until(lambda: redis_server.say("ZCARD", NODES) == 2)
    with cut_off(one.redis):
        assert await one.presence.left(ASHA)
        assert await one.presence.arrived(RAVI)
        assert await other.sees(ASHA)

    await until_seen(other, RAVI)
    assert one.back == [RAVI]


@pytest.mark.parametrize("hurt", ["flush", "kill"])
async def test_what_redis_has_forgotten_is_brought_back_within_a_beat(
    one: Node, other: Node, redis_server: RedisServer, hurt: str
) -> None:
    await one.presence.arrived(ASHA)
    await other.presence.arrived(ASHA)
    await other.presence.arrived(RAVI)
    getattr(redis_server, hurt)()
    if hurt == "kill":
        redis_server.start()
    await until_seen(one, ASHA, RAVI)
    await until_seen(other, ASHA, RAVI)

    await until(lambda: sorted({*one.back, *other.back}) == [ASHA, RAVI])
    assert (one.gone, other.gone) == ([], [])
    assert not await one.presence.left(ASHA)
    assert await other.presence.left(ASHA)


@pytest.mark.parametrize("hurt", ["kill", "pause"])
async def test_without_redis_each_node_knows_its_own_and_what_happened_is_told_later(
    one: Node, other: Node, redis_server: RedisServer, hurt: str
) -> None:
    await one.presence.arrived(ASHA)
    await other.presence.arrived(RAVI)
    getattr(redis_server, hurt)()
    async with asyncio.timeout(2):
        assert await one.presence.left(ASHA)
        assert await one.presence.arrived(MEERA)
        assert not await one.presence.arrived(MEERA)
        assert await one.sees(MEERA)
        assert await other.sees(RAVI)
        assert await other.presence.arrived(MEERA)
    getattr(redis_server, "start" if hurt == "kill" else "resume")()

    await until(lambda: redis_server.say("SMEMBERS", f"{NODES}:one") == {str(MEERA).encode()})
    await until_seen(one, MEERA, RAVI)
    assert not await other.presence.left(MEERA)


async def test_who_stops_empty_leaves_no_trace_and_who_stops_with_people_is_buried(
    one: Node, redis_server: RedisServer
) -> None:
    async with Node(redis_server.url, "empty").running() as empty:
        await empty.presence.arrived(ASHA)
        await empty.presence.left(ASHA)
        await asyncio.sleep(2 * BEAT_SECONDS)
    assert b"empty" not in redis_server.say("ZRANGE", NODES, 0, -1)

    async with Node(redis_server.url, "full").running() as full:
        await full.presence.arrived(RAVI)
    await until(lambda: one.gone == [RAVI])


async def test_a_listener_that_fails_does_not_stop_the_beat(redis_server: RedisServer) -> None:
    def fail(_: set[UUID]) -> None:
        raise LookupError

    redis = Redis(redis_server.url)
    presence = SharedPresence(redis, "one", on_gone=fail, beat_seconds=BEAT_SECONDS)
    redis_server.say("ZADD", NODES, 1, "dead")
    redis_server.say("SADD", f"{NODES}:dead", str(ASHA))
    work = asyncio.create_task(presence.run())
    await until(lambda: redis_server.say("EXISTS", f"{NODES}:dead") == 0)
    redis_server.flush()
    await until(lambda: redis_server.say("EXISTS", NODES) == 1)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    await redis.close()
