"""What a run came to: a row a measure, the means over them, the goals and whether they are met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from bench.side_by_side.choice import Choice
from bench.side_by_side.contestants import LIMIT, LIMITED, PEERS, STOORY, TUNED, USUAL
from bench.side_by_side.figures import Figures, Turn, Turns, geometric_mean
from bench.side_by_side.machine import Machine
from bench.side_by_side.measures import Measure
from bench.side_by_side.rounds import Contest, Plan
from bench.side_by_side.starts import Starts

OURS: Final = (STOORY, LIMITED)
LEAST: Final = {USUAL: 2.5, TUNED: 1.0, LIMIT: 0.7}
"""How many times as many answers as that peer Stoory is to give, limits on"""
LONGEST_P99: Final = 1.0
"""How many times as long as the tuned peer's its slowest answer in a hundred may take"""
LONGEST_START_SECONDS: Final = 3.0

Ratios = dict[str, dict[str, float | None]]
"""By the name of one of ours, then by that of a peer."""


class Row(Struct, frozen=True, kw_only=True):
    """One measure."""

    name: str
    title: str
    is_write: bool
    is_apart: bool
    figures: dict[str, Figures]
    ratios: Ratios
    p99_ratios: Ratios
    instrument: float | None
    """How many times as fast as itself a program was measured"""
    is_believable: bool


class Goal(Struct, frozen=True, kw_only=True):
    """What is to be reached."""

    text: str
    value: float | None
    is_met: bool | None
    """None where it was not measured, or where a figure it needs is invalid"""


class Memory(Struct, frozen=True, kw_only=True):
    """What a server takes, in MiB of resident memory."""

    at_rest: float | None
    after_load: float | None


class Result(Struct, frozen=True, kw_only=True):
    """One run."""

    machine: Machine
    plan: Plan
    scale: int
    loader: str
    is_whole: bool
    """All measures, all peers, the whole world, full length"""
    is_believable: bool
    rows: list[Row]
    means: Ratios
    p99_means: Ratios
    goals: list[Goal]
    memory: dict[str, Memory]
    starts: Starts | None
    turns: list[Turn]


def result(
    contest: Contest,
    choice: Choice,
    *,
    machine: Machine,
    memory: dict[str, Memory],
    starts: Starts | None,
) -> Result:
    """Return what a contest came to."""
    measured = rows(contest, choice.measures)
    ratios, p99_ratios = means(measured), means(measured, of_p99=True)
    return Result(
        machine=machine,
        plan=choice.plan,
        scale=choice.scale,
        loader=contest.loader,
        is_whole=choice.is_whole,
        is_believable=all(row.is_believable for row in measured),
        rows=measured,
        means=ratios,
        p99_means=p99_ratios,
        goals=goals(ratios, p99_ratios, starts),
        memory=memory,
        starts=starts,
        turns=contest.turns.all,
    )


def rows(contest: Contest, measures: Iterable[Measure]) -> list[Row]:
    """Return a row a measure."""
    turns = contest.turns
    return [
        Row(
            name=measure.name,
            title=measure.title,
            is_write=measure.is_write,
            is_apart=measure.is_apart,
            figures={name: found for name in contest.names if (found := turns.figures(measure.name, name))},
            ratios={one: {peer: turns.ratio(measure.name, one, peer) for peer in PEERS} for one in OURS},
            p99_ratios=_p99_ratios(turns, measure),
            instrument=contest.instrument(measure),
            is_believable=contest.is_believable(measure),
        )
        for measure in measures
    ]


def means(measured: Sequence[Row], *, of_p99: bool = False) -> Ratios:
    """Return the geometric means over the reads and writes."""
    together = [row for row in measured if not row.is_apart]
    return {
        one: {
            peer: geometric_mean([(row.p99_ratios if of_p99 else row.ratios)[one][peer] for row in together])
            for peer in PEERS
        }
        for one in OURS
    }


def goals(ratios: Ratios, p99_ratios: Ratios, started: Starts | None) -> list[Goal]:
    """Hold the means against what is to be reached, with everything of Stoory on."""
    reached = [
        goal(f"at least {least} times the answers of {peer}", ratios[LIMITED][peer], at_least=least)
        for peer, least in LEAST.items()
    ]
    p99 = p99_ratios[LIMITED][TUNED]
    start = None if started is None else started.up_seconds
    return [
        *reached,
        goal(f"a p99 no worse than that of {TUNED}", p99, at_most=LONGEST_P99),
        goal(f"`stoory up` within {LONGEST_START_SECONDS:.0f} seconds", start, at_most=LONGEST_START_SECONDS),
    ]


def _p99_ratios(turns: Turns, measure: Measure) -> Ratios:
    return {one: {peer: turns.p99_ratio(measure.name, one, peer) for peer in PEERS} for one in OURS}


def goal(text: str, value: float | None, *, at_least: float = 0.0, at_most: float = float("inf")) -> Goal:
    """Hold a figure against what is to be reached."""
    return Goal(text=text, value=value, is_met=None if value is None else at_least <= value <= at_most)
