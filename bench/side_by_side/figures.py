"""The arithmetic: turns become rates, ratios and means.

In a round everybody has two turns, in this order and back: A B C C B A. What grows or shrinks evenly meanwhile, a
table or the warmth of a machine, takes as much from each. A round therefore gives one rate a contestant, the mean of
the two turns, and one ratio a pair; over the rounds the median is taken, of the ratios and not only of the rates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median

from msgspec import Struct


class Turn(Struct, frozen=True, kw_only=True):
    """What one contestant did in one turn."""

    measure: str
    contestant: str
    round: int
    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int
    busy: float | None
    """The share of its core that the server used; None where the system does not tell"""
    load_busy: float | None
    """The share of the other core that PostgreSQL and the load used"""
    cpu_us: float | None
    """Microseconds of processor time that the server spent on a request"""
    database_cpu_us: float | None = None
    """The same of PostgreSQL, where it was looked at"""
    load_cpu_us: float | None = None
    """The same of the load"""
    ran_out: bool = False
    said: str = ""
    """What it answers where there were errors"""


class Figures(Struct, frozen=True, kw_only=True):
    """What one contestant came to in one measure."""

    per_second: float
    p50_ms: float
    p99_ms: float
    busy: float | None
    load_busy: float | None
    cpu_us: float | None
    errors: int
    database_cpu_us: float | None = None
    load_cpu_us: float | None = None


class Turns:
    """All turns of a run."""

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        """Take those that are known already."""
        self.all = list(turns)

    def of(self, measure: str, contestant: str) -> list[Turn]:
        """Return the turns of somebody in a measure."""
        return [turn for turn in self.all if turn.measure == measure and turn.contestant == contestant]

    def figures(self, measure: str, contestant: str) -> Figures | None:
        """Return the medians of somebody in a measure; None when they had no turn."""
        turns = self.of(measure, contestant)
        if not turns:
            return None
        return Figures(
            per_second=median(turn.per_second for turn in turns),
            p50_ms=median(turn.p50_ms for turn in turns),
            p99_ms=median(turn.p99_ms for turn in turns),
            busy=_median_of(turn.busy for turn in turns),
            load_busy=_median_of(turn.load_busy for turn in turns),
            cpu_us=_median_of(turn.cpu_us for turn in turns),
            database_cpu_us=_median_of(turn.database_cpu_us for turn in turns),
            load_cpu_us=_median_of(turn.load_cpu_us for turn in turns),
            errors=sum(turn.errors for turn in turns),
        )

    def ratio(self, measure: str, one: str, other: str) -> float | None:
        """Return how many times as many answers a second one gives as the other; None without clean turns of both."""
        return self._ratio(measure, one, other, lambda turn: turn.per_second)

    def p99_ratio(self, measure: str, one: str, other: str) -> float | None:
        """Return how many times as long the slowest answer in a hundred takes."""
        return self._ratio(measure, one, other, lambda turn: turn.p99_ms)

    def _ratio(self, measure: str, one: str, other: str, figure: Callable[[Turn], float]) -> float | None:
        ours, theirs = self.of(measure, one), self.of(measure, other)
        if not ours or not theirs or any(turn.errors for turn in (*ours, *theirs)):
            return None
        ratios: list[float] = []
        for number in sorted({turn.round for turn in ours}):
            above = fmean(figure(turn) for turn in ours if turn.round == number)
            below = fmean(figure(turn) for turn in theirs if turn.round == number)
            if not below:
                return None
            ratios.append(above / below)
        return median(ratios)


def _median_of(shares: Iterable[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return median(known) if known else None


def geometric_mean(ratios: Sequence[float | None]) -> float | None:
    """Return the mean of ratios, in which twice and half make one; None when one is missing or none is there."""
    known = [ratio for ratio in ratios if ratio]
    if not known or len(known) < len(ratios):
        return None
    return math.exp(fmean(math.log(ratio) for ratio in known))


def is_even(ratio: float | None, tolerance: float) -> bool:
    """Tell whether two equals were measured as equal."""
    return ratio is not None and abs(ratio - 1) <= tolerance
