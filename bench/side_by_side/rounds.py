"""The turns: only the measured server runs, the others are frozen; each is warmed up before it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from bench.side_by_side.contestants import REMEMBERING, STOORY, TWIN
from bench.side_by_side.figures import Turn, Turns, is_even
from bench.side_by_side.likeness import LEAST_ERROR, SAMPLES, answer, check_alike
from bench.side_by_side.load import Loaded, Loader
from bench.side_by_side.measures import Measure, Scene, named
from bench.side_by_side.running import Failed, Running
from bench.side_by_side.supplies import Supply

TOLERANCE: Final = 0.05
"""How far two processes of one program may lie apart before the instrument is not believed"""
LEAST_EXPECTED_PER_SECOND: Final = 400
"""Of a write, before anybody has shown what they can"""
ROOM: Final = 2
"""How many times as many requests are put ready as will probably be sent"""
FEEDING_SECONDS: Final = 10
SPILT: Final = 50
"""Of what a load makes, those that are under way when it ends may come to nothing"""


class Plan(Struct, frozen=True, kw_only=True):
    """How long and how often."""

    rounds: int
    most_rounds: int
    """So many, if the twins are still measured as different"""
    warm_up_seconds: int
    seconds: int

    @property
    def told(self) -> str:
        """All of it in a few words."""
        return (
            f"{self.rounds} to {self.most_rounds} rounds, turns of {self.seconds} s after {self.warm_up_seconds} s "
            "of warm-up"
        )

    def turns(self, contestants: int) -> int:
        """Return how many turns a measure has at least."""
        return self.rounds * contestants * 2


class Contest:
    """Servers that run, frozen, and what measures them."""

    def __init__(self, servers: Sequence[Running], scene: Scene, loader: Loader, plan: Plan) -> None:
        """Take them in the order of their turns."""
        self._servers = list(servers)
        self._scene = scene
        self._loader = loader
        self._plan = plan
        self._most_per_second: dict[str, float] = {}
        self._supplies: dict[str, Supply] = {}
        self.turns = Turns()

    def hold(self, measure: Measure, tell: Callable[[Turn], None]) -> None:
        """Measure one route with everybody, until the twins come out even or the rounds are over."""
        supply = self._supply(measure)
        self._check_alike(measure, supply)
        self._scene.stage.settle()
        for number in range(self._plan.most_rounds):
            if number >= self._plan.rounds and self.is_believable(measure):
                return
            servers = self.taking_part(measure)
            for server in (*servers, *reversed(servers)):
                turn = self._turn(measure, server, supply, number)
                self.turns.all.append(turn)
                tell(turn)

    @property
    def names(self) -> list[str]:
        """The servers, in the order of their turns."""
        return [server.name for server in self._servers]

    @property
    def loader(self) -> str:
        """What makes the load."""
        return self._loader.name

    def taking_part(self, measure: Measure) -> list[Running]:
        """Leave out whoever remembers where there is nothing to remember."""
        return [server for server in self._servers if server.name != REMEMBERING or measure.is_remembered]

    def is_believable(self, measure: Measure) -> bool:
        """Tell whether the twins were measured as equals; without twins there is nothing to tell by."""
        return self.instrument(measure) is None or is_even(self.instrument(measure), TOLERANCE)

    def instrument(self, measure: Measure) -> float | None:
        """Return how many times as fast as itself a program was measured."""
        return twins(self.turns, measure.name, self.names)

    def _check_alike(self, measure: Measure, supply: Supply) -> None:
        """See that reads are answered alike by all; what a write answers is new each time."""
        if measure.is_write or measure.is_apart:
            return
        servers = self.taking_part(measure)
        for server in servers:
            server.thaw()
        check_alike(measure.name, servers, supply.take(SAMPLES).requests)
        for server in servers:
            server.freeze(self._scene.stage.is_quiet)

    def _turn(self, measure: Measure, server: Running, supply: Supply, number: int) -> Turn:
        seconds = self._plan.warm_up_seconds + self._plan.seconds
        self._feed(measure, supply, self._expected(measure, seconds))
        server.thaw()
        warm = self._send(measure, server, supply, self._plan.warm_up_seconds)
        used, used_here = server.cpu_seconds(), self._loader.cpu_seconds()
        loaded = self._send(measure, server, supply, self._plan.seconds)
        busy = share(used, server.cpu_seconds(), loaded.seconds)
        load_busy = share(used_here, self._loader.cpu_seconds(), loaded.seconds)
        failures = warm.failures + loaded.failures
        said = self._asked_once_more(server, supply) if failures else ""
        server.freeze(self._scene.stage.is_quiet)
        return Turn(
            measure=measure.name,
            contestant=server.name,
            round=number,
            per_second=loaded.per_second,
            p50_ms=loaded.p50_ms,
            p99_ms=loaded.p99_ms,
            errors=failures,
            said=said,
            busy=busy,
            load_busy=load_busy,
            cpu_us=busy / loaded.per_second * 1e6 if busy and loaded.requests else None,
            ran_out=loaded.ran_out,
        )

    def _asked_once_more(self, server: Running, supply: Supply) -> str:
        """Return what a server answers one by one: the load only counts that it refused."""
        try:
            told = [answer(server.url, request) for request in supply.take(SAMPLES).requests]
        except OSError as problem:
            return str(problem)
        return next((str(one) for one in told if one["status"] >= LEAST_ERROR), "nothing wrong, one by one")

    def _send(self, measure: Measure, server: Running, supply: Supply, seconds: int) -> Loaded:
        load = supply.take(self._expected(measure, seconds))
        try:
            loaded = self._loader.send(server.url, load, seconds)
        except Failed as problem:
            raise Failed(f"{server.name}, `{measure.name}`: {problem}\n{server.last_words()}") from problem
        supply.give_back(load.requests[loaded.used :])
        if not loaded.ran_out:
            most = max(self._most_per_second.get(measure.name, 0.0), loaded.per_second)
            self._most_per_second[measure.name] = most
        return loaded

    def _expected(self, measure: Measure, seconds: int) -> int:
        """Return how many requests to put ready, by what the fastest has shown."""
        per_second = max(self._most_per_second.get(measure.name, 0.0), LEAST_EXPECTED_PER_SECOND)
        return round(per_second * seconds * ROOM)

    def _feed(self, measure: Measure, supply: Supply, wanted: int) -> None:
        """Let Stoory make what a measure uses up, unless another has left enough of it."""
        if measure.fed_by is None or (missing := wanted - supply.left(wanted)) <= 0:
            return
        stoory = next(server for server in self._servers if server.name == STOORY)
        food = self._supply(named(measure.fed_by))
        stoory.thaw()
        while missing > 0:
            load = food.take(missing + SPILT)
            loaded = self._loader.send(stoory.url, load, FEEDING_SECONDS)
            food.give_back(load.requests[loaded.used :])
            if loaded.failures or not load.requests:
                raise Failed(
                    f"what `{measure.name}` needs could not be made: {loaded}\n{stoory.last_words()}"
                )
            missing = wanted - supply.left(wanted)
        stoory.freeze(self._scene.stage.is_quiet)

    def _supply(self, measure: Measure) -> Supply:
        if measure.name not in self._supplies:
            self._supplies[measure.name] = measure.supply(self._scene)
        return self._supplies[measure.name]


def twins(turns: Turns, measure: str, names: Sequence[str]) -> float | None:
    """Return how many times as fast as itself a program was measured; None without twins."""
    twin = next((name for name in names if name.endswith(TWIN)), None)
    return turns.ratio(measure, twin, twin.removesuffix(TWIN)) if twin else None


def share(began: float | None, ended: float | None, seconds: float) -> float | None:
    """Return for how much of the time something was at work."""
    return None if began is None or ended is None else min(1.0, (ended - began) / seconds)
