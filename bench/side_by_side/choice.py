"""What the command line asks for: which measures, beside whom, for how long."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bench.side_by_side.contestants import PEERS
from bench.side_by_side.measures import MEASURES, Measure, named
from bench.side_by_side.rounds import Plan

FULL: Final = Plan(rounds=3, most_rounds=5, warm_up_seconds=1, seconds=3)
QUICK: Final = Plan(rounds=1, most_rounds=2, warm_up_seconds=1, seconds=1)
FULL_SCALE: Final = 100
QUICK_SCALE: Final = 10


class Choice(Struct, frozen=True, kw_only=True):
    """A run as it is asked for."""

    measures: list[Measure]
    peers: list[str]
    plan: Plan
    scale: int
    fresh: bool

    @property
    def is_whole(self) -> bool:
        """Whether its figures may stand in the documentation."""
        has_all = len(self.measures) == len(MEASURES) and len(self.peers) == len(PEERS)
        is_long = self.plan.rounds >= FULL.rounds and self.plan.seconds >= FULL.seconds
        return has_all and is_long and self.scale >= FULL_SCALE


def chosen(arguments: Sequence[str]) -> Choice:
    """Read the command line; ends the program when it makes no sense."""
    names = [measure.name for measure in MEASURES]
    parser = argparse.ArgumentParser(prog="make bench", description="Measure Stoory beside its peers.")
    parser.add_argument("--only", type=_names, default=names, help=f"some measures of {','.join(names)}")
    parser.add_argument("--peers", type=_names, default=list(PEERS), help=f"some of {','.join(PEERS)}, or ''")
    ask_for_length(parser)
    told = parser.parse_args(arguments)
    if unknown := {*told.only} - {*names} | {*told.peers} - {*PEERS}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return Choice(
        measures=[named(name) for name in names if name in told.only],
        peers=told.peers,
        plan=plan(told),
        scale=scale(told),
        fresh=told.fresh,
    )


def ask_for_length(parser: argparse.ArgumentParser) -> None:
    """Let the command line say how large and how long a run is."""
    parser.add_argument("--quick", action="store_true", help="one short round on a small world")
    parser.add_argument("--scale", type=int, help="of the seeded world; 100 is a million messages")
    parser.add_argument("--rounds", type=int, help="of each measure, at least")
    parser.add_argument("--seconds", type=int, help="of each turn")
    parser.add_argument("--fresh", action="store_true", help="seed the world anew")


def plan(told: argparse.Namespace) -> Plan:
    """Return how long and how often."""
    usual = QUICK if told.quick else FULL
    return Plan(
        rounds=told.rounds or usual.rounds,
        most_rounds=2 * told.rounds if told.rounds else usual.most_rounds,
        warm_up_seconds=usual.warm_up_seconds,
        seconds=told.seconds or usual.seconds,
    )


def scale(told: argparse.Namespace) -> int:
    """Return how large the world is."""
    return told.scale or (QUICK_SCALE if told.quick else FULL_SCALE)


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]
