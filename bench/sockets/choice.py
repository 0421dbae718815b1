"""What the command line asks for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bench.side_by_side.choice import FULL, FULL_SCALE, ask_for_length, plan, scale
from bench.side_by_side.rounds import Plan

COUPLES: Final = 100
IDLE_TIMES: Final = 3


class Choice(Struct, frozen=True, kw_only=True):
    """A run as it is asked for."""

    plan: Plan
    scale: int
    fresh: bool
    couples: int
    idle_times: int
    is_peer_alone: bool

    @property
    def is_whole(self) -> bool:
        """Whether its figures may stand in the documentation."""
        is_long = self.plan.rounds >= FULL.rounds and self.plan.seconds >= FULL.seconds
        is_large = self.scale >= FULL_SCALE and self.couples >= COUPLES
        return is_long and is_large and self.idle_times >= IDLE_TIMES and not self.is_peer_alone


def chosen(arguments: Sequence[str]) -> Choice:
    """Read the command line; ends the program when it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.sockets", description="Measure Stoory's sockets beside those of a peer."
    )
    ask_for_length(parser)
    parser.add_argument("--couples", type=int, default=COUPLES, help="who write to each other")
    parser.add_argument(
        "--idle", type=int, help="fresh processes in which idle sockets are weighed; 0 for none"
    )
    parser.add_argument("--peer-alone", action="store_true", help="without Stoory: try the instrument")
    told = parser.parse_args(arguments)
    idle_times = told.idle if told.idle is not None else 1 if told.quick else IDLE_TIMES
    return Choice(
        plan=plan(told),
        scale=scale(told),
        fresh=told.fresh,
        couples=told.couples,
        idle_times=idle_times,
        is_peer_alone=told.peer_alone,
    )
