"""Hints between processes: heard by all, and where some may have been missed, everybody is told to look again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from structlog.testing import capture_logs

from stoory.platform import shared_bus
from stoory.platform.bus import Hint
from stoory.platform.redis import Redis
from stoory.platform.shared_bus import LARGEST_BYTES, MOST_WAITING, SharedBus
from tests.platform.nodes import cut_off
from tests.redis import RedisServer, until

CHANNEL = "stoory:0:hints"
SOMEBODY = UUID(int=1)


class Moved(Hint, frozen=True):
    """Something has moved."""

    number: int


class Ended(Hint, frozen=True):
    """Something has ended."""


class Node:
    """A process as the others see it: its bus, and what has been heard there."""

    def __init__(self, url: str) -> None:
        self.redis = Redis(url)
        self.bus = SharedBus(self.redis, hints=Moved | Ended)
        self.heard: list[Any] = []
        self.gaps = 0
        self.bus.listen(self.heard.append)
        self.bus.on_gap(self._count_gap)

    @property
    def numbers(self) -> list[int]:
        return [hint.number for hint in self.heard]

    def tell(self, *numbers: int) -> None:
        self.bus.publish([Moved((SOMEBODY,), number) for number in numbers])

    def _count_gap(self) -> None:
        self.gaps += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Node]:
        work = asyncio.create_task(self.bus.run())
        try:
            await until(lambda: self.bus.is_connected)
            yield self
        finally:
            work.cancel()
            await asyncio.wait([work])
            await self.redis.close()


@pytest.fixture
async def one(redis_server: RedisServer) -> AsyncIterator[Node]:
    async with Node(redis_server.url).running() as node:
        yield node


@pytest.fixture
async def other(redis_server: RedisServer) -> AsyncIterator[Node]:
    async with Node(redis_server.url).running() as node:
        yield node


async def test_a_hint_is_heard_here_at_once_and_elsewhere_soon_and_by_nobody_twice(
    one: Node, other: Node
) -> None:
    people = tuple(uuid4() for _ in range(3))
    one.bus.publish([Moved(people, 7), Ended((SOMEBODY,))])

    assert one.heard == [Moved(people, 7), Ended((SOMEBODY,))]
    await until(lambda: len(other.heard) == 2)
    assert other.heard == one.heard
    other.tell(8)
    await until(lambda: len(one.heard) == 3)
    assert one.heard[2:] == other.heard[2:] == [Moved((SOMEBODY,), 8)]


async def test_what_many_tell_at_once_arrives_whole_and_each_ones_in_order(one: Node, other: Node) -> None:
    for number in range(0, 3000, 3):
        one.tell(number, number + 1, number + 2)
        if number % 300 == 0:
            await asyncio.sleep(0)

    await until(lambda: len(other.heard) == 3000)
    assert other.numbers == list(range(3000))
    assert (one.gaps, other.gaps) == (1, 1)


async def test_what_waits_goes_in_few_messages(one: Node, other: Node, redis_server: RedisServer) -> None:
    one.tell(*range(500))
    one.tell(*range(500, 1000))
    await until(lambda: len(other.heard) == 1000)

    assert redis_server.say("INFO", "commandstats")["cmdstat_publish"]["calls"] <= 2


async def test_after_a_restart_of_redis_everybody_looks_again_and_hears_again(
    one: Node, other: Node, redis_server: RedisServer
) -> None:
    redis_server.kill()
    await until(lambda: not (one.bus.is_connected or other.bus.is_connected))
    one.tell(1)
    assert one.numbers == [1]
    redis_server.start()

    await until(lambda: one.gaps >= 2 and other.gaps >= 2)
    await until(lambda: one.bus.is_connected and other.bus.is_connected)
    one.tell(2)
    await until(lambda: 2 in other.numbers)


async def test_a_short_pause_of_redis_loses_nothing(
    one: Node, other: Node, redis_server: RedisServer
) -> None:
    redis_server.pause()
    for number in range(10):
        one.tell(number)
        await asyncio.sleep(0.07)
    redis_server.resume()

    await until(lambda: set(other.numbers) == set(range(10)))
    assert other.gaps == 1


async def test_a_redis_that_hangs_is_noticed_and_everybody_looks_again(
    one: Node, other: Node, redis_server: RedisServer
) -> None:
    redis_server.pause()
    await until(lambda: not (one.bus.is_connected or other.bus.is_connected))
    redis_server.resume()

    await until(lambda: one.gaps >= 2 and other.gaps >= 2)


async def test_a_flush_takes_nothing_away(one: Node, other: Node, redis_server: RedisServer) -> None:
    redis_server.flush()
    one.tell(1)

    await until(lambda: other.numbers == [1])


async def test_who_is_thrown_off_comes_back_and_looks_again(
    one: Node, other: Node, redis_server: RedisServer
) -> None:
    redis_server.say("CLIENT", "KILL", "TYPE", "pubsub")

    await until(lambda: one.gaps == 2 and other.gaps == 2)
    one.tell(1)
    await until(lambda: other.numbers == [1])


async def test_what_could_not_be_sent_for_long_makes_everybody_look_again(
    one: Node, other: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_bus, "KEPT_SECONDS", 0.5)
    with cut_off(one.redis):
        for number in range(15):
            one.tell(number)
            await asyncio.sleep(0.1)
    assert other.gaps == 1, "its connection is sound, so it cannot know"

    await until(lambda: other.gaps == 2)
    one.tell(99)
    await until(lambda: 99 in other.numbers)
    assert 0 not in other.numbers


async def test_what_could_not_be_sent_for_a_moment_is_sent_in_its_order(one: Node, other: Node) -> None:
    with cut_off(one.redis):
        one.tell(1)
        await asyncio.sleep(0.01)
        one.tell(2)
        one.tell(3)

    await until(lambda: other.numbers == [1, 2, 3])
    assert other.gaps == 1


async def test_more_than_may_wait_is_forgotten_and_told_as_a_gap(one: Node, other: Node) -> None:
    for start in range(0, 10 * MOST_WAITING, 1000):
        one.tell(*range(start, start + 1000))
    assert len(one.bus._waiting) <= MOST_WAITING  # pyright: ignore[reportPrivateUsage]
    one.tell(-1)

    await until(lambda: other.gaps == 2 and other.numbers[-1:] == [-1])


async def test_what_is_too_large_to_be_sent_is_told_as_a_gap(one: Node, other: Node) -> None:
    one.bus.publish([Ended((SOMEBODY,) * (LARGEST_BYTES // 30))])

    await until(lambda: other.gaps == 2)
    assert other.heard == []


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"null",
        b'{"hints": []}',
        b'{"node": 7, "hints": []}',
        b'{"node": "x", "hints": {}}',
        b'{"node": "x", "hints": [' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"]}",
        b'{"node": "x", "hints": [1, null, [], {}, {"type": "Unheard"}, {"type": "Moved", "user_ids": "x"}]}',
        b'{"node": "x", "hints": [{"type": "Moved", "user_ids": [], "number": "1"}]}',
        b'{"node": "x", "hints": [{"type": "Moved", "user_ids": [], "number": 1}], "more": "%s"}'
        % (b"x" * LARGEST_BYTES),
    ],
    ids=lambda said: repr(said[:40]),
)
async def test_what_is_no_hint_is_ignored_and_told_in_the_log_once_in_a_while(
    one: Node, redis_server: RedisServer, said: bytes
) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            redis_server.say("PUBLISH", CHANNEL, said)
        redis_server.say(
            "PUBLISH",
            CHANNEL,
            b'{"node":"x","hints":[1,{"type":"Moved","user_ids":[],"number":5,"new":true}]}',
        )
        await until(lambda: one.heard)

    assert one.heard == [Moved((), 5)]
    assert [line["event"] for line in logs] == ["hint not understood"]
    assert one.gaps == 1


async def test_a_listener_that_fails_keeps_nobody_else_from_hearing(one: Node, other: Node) -> None:
    def fail(*_: object) -> None:
        raise LookupError

    heard: list[Hint] = []
    other.bus.listen(fail)
    other.bus.listen(heard.append)
    other.bus.on_gap(fail)
    with capture_logs() as logs:
        one.tell(1)
        one.tell(2)
        await until(lambda: len(heard) == 2)

    assert [line["event"] for line in logs] == ["unforeseen"] * 2


async def test_the_last_words_of_who_stops_are_heard(one: Node, redis_server: RedisServer) -> None:
    async with Node(redis_server.url).running() as leaving:
        await asyncio.sleep(0)
        leaving.tell(1, 2)

    await until(lambda: one.numbers == [1, 2])


async def test_who_stops_while_redis_hangs_stops_soon(redis_server: RedisServer) -> None:
    async with asyncio.timeout(3), Node(redis_server.url).running() as leaving:
        redis_server.pause()
        leaving.tell(1)


async def test_installations_in_two_databases_of_one_redis_do_not_hear_each_other(
    one: Node, redis_server: RedisServer
) -> None:
    async with Node(redis_server.url.removesuffix("0") + "1").running() as stranger:
        stranger.tell(1)
        redis_server.say("PUBLISH", CHANNEL, msgspec.json.encode({"node": "x", "hints": [Moved((), 2)]}))
        await until(lambda: one.heard)

    assert one.numbers == [2]
