"""One run: set the stage, start everybody, hold the contest, tell of it. Whatever happens, nothing stays running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from bench.side_by_side import page, pinning, results, sheets
from bench.side_by_side.choice import Choice
from bench.side_by_side.contestants import NODE_PEERS, contestants
from bench.side_by_side.crowd import Crowd
from bench.side_by_side.figures import Turn
from bench.side_by_side.load import Loader
from bench.side_by_side.machine import machine
from bench.side_by_side.measures import Measure, Scene
from bench.side_by_side.node import install, node
from bench.side_by_side.results import Memory, Result
from bench.side_by_side.rounds import Contest
from bench.side_by_side.running import ROOT, Failed, scratch, started
from bench.side_by_side.stage import stage
from bench.side_by_side.starts import starts

HOMES: Final = ROOT / ".bench"


def run(choice: Choice, out: Console) -> Result:
    """Measure what was chosen; show the figures and keep them. It has fewer rows than that when something failed."""

    def report(step: str) -> None:
        out.print(f"  {step}", style="dim")

    choice = _possible(choice, out)
    cores = pinning.choose()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        with pinning.held_to(cores.load):
            home = HOMES / f"scale-{choice.scale}"
            world = stack.enter_context(stage(home, scale=choice.scale, fresh=choice.fresh, report=report))
        here = machine(world, cores)
        report("Starting Stoory a few times")
        start = starts(world.addresses, folder)
        report("Starting everybody")
        everybody = contestants(world.addresses, folder, choice.peers)
        servers = stack.enter_context(started(everybody, world.is_quiet, folder, cores.server))
        contest = Contest(servers, Scene(world, Crowd(world)), Loader(folder, cores.load), choice.plan)
        at_rest = {server.name: server.memory_mb() for server in servers}
        choice = replace(choice, measures=_held(contest, choice, out))
        memory = {
            server.name: Memory(at_rest=at_rest[server.name], after_load=server.memory_mb())
            for server in servers
        }
        result = results.result(contest, choice, machine=here, memory=memory, starts=start)
    sheets.show(sheets.sheets(result), sheets.warnings(result), out)
    for path in page.keep(result, sheets.markdown(result), page.ROUTES, HOMES):
        report(f"Written: {path.relative_to(ROOT)}")
    return result


def _possible(choice: Choice, out: Console) -> Choice:
    """Install what the chosen peers need; without Node, leave out those that are written for it."""
    if not {*NODE_PEERS} & {*choice.peers}:
        return choice
    if node() is None:
        out.print(
            "There is no Node on this machine: the peers usual and tuned are left out.", style="bold red"
        )
        return replace(choice, peers=[peer for peer in choice.peers if peer not in NODE_PEERS])
    install(lambda step: out.print(f"  {step}", style="dim"))
    return choice


def _held(contest: Contest, choice: Choice, out: Console) -> list[Measure]:
    """Measure one route after the other; return which are measured. What fails ends the run, not what came before."""
    done: list[Measure] = []
    try:
        for measure in _watched(contest, choice, out):
            done.append(measure)  # noqa: PERF402 - what was done before a failure is kept
    except Failed as problem:
        out.print("[bold red]bench:[/]", Text(str(problem)), soft_wrap=True)
    return done


def _watched(contest: Contest, choice: Choice, out: Console) -> Iterator[Measure]:
    """Yield each measure when it is done, and say how far it is."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        for measure in choice.measures:
            turns = choice.plan.turns(len(contest.taking_part(measure)))
            task, before = progress.add_task(measure.title, total=turns), len(contest.turns.all)

            def tell(turn: Turn, task: int = task, before: int = before, turns: int = turns) -> None:
                errors = f", {turn.errors} errors" if turn.errors else ""
                said = f"{turn.measure}: {turn.contestant} {turn.per_second:,.0f}/s{errors}"
                total = max(turns, len(contest.turns.all) - before)
                progress.update(TaskID(task), advance=1, total=total, description=said)

            contest.hold(measure, tell)
            progress.update(task, description=measure.title)
            yield measure
