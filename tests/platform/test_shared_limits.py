"""The rolling windows that all processes share, against the same model as those of one, in real time."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import pairwise
from unittest.mock import ANY

import pytest
from msgspec.structs import replace

from stoory.errors import TooMany
from stoory.platform.limits import SECOND_NS, Window
from stoory.platform.redis import ANSWER_SECONDS, Redis
from stoory.platform.shared_limits import SharedLimits
from tests.platform.counting import QUOTA, RATES, Model, hit
from tests.redis import RedisServer, until

MANY = 60

Asked = tuple[Window, Window | None]
"""What somebody was answered, and what when it was taken back."""


async def come_and_go(limits: SharedLimits, seed: int, until_second: float) -> list[Asked]:
    """Ask at random, sometimes many at once, and take back now and then."""
    chance = random.Random(seed)
    asked: list[Asked] = []
    while time.monotonic() < until_second:
        for _ in range(chance.choice([1, 1, 2, 5])):
            window = await hit(limits)
            taken = not window.is_full and chance.random() < 0.2
            asked.append((window, await limits.take_back(window, "a") if taken else None))
        await asyncio.sleep(chance.choice([0, 0.01, 0.1, 0.3, 0.5]))
    return asked


@pytest.mark.parametrize("seed", range(2))
async def test_whoever_comes_whenever_to_whichever_process_is_let_through_exactly_when_the_model_says(
    three: list[SharedLimits], seed: int
) -> None:
    end = time.monotonic() + 2.5
    asked = await asyncio.gather(*(come_and_go(one, 10 * seed + i, end) for i, one in enumerate(three)))

    model = Model()
    for at, window, taken in sorted(events(asked), key=lambda event: (event[0], -event[1].remaining)):
        model.check(at, window, taken)
    assert model.refused > QUOTA
    assert len(model.passed) > 2 * QUOTA


def events(asked: list[list[Asked]]) -> list[tuple[int, Window, Window | None]]:
    """Return what happened, each by the clock of Redis, which one after another reads."""
    everything: list[tuple[int, Window, Window | None]] = []
    for window, taken in (answer for one in asked for answer in one):
        everything.append((window.counted_ns, window, None))
        if taken is not None:
            everything.append((taken.counted_ns, window, taken))
    return everything


async def test_of_many_at_once_in_three_processes_exactly_the_quota_passes(three: list[SharedLimits]) -> None:
    windows = await asyncio.gather(*(hit(three[i % 3], "api") for i in range(300)))

    passed = [window for window in windows if not window.is_full]
    assert sorted(window.remaining for window in passed) == list(range(100))
    assert all(window.reset_seconds == 60 for window in passed)


async def test_who_waits_as_long_as_told_passes_and_by_the_clock_of_redis_alone(
    three: list[SharedLimits], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, third = three
    for limits, odd in ((one, 0), (other, 10**18), (third, -(10**18))):
        monkeypatch.setattr(limits, "_clock_ns", lambda odd=odd: odd)
    first = await hit(one)
    assert [(await hit(one)).is_full for _ in range(QUOTA - 1)] == [False] * (QUOTA - 1)
    refused = await hit(other)
    assert refused.is_full
    assert (refused.remaining, refused.reset_seconds) == (0, 1)
    assert 0 < refused.counted_ns - first.counted_ns < SECOND_NS

    await asyncio.sleep(refused.reset_seconds)
    assert not (await hit(third)).is_full


async def test_who_asks_on_and_on_passes_when_the_first_is_a_window_old_and_no_earlier(
    three: list[SharedLimits],
) -> None:
    passed = [await hit(three[0]) for _ in range(QUOTA)]
    while (window := await hit(three[1])).is_full:  # noqa: ASYNC110 - to ask on and on is the point
        await asyncio.sleep(0.002)

    assert 0 <= window.counted_ns - passed[0].counted_ns - SECOND_NS < SECOND_NS / 10


async def test_too_many_says_after_how_many_seconds_to_come_again(three: list[SharedLimits]) -> None:
    for i in range(100):
        await three[i % 3].require("api", "a")
    with pytest.raises(TooMany) as refused:
        await three[0].require("api", "a")

    assert refused.value.retry_after_seconds in (59, 60)


async def test_classes_and_people_do_not_share_a_window_and_what_is_unlimited_is_not_counted(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    for name, key in (("auth", "a"), ("auth", "b"), ("api", "a"), ("api", "b")):
        rate = {"auth": QUOTA, "api": 100}[name]
        assert (await hit(three[0], name, key)).remaining == rate - 1

    assert await three[0].hit("upload", "a") is None
    assert await three[0].hit("unheard", "a") is None
    assert redis_server.say("DBSIZE") == 4


async def test_what_is_kept_is_short_names_nobody_and_goes_by_itself(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    for _ in range(10):
        await hit(three[0], key="account:+919812345678")
        await hit(three[0], key="x" * 100_000)
    keys = redis_server.say("KEYS", "*")
    assert [redis_server.say("LLEN", key) for key in keys] == [QUOTA, QUOTA]
    assert all(len(key) < 60 and b"98123" not in key for key in keys)
    assert all(0 < redis_server.say("PTTL", key) <= 2000 for key in keys)

    await until(lambda: redis_server.say("DBSIZE") == 0)


async def test_what_is_taken_back_leaves_nothing(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    window = await hit(three[0])
    again = await three[1].take_back(window, "a")
    twice = await three[2].take_back(window, "a")

    assert [again.remaining, twice.remaining] == [QUOTA, QUOTA]
    assert redis_server.say("DBSIZE") == 0


async def test_a_clock_of_redis_that_was_set_back_locks_nobody_out(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    windows = [await hit(three[0], "api") for _ in range(100)]
    (key,) = redis_server.say("KEYS", "*")
    hour_us = 3600 * 1_000_000
    for i, window in enumerate(windows):
        redis_server.say("LSET", key, i, window.counted_ns // 1000 + hour_us)

    refused = await hit(three[1], "api")
    assert refused.is_full
    assert refused.reset_seconds <= 60
    spread = windows[-1].counted_ns - windows[0].counted_ns
    hits = [int(at) for at in redis_server.say("LRANGE", key, 0, -1)]
    assert (hits[-1] - hits[0]) * 1000 == spread
    assert hits == sorted(hits)


@pytest.mark.parametrize("hurt", ["kill", "pause"])
async def test_without_redis_each_process_counts_for_itself_and_nobody_waits(
    three: list[SharedLimits], redis_server: RedisServer, hurt: str
) -> None:
    for _ in range(QUOTA):
        await hit(three[0], "auth")
    getattr(redis_server, hurt)()

    before = time.monotonic()
    windows = [[await hit(one, "api") for _ in range(MANY)] for one in three]
    assert time.monotonic() - before < 3 * ANSWER_SECONDS + 0.5
    for own in windows:
        assert [earlier.remaining - later.remaining for earlier, later in pairwise(own)] == [1] * (MANY - 1)
    back = await three[0].take_back(windows[0][-1], "api")
    assert back.remaining in (100, 100 - MANY + 1)
    while not (await hit(three[0], "api")).is_full:
        pass


@pytest.mark.parametrize("hurt", ["kill", "pause"])
async def test_once_redis_is_back_all_count_together_again(
    redis: Redis, redis_server: RedisServer, hurt: str
) -> None:
    limits = SharedLimits(RATES, redis)
    await hit(limits, "api")
    getattr(redis_server, hurt)()
    here = await hit(limits, "api")
    assert here.remaining == 99
    getattr(redis_server, "start" if hurt == "kill" else "resume")()
    await until(lambda: not redis.is_away)

    shared = await hit(limits, "api")
    assert redis_server.say("LLEN", redis_server.say("KEYS", "*")[0]) == 100 - shared.remaining
    assert await limits.take_back(here, "a") == replace(shared, counted_ns=ANY)
    assert not limits._classes["api"]._hits["a"], "it was counted here"  # pyright: ignore[reportPrivateUsage]


async def test_a_flush_begins_anew_and_breaks_nothing(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    while not (await hit(three[0], "api")).is_full:
        pass
    redis_server.flush()

    assert (await hit(three[1], "api")).remaining == 99


async def test_a_redis_that_refuses_to_write_is_as_good_as_none(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    redis_server.say("CONFIG", "SET", "maxmemory", 1)

    assert [(await hit(three[0], "api")).remaining for _ in range(3)] == [99, 98, 97]
