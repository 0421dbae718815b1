"""One turn: everybody connects to one server and writes; after a warm-up it counts; everybody leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

import uvloop
from msgspec import Struct

from bench.loader import percentile
from bench.side_by_side.figures import Turn
from bench.side_by_side.pinning import family_seconds, held_to, used_seconds
from bench.side_by_side.rounds import Plan, share
from bench.side_by_side.running import Failed, Running
from bench.side_by_side.stage import Stage
from bench.sockets.chat import Chat, Pace
from bench.sockets.client import NoSockets, Refused
from bench.sockets.couples import Couple


class Reading(Struct, frozen=True):
    """The clocks at one moment, in seconds; the processors' where the system tells."""

    at: float
    load: float
    server: float | None = None
    database: float | None = None
    core: float | None = None


class Talked(Struct, frozen=True):
    """What came of a turn between two moments."""

    began: Reading
    ended: Reading
    took_ms: list[float]
    faults: list[str]
    fault_count: int = 0

    def turn(self, *, measure: str, contestant: str, number: int) -> Turn:
        """Return it as a turn; that nothing came at all is a fault."""
        seconds, count = self.ended.at - self.began.at, len(self.took_ms)
        return Turn(
            measure=measure,
            contestant=contestant,
            round=number,
            per_second=count / seconds,
            p50_ms=percentile(self.took_ms, 50),
            p99_ms=percentile(self.took_ms, 99),
            errors=self.fault_count + (not count),
            said="; ".join(self.faults),
            busy=share(self.began.server, self.ended.server, seconds),
            load_busy=share(self.began.core, self.ended.core, seconds),
            cpu_us=_microseconds(self.began.server, self.ended.server, count),
            database_cpu_us=_microseconds(self.began.database, self.ended.database, count),
            load_cpu_us=_microseconds(self.began.load, self.ended.load, count),
        )


class Turns:
    """Gives them, from a core of its own."""

    def __init__(self, stage: Stage, couples: Sequence[Couple], plan: Plan, core: int | None) -> None:
        """Take who talks, for how long, and from where."""
        self._stage = stage
        self._database = stage.process()
        self._couples = couples
        self._plan = plan
        self._core = core

    def talked(self, server: Running, pace: Pace, numbers: Iterator[int]) -> Talked:
        """Measure a server that is frozen; Failed when it does not let everybody in."""
        server.thaw()
        try:
            with held_to(self._core):
                talked = uvloop.run(self._talk(server, pace, numbers))
        except (NoSockets, Refused, OSError) as problem:
            raise Failed(f"{server.name}: {problem!r}\n{server.last_words()}") from problem
        server.freeze(self._stage.is_quiet)
        return talked

    async def _talk(self, server: Running, pace: Pace, numbers: Iterator[int]) -> Talked:
        chat = Chat(server.url, self._couples, numbers)
        try:
            await chat.open()
            chat.begin(pace)
            await asyncio.sleep(self._plan.warm_up_seconds)
            began, before = self._read(server), len(chat.tally.took_ms)
            await asyncio.sleep(self._plan.seconds)
            ended, took_ms = self._read(server), chat.tally.took_ms[before:]
            await chat.end()
        finally:
            await chat.close()
        return Talked(began, ended, took_ms, chat.tally.faults, chat.tally.fault_count)

    def _read(self, server: Running) -> Reading:
        return Reading(
            at=time.perf_counter(),
            load=time.process_time(),
            server=server.cpu_seconds(),
            database=family_seconds(self._database),
            core=None if self._core is None else used_seconds(self._core),
        )


def _microseconds(began: float | None, ended: float | None, messages: int) -> float | None:
    return None if began is None or ended is None or not messages else (ended - began) / messages * 1e6
