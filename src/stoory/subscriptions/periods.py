"""When periods end, and what a part of one is worth. Pure; money is exact to the paisa, time to the microsecond."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from fractions import Fraction
from typing import Final

from msgspec import Struct

from stoory.money import Money

BILLING_ZONE: Final = timezone(timedelta(hours=5, minutes=30), "IST")
"""Indian Standard Time: a period ends at the same hour of the clock on a customer's wall, and a day is theirs."""


class Period(StrEnum):
    """How long is paid for at a time."""

    MONTHLY = "monthly"
    YEARLY = "yearly"

    @property
    def months(self) -> int:
        """How many months that is."""
        return 1 if self is Period.MONTHLY else 12


class Span(Struct, frozen=True):
    """A stretch of time that was paid for, and what was paid: [start, end)."""

    start: datetime
    end: datetime
    paid: Money


def boundary(anchor: datetime, periods: int, period: Period, zone: tzinfo = BILLING_ZONE) -> datetime:
    """Return the end of so many periods from the anchor on: the same day of the month and hour of the wall clock.

    A month without that day ends on its last; the next has the day again. Where a clock that is set forward leaves the
    hour out, it is as much later as the clock was set.
    """
    local = anchor.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + periods * period.months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).astimezone(UTC)


def unused(span: Span, at: datetime) -> Money:
    """Return what the part of a span that lies after an instant was paid for, half a paisa to the even one."""
    left = span.end - max(at, span.start)
    if left <= timedelta(0):
        return Money(0)
    return Money(
        round(Fraction(left // MICROSECOND, (span.end - span.start) // MICROSECOND) * span.paid.paise)
    )


def unused_of(spans: Iterable[Span], at: datetime) -> Money:
    """Return what the parts of spans after an instant were paid for, each rounded by itself."""
    return sum((unused(span, at) for span in spans), Money(0))


MICROSECOND: Final = timedelta(microseconds=1)
