"""The figures as tables, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table

from bench.side_by_side.contestants import LIMIT, LIMITED, PEERS, REMEMBERING, STOORY, TUNED, TWIN, USUAL
from bench.side_by_side.figures import Figures, Turn
from bench.side_by_side.results import Goal, Ratios, Result, Row
from bench.side_by_side.rounds import TOLERANCE

NOTHING: Final = "-"
ORDER: Final = (USUAL, TUNED, LIMIT, STOORY, LIMITED, REMEMBERING)


class Sheet(Struct, frozen=True):
    """One table."""

    title: str
    header: list[str]
    rows: list[list[str]]


def sheets(result: Result) -> list[Sheet]:
    """Return the tables of a run."""
    made = [
        _speed(result),
        _p99(result),
        _means(result),
        goals(result.goals),
        _cpu(result),
        _share(result),
        _memory(result),
        _start(result),
    ]
    return [sheet for sheet in made if sheet.rows]


def warnings(result: Result) -> Iterator[str]:
    """Say what is wrong with a run."""
    for row in result.rows:
        if not row.is_believable:
            yield (
                f"INSTRUMENT NOT GOOD ENOUGH: in `{row.name}` a program was measured as {times(row.instrument)} "
                f"times as fast as itself, more than {TOLERANCE:.0%} off. Do not believe this row; measure again "
                "on a quieter machine."
            )
        for name, found in row.figures.items():
            if found.errors:
                said = next(turn.said for turn in result.turns if _is_of(turn, row, name) and turn.errors)
                yield f"INVALID: {name} failed {found.errors} times in `{row.name}`: no figures. It says: {said}"
    if result.loader != "wrk":
        yield f"Without wrk the load came from {result.loader}, which is slower than the fast servers and limits them."
    if not result.is_whole:
        yield "A part of the measures, or a short run: these figures are not for comparing."


def _is_of(turn: Turn, row: Row, name: str) -> bool:
    return turn.measure == row.name and turn.contestant == name


def show(sheets: Iterable[Sheet], warnings: Iterable[str], out: Console) -> None:
    """Print it all."""
    for sheet in sheets:
        table = Table(title=sheet.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for number, name in enumerate(sheet.header):
            table.add_column(name, justify="right" if number else "left")
        for row in sheet.rows:
            table.add_row(*row)
        out.print(table)
    for warning in warnings:
        out.print(warning, style="bold red", soft_wrap=True)


def markdown(result: Result) -> str:
    """Return it all as a part of a page."""
    about = f"{result.machine.told} Scale {result.scale}, {result.plan.told}, load by {result.loader}."
    return as_markdown(about, warnings(result), sheets(result))


def as_markdown(about: str, warnings: Iterable[str], sheets: Iterable[Sheet]) -> str:
    """Return tables as a part of a page."""
    return "\n\n".join([about, *(f"**{warning}**" for warning in warnings), *map(_as_markdown, sheets)])


def _as_markdown(sheet: Sheet) -> str:
    lines = [sheet.header, ["---", *["---:"] * (len(sheet.header) - 1)], *sheet.rows]
    return "\n".join([f"**{sheet.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])


def _speed(result: Result) -> Sheet:
    header = ["", *ORDER, *(f"/ {peer}" for peer in PEERS), "twins"]
    return Sheet(f"Answers a second, and how many times those of a peer {LIMITED} gives", header, [
        [
            row.title,
            *(figure(row.figures.get(name), lambda found: f"{found.per_second:,.0f}") for name in ORDER),
            *(times(row.ratios[LIMITED][peer]) for peer in PEERS),
            times(row.instrument) + ("" if row.is_believable else " !"),
        ]
        for row in result.rows
    ])  # fmt: skip


def _p99(result: Result) -> Sheet:
    return Sheet("p99 in milliseconds", ["", *ORDER, f"/ {TUNED}"], [
        [
            row.title,
            *(figure(row.figures.get(name), lambda found: f"{found.p99_ms:.1f}") for name in ORDER),
            times(row.p99_ratios[LIMITED][TUNED]),
        ]
        for row in result.rows
    ])  # fmt: skip


def figure(found: Figures | None, say: Callable[[Figures], str]) -> str:
    """Return what is said of figures, unless something was wrong with them."""
    if found is None:
        return NOTHING
    return "invalid" if found.errors else say(found)


def _means(result: Result) -> Sheet:
    """Return the means over reads and writes, of Stoory with and without limits."""
    rows = [
        [
            name,
            *(times(ratios[peer]) for peer in PEERS),
            *(times(result.p99_means[name][peer]) for peer in PEERS),
        ]
        for name, ratios in result.means.items()
    ]
    count = sum(not row.is_apart for row in result.rows)
    header = ["", *(f"/ {peer}" for peer in PEERS), *(f"p99 / {peer}" for peer in PEERS)]
    return Sheet(
        f"Geometric means of {count} measures, sign-in apart", header, rows if _is_any(result.means) else []
    )


def _is_any(ratios: Ratios) -> bool:
    return any(ratio is not None for of_one in ratios.values() for ratio in of_one.values())


def goals(goals: Iterable[Goal]) -> Sheet:
    """Return what is to be reached, and whether it is."""
    verdicts = {True: "met", False: "NOT met", None: "not measured"}
    rows = [
        [goal.text, NOTHING if goal.value is None else f"{goal.value:.2f}", verdicts[goal.is_met]]
        for goal in goals
    ]
    return Sheet("Goals, for stoory+limits", ["", "reached", ""], rows)


def _cpu(result: Result) -> Sheet:
    """Return what a request costs the server, whatever PostgreSQL, the load and strangers do meanwhile."""
    rows = [
        [
            row.title,
            *(figure(row.figures.get(name), lambda found: microseconds(found.cpu_us)) for name in ORDER),
        ]
        for row in result.rows
    ]
    return Sheet("Processor time of the server a request, in microseconds", ["", *ORDER], rows)


def microseconds(found: float | None) -> str:
    """Return a time where the system tells."""
    return NOTHING if found is None else f"{found:,.0f}"


def _share(result: Result) -> Sheet:
    """Return who was at work: what does not fill its own core waits for PostgreSQL, or for the load."""
    rows = [[row.title, *(figure(row.figures.get(name), shares) for name in ORDER)] for row in result.rows]
    return Sheet("In use: the server's core / the core of PostgreSQL and the load", ["", *ORDER], rows)


def shares(found: Figures) -> str:
    """Return how busy both cores were."""
    return " / ".join(NOTHING if one is None else f"{one:.0%}" for one in (found.busy, found.load_busy))


def _memory(result: Result) -> Sheet:
    names = [name for name in result.memory if not name.endswith(TWIN)]
    rows = [
        [name, *_megabytes([result.memory[name].at_rest, result.memory[name].after_load])] for name in names
    ]
    return Sheet("Resident memory in MiB", ["", "at rest", "after the load"], rows)


def _start(result: Result) -> Sheet:
    """Return how long Stoory takes to start."""
    started = result.starts
    seconds = [] if started is None else [started.serve_seconds, started.up_seconds]
    commands = ["stoory serve", "stoory up, PostgreSQL included"]
    rows = [[command, f"{one:.2f}"] for command, one in zip(commands, seconds, strict=False)]
    return Sheet("Start of Stoory, to the first 200, in seconds", ["", "median"], rows)


def _megabytes(found: Sequence[float | None]) -> list[str]:
    return [NOTHING if one is None else f"{one:.0f}" for one in found]


def times(ratio: float | None) -> str:
    """Return a ratio."""
    return NOTHING if ratio is None else f"{ratio:.2f}"
