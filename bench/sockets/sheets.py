"""The figures of sockets as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bench.side_by_side.contestants import LIMITED, STOORY, TUNED, TWIN
from bench.side_by_side.figures import Figures
from bench.side_by_side.rounds import TOLERANCE
from bench.side_by_side.sheets import NOTHING, Sheet, as_markdown, figure, goals, microseconds, shares, times
from bench.sockets.results import Result, Row

ORDER: Final = (TUNED, STOORY, LIMITED)


def sheets(result: Result) -> list[Sheet]:
    """Return the tables of a run."""
    made = [
        _speed(result),
        _latency(result),
        _cpu(result),
        _share(result),
        _idle(result),
        goals(result.goals),
    ]
    return [sheet for sheet in made if sheet.rows]


def warnings(result: Result) -> Iterator[str]:
    """Say what is wrong with a run."""
    if STOORY not in result.rows[0].figures:
        yield "Only the peer was measured."
    for row in result.rows:
        if not row.is_believable:
            yield (
                f"INSTRUMENT NOT GOOD ENOUGH: `{row.name}`, a program was measured as {times(row.instrument)} times "
                f"as fast as itself, more than {TOLERANCE:.0%} off. Measure again on a quieter machine."
            )
        for name, found in row.figures.items():
            if found.errors:
                said = next(turn.said for turn in result.turns if turn.contestant == name and turn.errors)
                yield f"INVALID: {name}, `{row.name}`, {found.errors} faults: no figures. {said}"
    if not result.is_whole:
        yield "A part of the contestants, or a short run: these figures are not for comparing."


def markdown(result: Result) -> str:
    """Return it all as a part of a page."""
    about = (
        f"{result.machine.told} Scale {result.scale}, {result.couples} couples, {result.plan.told}; steady is "
        f"{result.steady_per_second:,.0f} messages a second."
    )
    return as_markdown(about, warnings(result), sheets(result))


def _speed(result: Result) -> Sheet:
    header = ["", *ORDER, *(f"{one} / {TUNED}" for one in (STOORY, LIMITED)), "twins"]
    return Sheet("Messages a second: stored, acknowledged, told to both", header, [
        [
            row.name,
            *_each(row, lambda found: f"{found.per_second:,.0f}"),
            *(times(row.ratios[one]) for one in (STOORY, LIMITED)),
            times(row.instrument) + ("" if row.is_believable else " !"),
        ]
        for row in result.rows
    ])  # fmt: skip


def _latency(result: Result) -> Sheet:
    rows: list[list[str]] = []
    for row in result.rows:
        ratios = [times(row.p99_ratios[one]) for one in (STOORY, LIMITED)]
        rows += [
            [f"{row.name}, median", *_each(row, lambda found: f"{found.p50_ms:.1f}"), NOTHING, NOTHING],
            [f"{row.name}, p99", *_each(row, lambda found: f"{found.p99_ms:.1f}"), *ratios],
        ]
    header = ["", *ORDER, *(f"{one} / {TUNED}" for one in (STOORY, LIMITED))]
    return Sheet("From sending to the last of the three, in milliseconds", header, rows)


def _cpu(result: Result) -> Sheet:
    rows: list[list[str]] = []
    for row in result.rows:
        rows += [
            [f"{row.name}, server", *_each(row, lambda found: microseconds(found.cpu_us))],
            [f"{row.name}, PostgreSQL", *_each(row, lambda found: microseconds(found.database_cpu_us))],
            [f"{row.name}, the load", *_each(row, lambda found: microseconds(found.load_cpu_us))],
        ]
    return Sheet("Processor time a message, in microseconds", ["", *ORDER], rows)


def _share(result: Result) -> Sheet:
    rows = [[row.name, *_each(row, shares)] for row in result.rows]
    return Sheet("In use: the server's core / the core of PostgreSQL and the load", ["", *ORDER], rows)


def _idle(result: Result) -> Sheet:
    rows = [
        [name, f"{one.few_kb / 1024:.0f}", f"{one.many_kb / 1024:.0f}", f"{one.a_socket_kb:.1f}"]
        for name, one in result.idle.items()
        if not name.endswith(TWIN)
    ]
    header = ["", "MiB with 200", "MiB with 1,200", "KiB a socket"]
    return Sheet("Resident memory of a fresh process, by idle sockets", header, rows)


def _each(row: Row, say: Callable[[Figures], str]) -> Sequence[str]:
    return [figure(row.figures.get(name), say) for name in ORDER]
