"""Turns become ratios and means: what drifts evenly cancels out, what failed counts for nothing."""

from __future__ import annotations

import pytest

from bench.side_by_side.figures import Turn, Turns, geometric_mean, is_even


def turn(contestant: str, per_second: float, *, round: int = 0, p99_ms: float = 1.0, errors: int = 0) -> Turn:  # noqa: A002
    return Turn(
        measure="unread", contestant=contestant, round=round, per_second=per_second, p50_ms=p99_ms / 2,
        p99_ms=p99_ms, errors=errors, busy=0.9, load_busy=None, cpu_us=None,
    )  # fmt: skip


def ratio(*turns: Turn) -> float | None:
    return Turns(turns).ratio("unread", "stoory", "tuned")


def test_a_machine_that_slows_down_evenly_changes_no_ratio():
    there_and_back = [turn("stoory", 400), turn("tuned", 190), turn("tuned", 180), turn("stoory", 340)]
    assert ratio(*there_and_back) == pytest.approx(2.0)


def test_one_disturbed_round_of_three_changes_no_ratio():
    quiet = [
        turn(name, rate, round=number)
        for number in (0, 1)
        for name, rate in (("stoory", 300), ("tuned", 200))
    ]
    disturbed = [turn("stoory", 10, round=2), turn("tuned", 200, round=2)]
    assert ratio(*quiet, *disturbed) == 1.5


def test_who_failed_once_has_no_ratio():
    assert ratio(turn("stoory", 300, errors=1), turn("tuned", 200)) is None


def test_who_had_no_turn_has_no_ratio_and_no_figures():
    turns = Turns([turn("stoory", 300)])
    assert turns.ratio("unread", "stoory", "usual") is None
    assert turns.figures("unread", "usual") is None


def test_the_ratio_of_the_slowest_answers_is_one_of_time():
    turns = Turns([turn("stoory", 300, p99_ms=6), turn("tuned", 200, p99_ms=4)])
    assert turns.p99_ratio("unread", "stoory", "tuned") == 1.5


def test_figures_are_medians_of_turns():
    turns = Turns([turn("stoory", rate) for rate in (100, 900, 300)])
    figures = turns.figures("unread", "stoory")
    assert figures is not None
    assert (figures.per_second, figures.busy, figures.load_busy) == (300, 0.9, None)


def test_twice_and_half_make_one():
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)


@pytest.mark.parametrize("ratios", [[], [1.2, None]])
def test_there_is_no_mean_of_what_is_not_whole(ratios: list[float | None]):
    assert geometric_mean(ratios) is None


@pytest.mark.parametrize(
    ("measured", "even"), [(1.0, True), (1.05, True), (0.96, True), (1.06, False), (None, False)]
)
def test_twins_are_even_within_five_in_a_hundred(measured: float | None, even: bool):  # noqa: FBT001
    assert is_even(measured, 0.05 + 1e-9) is even
