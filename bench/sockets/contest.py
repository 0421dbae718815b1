"""The contest: as many messages as each can, then as many a second of everybody, there and back as with routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from bench.side_by_side.figures import Turn, Turns, is_even
from bench.side_by_side.rounds import TOLERANCE, Plan, twins
from bench.side_by_side.running import Running
from bench.side_by_side.stage import Stage
from bench.sockets.chat import Pace
from bench.sockets.turn import Turns as Given

FLAT_OUT: Final = "flat out"
STEADY: Final = "steady"
UNDER_WAY: Final = 32
"""Messages, of all couples together"""
STEADY_SHARE: Final = 0.25
"""Of what the slowest can: nobody queues. One by one messages cost the load several times what they do in crowds; at
half of it the core of load and database was full, whoever served."""


class Contest:
    """Servers that run, frozen, and what measures them."""

    def __init__(self, servers: Sequence[Running], stage: Stage, given: Given, plan: Plan) -> None:
        """Take them in the order of their turns."""
        self._servers = list(servers)
        self._stage = stage
        self._given = given
        self._plan = plan
        self._numbers = count(1)
        self.turns = Turns()

    @property
    def names(self) -> list[str]:
        """The servers, in the order of their turns."""
        return [server.name for server in self._servers]

    def hold(self, tell: Callable[[Turn], None]) -> float:
        """Measure both, and return how many messages a second the steady pace was."""
        self._hold(FLAT_OUT, Pace(under_way=UNDER_WAY), tell)
        per_second = self._steady()
        self._hold(STEADY, Pace(per_second=per_second), tell)
        return per_second

    def instrument(self, measure: str) -> float | None:
        """Return how many times as fast as itself a program was measured; None without twins."""
        return twins(self.turns, measure, self.names)

    def is_believable(self, measure: str) -> bool:
        """Tell whether the twins were measured as equals."""
        return self.instrument(measure) is None or is_even(self.instrument(measure), TOLERANCE)

    def _hold(self, measure: str, pace: Pace, tell: Callable[[Turn], None]) -> None:
        self._stage.settle()
        for number in range(self._plan.most_rounds):
            if number >= self._plan.rounds and self.is_believable(measure):
                return
            for server in (*self._servers, *reversed(self._servers)):
                talked = self._given.talked(server, pace, self._numbers)
                turn = talked.turn(measure=measure, contestant=server.name, number=number)
                self.turns.all.append(turn)
                tell(turn)

    def _steady(self) -> float:
        rates = [found.per_second for name in self.names if (found := self.turns.figures(FLAT_OUT, name))]
        return max(1, round(min(rates) * STEADY_SHARE, -1))
