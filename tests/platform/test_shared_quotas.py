"""Windows that all processes share, where whoever asks has a quota of their own and it changes; in real time."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from stoory.platform.limits import Window
from stoory.platform.shared_limits import SharedLimits
from tests.platform.counting import QUOTA, Model, hit
from tests.redis import RedisServer

PLANS: dict[str, list[int | None]] = {"basic": [None], "premium": [9], "on and off": [2, 7]}
SKEWED = (0, 10**18, -(10**18))
"""What the clocks of three processes say, in nanoseconds."""


async def come_by_plan(limits: SharedLimits, seed: int, until_second: float) -> dict[str, list[Window]]:
    """Ask at random as several people, whose quotas differ and change on the way."""
    chance = random.Random(seed)
    answered: dict[str, list[Window]] = {key: [] for key in PLANS}
    while time.monotonic() < until_second:
        key = chance.choice([*PLANS])
        for _ in range(chance.choice([1, 2, 5])):
            answered[key].append(await hit(limits, "auth", key, chance.choice(PLANS[key])))
        await asyncio.sleep(chance.choice([0, 0.01, 0.05, 0.2]))
    return answered


@pytest.mark.parametrize("seed", range(2))
async def test_with_quotas_that_differ_and_change_three_processes_let_through_exactly_when_the_model_says(
    three: list[SharedLimits], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limits, odd in zip(three, SKEWED, strict=True):
        monkeypatch.setattr(limits, "_clock_ns", lambda odd=odd: odd)
    end = time.monotonic() + 2.5
    answered = await asyncio.gather(*(come_by_plan(one, 10 * seed + i, end) for i, one in enumerate(three)))

    for key, quotas in PLANS.items():
        model = Model()
        windows = [window for one in answered for window in one[key]]
        for window in sorted(
            windows, key=lambda one: (one.counted_ns, one.is_full, one.quota - one.remaining)
        ):
            model.check(window.counted_ns, window, None)
        assert model.refused
        assert {window.quota for window in windows} == {quota or QUOTA for quota in quotas}


async def test_who_waits_as_long_as_told_passes_also_after_the_quota_fell(three: list[SharedLimits]) -> None:
    for i in range(9):
        await hit(three[i % 3], quota=9)
    refused = await hit(three[0], quota=2)
    assert (refused.is_full, refused.remaining, refused.quota) == (True, 0, 2)

    await asyncio.sleep(refused.reset_seconds)
    assert not (await hit(three[1], quota=2)).is_full


async def test_who_has_passed_more_often_than_allowed_now_waits_until_enough_of_it_has_gone(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    windows = [await hit(three[0], "api", quota=5) for _ in range(5)]
    (key,) = redis_server.say("KEYS", "*")
    for i, ago_seconds in enumerate((50, 40, 30)):
        redis_server.say("LSET", key, i, windows[i].counted_ns // 1000 - ago_seconds * 1_000_000)

    assert (await hit(three[1], "api", quota=5)).reset_seconds == 10
    assert (await hit(three[1], "api", quota=3)).reset_seconds == 30
    assert (await hit(three[1], "api", quota=2)).reset_seconds == 60


async def test_without_redis_the_quota_of_each_still_goes(
    three: list[SharedLimits], redis_server: RedisServer
) -> None:
    redis_server.kill()

    assert [(await hit(three[0], "api", key, 7)).quota for key in "ab"] == [7, 7]
    assert (await hit(three[0], "api", "c")).quota == 100
