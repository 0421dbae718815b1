"""Periods over month ends, leap days and clocks that are set forward and back; money to the paisa."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoory.money import Money
from stoory.subscriptions.periods import BILLING_ZONE, Period, Span, boundary, unused, unused_of

ZONES: Final = [
    ZoneInfo(name)
    for name in (
        "Asia/Kolkata",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # half an hour forward and back
        "America/Santiago",  # set forward at midnight: days begin at one
        "Africa/Casablanca",  # back and forward again round Ramadan
        "Pacific/Apia",
    )
]
SET_FORWARD: Final = timedelta(hours=1)
"""The most by which those clocks are set."""

instants = st.integers(0, 40 * 366 * 86_400_000_000).map(
    lambda microseconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
zones = st.sampled_from(ZONES)
periods = st.sampled_from(Period)
counts = st.integers(0, 120)


@given(instants, zones, periods)
def test_no_period_after_the_anchor_is_the_anchor(anchor: datetime, zone: ZoneInfo, period: Period) -> None:
    assert boundary(anchor, 0, period, zone) == anchor


@given(instants, zones, periods, counts)
def test_a_period_ends_on_the_same_day_or_the_months_last(
    anchor: datetime, zone: ZoneInfo, period: Period, n: int
) -> None:
    first, end = anchor.astimezone(zone), boundary(anchor, n, period, zone).astimezone(zone)

    wanted = min(first.day, monthrange(end.year, end.month)[1])
    months = (end.year - first.year) * 12 + end.month - first.month
    assert (end.day, months) == (wanted, n * period.months)


@given(instants, zones, periods, counts)
def test_the_hour_on_the_wall_stays_unless_the_clock_leaves_it_out(
    anchor: datetime, zone: ZoneInfo, period: Period, n: int
) -> None:
    first, end = anchor.astimezone(zone), boundary(anchor, n, period, zone).astimezone(zone)

    wall = end.replace(tzinfo=None) - first.replace(tzinfo=None)
    left_over = wall - timedelta(days=wall.days)
    assert timedelta(0) <= left_over <= SET_FORWARD
    if left_over:  # the hour wanted does not exist on that day
        wanted = end.replace(
            hour=first.hour, minute=first.minute, second=first.second, microsecond=first.microsecond, fold=0
        )
        there_and_back = wanted.astimezone(UTC).astimezone(zone)
        assert there_and_back.replace(tzinfo=None) != wanted.replace(tzinfo=None)


@given(instants, zones, periods, counts)
def test_periods_follow_one_another_and_none_is_empty(
    anchor: datetime, zone: ZoneInfo, period: Period, n: int
) -> None:
    start, end = (boundary(anchor, count, period, zone) for count in (n, n + 1))

    shortest = timedelta(days=28 if period is Period.MONTHLY else 365) - 2 * SET_FORWARD
    longest = timedelta(days=31 if period is Period.MONTHLY else 366) + 2 * SET_FORWARD
    assert shortest <= end - start <= longest


@given(instants, zones, st.integers(0, 10))
def test_twelve_months_are_a_year(anchor: datetime, zone: ZoneInfo, years: int) -> None:
    assert boundary(anchor, 12 * years, Period.MONTHLY, zone) == boundary(anchor, years, Period.YEARLY, zone)


@pytest.mark.parametrize(
    ("anchor", "period", "ends"),
    [
        ("2027-01-31T10:00", Period.MONTHLY, ["02-28", "03-31", "04-30"]),
        ("2028-01-31T10:00", Period.MONTHLY, ["02-29", "03-31", "04-30"]),
        ("2028-02-29T10:00", Period.YEARLY, ["02-28", "02-28", "02-28", "02-29"]),
        ("2026-12-31T23:59", Period.MONTHLY, ["01-31", "02-28", "03-31"]),
    ],
)
def test_the_ends_of_months(anchor: str, period: Period, ends: list[str]) -> None:
    start = datetime.fromisoformat(anchor).replace(tzinfo=BILLING_ZONE)

    told = [boundary(start, n, period).astimezone(BILLING_ZONE) for n in range(1, len(ends) + 1)]

    assert [f"{each:%m-%d}" for each in told] == ends
    assert {f"{each:%H:%M}" for each in told} == {anchor[-5:]}


def span(start: datetime, seconds: int, paise: int) -> Span:
    return Span(start, start + timedelta(seconds=seconds), Money(paise))


spans = st.builds(span, instants, st.integers(1, 366 * 86_400), st.integers(0, 99_999_999_99))


@given(spans)
def test_before_it_begins_all_of_a_span_is_unused_and_after_its_end_nothing(paid: Span) -> None:
    assert unused(paid, paid.start - timedelta(days=1)) == unused(paid, paid.start) == paid.paid
    assert unused(paid, paid.end) == unused(paid, paid.end + timedelta(days=1)) == Money(0)


@given(spans, st.floats(0, 1), st.floats(0, 1))
def test_what_is_unused_only_gets_less(paid: Span, one: float, other: float) -> None:
    earlier, later = (paid.start + (paid.end - paid.start) * each for each in sorted((one, other)))

    assert Money(0) <= unused(paid, later) <= unused(paid, earlier) <= paid.paid


@given(st.lists(spans, max_size=4), instants)
def test_several_spans_are_each_rounded_by_itself(several: list[Span], at: datetime) -> None:
    assert unused_of(several, at).paise == sum(unused(paid, at).paise for paid in several)


def test_half_a_month_is_worth_half_its_price_and_half_a_paisa_goes_to_the_even_one() -> None:
    start = datetime(2027, 4, 1, tzinfo=UTC)
    half = start + timedelta(days=15)

    for paise, left in ((49900, 24950), (49901, 24950), (49903, 24952), (1, 0), (3, 2)):
        assert unused(Span(start, start + timedelta(days=30), Money(paise)), half) == Money(left)
