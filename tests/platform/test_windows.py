"""The rolling windows of limits against the simplest model there is: look back over all that was let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from stoory.errors import TooMany
from stoory.platform.limits import SECOND_NS, Limits, Window

QUOTA = 3
WINDOW_SECONDS = 60
WINDOW_NS = WINDOW_SECONDS * SECOND_NS

GAPS = st.one_of(
    st.just(0),
    st.integers(1, 3),
    st.integers(0, WINDOW_NS),
    st.sampled_from([WINDOW_NS - 1, WINDOW_NS, WINDOW_NS + 1, WINDOW_NS // QUOTA]),
)
ARRIVALS = st.lists(st.tuples(st.sampled_from("ab"), GAPS, st.booleans()), max_size=40)
QUOTAS = st.sampled_from([None, 1, 2, 3, 5, 8])
"""None is the class's own."""
BY_PLAN = st.lists(st.tuples(st.sampled_from("abc"), GAPS, QUOTAS), max_size=60)


class Stopwatch:
    """A clock that goes only when told."""

    def __init__(self) -> None:
        self.now = 10**12

    def __call__(self) -> int:
        return self.now


class Passed(Struct):
    """When somebody was let through."""

    key: str
    at: int


class Model(Struct):
    """Everything that was let through since the beginning of time."""

    passed: list[Passed]

    def standing(self, key: str, now: int) -> list[int]:
        return [one.at for one in self.passed if one.key == key and now - one.at < WINDOW_NS]


def three_a_minute() -> tuple[Limits, Stopwatch]:
    clock = Stopwatch()
    return Limits({"auth": f"{QUOTA}/minute"}, clock_ns=clock), clock


async def hit(limits: Limits, key: str = "a", quota: int | None = None) -> Window:
    window = await limits.hit("auth", key, quota)
    assert window is not None
    return window


@given(ARRIVALS)
async def test_whoever_comes_whenever_is_let_through_exactly_when_the_model_says(
    arrivals: list[tuple[str, int, bool]],
) -> None:
    limits, clock = three_a_minute()
    model = Model([])
    for key, gap, is_refused_further_in in arrivals:
        clock.now += gap
        before = model.standing(key, clock.now)
        window = await hit(limits, key)
        assert window.is_full == (len(before) == QUOTA)
        if not window.is_full and is_refused_further_in:
            window = await limits.take_back(window, key)
        elif not window.is_full:
            model.passed.append(Passed(key, clock.now))
        standing = model.standing(key, clock.now)
        assert window.remaining == QUOTA - len(standing)
        waiting_ns = min(standing) + WINDOW_NS - clock.now if standing else 0
        assert window.reset_seconds == max(1, -(-waiting_ns // SECOND_NS))


@given(ARRIVALS)
async def test_no_span_of_a_minute_holds_more_than_the_quota(arrivals: list[tuple[str, int, bool]]) -> None:
    limits, clock = three_a_minute()
    passed: list[int] = []
    for _, gap, _ in arrivals:
        clock.now += gap
        if not (await hit(limits)).is_full:
            passed.append(clock.now)
    for beginning in passed:
        assert sum(beginning <= at < beginning + WINDOW_NS for at in passed) <= QUOTA


@given(st.lists(GAPS, min_size=QUOTA + 1, max_size=30))
async def test_who_waits_as_long_as_told_is_never_refused_again(gaps: list[int]) -> None:
    limits, clock = three_a_minute()
    for gap in gaps:
        clock.now += gap
        window = await hit(limits)
        if window.is_full:
            clock.now += window.reset_seconds * SECOND_NS
            assert not (await hit(limits)).is_full


@given(BY_PLAN)
async def test_with_quotas_of_their_own_that_rise_and_fall_each_is_let_through_exactly_when_the_model_says(
    arrivals: list[tuple[str, int, int | None]],
) -> None:
    limits, clock = three_a_minute()
    model = Model([])
    for key, gap, own in arrivals:
        clock.now += gap
        quota = own or QUOTA
        before = model.standing(key, clock.now)
        window = await hit(limits, key, own)
        assert window.is_full == (len(before) >= quota)
        if not window.is_full:
            model.passed.append(Passed(key, clock.now))
        standing = model.standing(key, clock.now)
        assert (window.quota, window.remaining) == (quota, max(0, quota - len(standing)))
        leaves = standing[max(0, len(standing) - quota)]
        assert window.reset_seconds == max(1, -(-(leaves + WINDOW_NS - clock.now) // SECOND_NS))


@given(st.lists(st.tuples(GAPS, QUOTAS), min_size=QUOTA, max_size=40))
async def test_who_waits_as_long_as_told_is_never_refused_again_whatever_the_quota_was_before(
    arrivals: list[tuple[int, int | None]],
) -> None:
    limits, clock = three_a_minute()
    for gap, quota in arrivals:
        clock.now += gap
        window = await hit(limits, quota=quota)
        if window.is_full:
            clock.now += window.reset_seconds * SECOND_NS
            assert not (await hit(limits, quota=quota)).is_full


async def test_a_quota_that_rises_or_falls_goes_at_once_for_what_was_counted_before() -> None:
    limits, clock = three_a_minute()
    for _ in range(QUOTA):
        await hit(limits)
        clock.now += 10 * SECOND_NS
    assert (await hit(limits)).is_full
    assert [(await hit(limits, quota=5)).remaining for _ in range(2)] == [1, 0]
    fallen = await hit(limits, quota=2)

    assert (fallen.is_full, fallen.remaining) == (True, 0)
    assert fallen.reset_seconds == 60, "four of the five must go before there is room"
    assert fallen.headers["RateLimit-Policy"] == '"auth";q=2;w=60'


async def test_the_headers_say_how_many_are_left_and_for_how_long() -> None:
    limits, clock = three_a_minute()
    await hit(limits)
    clock.now += 20 * SECOND_NS + 1
    window = await hit(limits)

    assert window.headers == {"RateLimit-Policy": '"auth";q=3;w=60', "RateLimit": '"auth";r=1;t=40'}


async def test_too_many_says_after_how_many_seconds_to_come_again() -> None:
    limits, clock = three_a_minute()
    for _ in range(QUOTA):
        await limits.require("auth", "a")
    clock.now += 59 * SECOND_NS + 500_000_000
    with pytest.raises(TooMany) as refused:
        await limits.require("auth", "a")

    assert refused.value.retry_after_seconds == 1


async def test_what_is_unlimited_or_unknown_is_not_counted() -> None:
    limits = Limits({"auth": "unlimited"})

    assert await limits.hit("auth", "a") is None
    assert await limits.hit("uploads", "a") is None


async def test_classes_and_people_do_not_share_a_window() -> None:
    limits = Limits({"auth": "1/minute", "api": "1/minute"})

    for name, key in (("auth", "a"), ("auth", "b"), ("api", "a"), ("api", "b")):
        window = await limits.hit(name, key)
        assert window is not None
        assert not window.is_full


async def test_whoever_stays_away_is_forgotten() -> None:
    limits, clock = three_a_minute()
    for i in range(10_000):
        await hit(limits, f"198.51.100.{i}")
    clock.now += WINDOW_NS
    for i in range(6_000):
        await hit(limits, f"203.0.113.{i}")

    assert len(limits._classes["auth"]._hits) == 6_000  # pyright: ignore[reportPrivateUsage]
