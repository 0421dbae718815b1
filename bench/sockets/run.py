"""One run: weigh idle sockets in fresh processes, start everybody, hold the contest, tell of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

import uvloop
from rich.console import Console

from bench.side_by_side import page, pinning
from bench.side_by_side.contestants import (
    LIMITED,
    NEVER_REACHED,
    STOORY,
    TUNED,
    TWIN,
    UNLIMITED,
    Addresses,
    peer,
    stoory,
)
from bench.side_by_side.crowd import Crowd
from bench.side_by_side.figures import Turn
from bench.side_by_side.machine import machine
from bench.side_by_side.node import install, node
from bench.side_by_side.run import HOMES
from bench.side_by_side.running import ROOT, Contestant, Failed, Running, scratch, started
from bench.side_by_side.sheets import show
from bench.side_by_side.stage import stage
from bench.sockets import sheets
from bench.sockets.choice import Choice
from bench.sockets.client import Client, Ears, NoSockets
from bench.sockets.contest import Contest
from bench.sockets.couples import couples, tokens_of_all
from bench.sockets.idle import MANY, Idle, idle
from bench.sockets.results import result
from bench.sockets.turn import Turns

Report = Callable[[str], None]


def run(choice: Choice, out: Console) -> bool:
    """Measure what was chosen; show the figures and keep them. Tells whether nothing went wrong."""

    def report(step: str) -> None:
        out.print(f"  {step}", style="dim")

    if node() is None:
        raise Failed("the peer needs Node, and there is none on this machine")
    install(report)
    cores = pinning.choose()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        with pinning.held_to(cores.load):
            home = HOMES / f"scale-{choice.scale}"
            world = stack.enter_context(stage(home, scale=choice.scale, fresh=choice.fresh, report=report))
        crowd = Crowd(world)
        signed_in = list(tokens_of_all(crowd))
        everybody = contestants(world.addresses, folder)
        if choice.is_peer_alone or not _has_sockets(everybody[0], signed_in[0], folder, report):
            everybody = [one for one in everybody if one.name.removesuffix(TWIN) == TUNED]
        weights = _weights(
            everybody, signed_in, times=choice.idle_times, folder=folder, cores=cores, report=report
        )
        report("Starting everybody")
        servers = stack.enter_context(started(everybody, world.is_quiet, folder, cores.server))
        talking = couples(world, crowd, choice.couples)
        contest = Contest(servers, world, Turns(world, talking, choice.plan, cores.load), choice.plan)
        steady = contest.hold(lambda turn: report(_told(turn)))
        found = result(
            contest,
            choice,
            machine=machine(world, cores),
            couples=len(talking),
            steady_per_second=steady,
            idle=weights,
        )
    show(sheets.sheets(found), sheets.warnings(found), out)
    for path in page.keep(found, sheets.markdown(found), page.SOCKETS, HOMES):
        report(f"Written: {path.relative_to(ROOT)}")
    return not any(turn.errors for turn in found.turns)


def contestants(database: Addresses, home: Path) -> list[Contestant]:
    """Return everybody in the order of a turn; the peer twice, to see how equal equals are measured."""
    return [
        stoory(STOORY, database, home, UNLIMITED),
        stoory(LIMITED, database, home, NEVER_REACHED),
        peer(TUNED, database),
        peer(TUNED, database, twin=True),
    ]


def _has_sockets(one: Contestant, token: str, folder: Path, report: Report) -> bool:
    """Tell whether somebody can connect to Stoory, and say if not."""
    running = Running.start(one, folder, None)
    try:
        uvloop.run(_knock(running.url, token))
    except NoSockets as problem:
        report(f"Stoory has no sockets: {problem}. Only the peer is measured.")
        return False
    finally:
        running.stop()
    return True


async def _knock(url: str, token: str) -> None:
    client = await Client.connect(url, token, Ears.only_for_the_end(lambda _: None))
    client.close()


def _weights(
    everybody: Sequence[Contestant],
    tokens: Sequence[str],
    *,
    times: int,
    folder: Path,
    cores: pinning.Cores,
    report: Report,
) -> dict[str, Idle]:
    """Weigh an idle socket of each, of people as different as there are."""
    many = list(islice(cycle(tokens), MANY))
    found: dict[str, Idle] = {}
    for one in everybody if times else ():
        if one.name.endswith(TWIN):
            continue
        report(f"Weighing idle sockets of {one.name}")
        weighed = idle(one, many, folder, cores, times=times)
        if weighed is not None:
            found[one.name] = weighed
    return found


def _told(turn: Turn) -> str:
    errors = f", {turn.errors} faults: {turn.said}" if turn.errors else ""
    return f"{turn.measure}: {turn.contestant} {turn.per_second:,.0f}/s, p99 {turn.p99_ms:.1f} ms{errors}"
