"""What a run came to: both paces, idle sockets, the goals and whether they are met."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from bench.side_by_side.contestants import LIMITED, STOORY, TUNED
from bench.side_by_side.figures import Figures, Turn
from bench.side_by_side.machine import Machine
from bench.side_by_side.results import Goal, goal
from bench.side_by_side.rounds import Plan
from bench.sockets.choice import Choice
from bench.sockets.contest import FLAT_OUT, STEADY, Contest
from bench.sockets.idle import Idle

OURS: Final = (STOORY, LIMITED)
LEAST: Final = 1.3
"""How many times as many messages as the peer Stoory is to take, limits on"""
LONGEST_P99: Final = 1.0
"""How many times as long as the peer's the slowest of a hundred may take"""
LARGEST_SOCKET_KB: Final = 28


class Row(Struct, frozen=True, kw_only=True):
    """One pace."""

    name: str
    figures: dict[str, Figures]
    ratios: dict[str, float | None]
    """Of messages, by which of ours, to the peer's"""
    p99_ratios: dict[str, float | None]
    instrument: float | None
    is_believable: bool


class Result(Struct, frozen=True, kw_only=True):
    """One run."""

    machine: Machine
    plan: Plan
    scale: int
    couples: int
    steady_per_second: float
    is_whole: bool
    rows: list[Row]
    idle: dict[str, Idle]
    goals: list[Goal]
    turns: list[Turn]


def result(
    contest: Contest,
    choice: Choice,
    *,
    machine: Machine,
    couples: int,
    steady_per_second: float,
    idle: dict[str, Idle],
) -> Result:
    """Return what a contest came to."""
    flat_out, steady = _row(contest, FLAT_OUT), _row(contest, STEADY)
    return Result(
        machine=machine,
        plan=choice.plan,
        scale=choice.scale,
        couples=couples,
        steady_per_second=steady_per_second,
        is_whole=choice.is_whole and {*OURS, TUNED} <= {*contest.names},
        rows=[flat_out, steady],
        idle=idle,
        goals=_goals(flat_out, steady, idle),
        turns=contest.turns.all,
    )


def _row(contest: Contest, name: str) -> Row:
    turns = contest.turns
    return Row(
        name=name,
        figures={who: found for who in contest.names if (found := turns.figures(name, who))},
        ratios={one: turns.ratio(name, one, TUNED) for one in OURS},
        p99_ratios={one: turns.p99_ratio(name, one, TUNED) for one in OURS},
        instrument=contest.instrument(name),
        is_believable=contest.is_believable(name),
    )


def _goals(flat_out: Row, steady: Row, idle: dict[str, Idle]) -> list[Goal]:
    """Hold it against what is to be reached, with everything of Stoory on."""
    of_ours = idle.get(LIMITED)
    return [
        goal(f"at least {LEAST} times the messages of {TUNED}", flat_out.ratios[LIMITED], at_least=LEAST),
        goal(f"{flat_out.name}, a p99 no worse", flat_out.p99_ratios[LIMITED], at_most=LONGEST_P99),
        goal(f"{steady.name}, a p99 no worse", steady.p99_ratios[LIMITED], at_most=LONGEST_P99),
        goal(
            f"at most {LARGEST_SOCKET_KB} KiB an idle socket",
            of_ours and of_ours.a_socket_kb,
            at_most=LARGEST_SOCKET_KB,
        ),
    ]
