"""The deal process told to people: tables and a diagram, made of the very table that decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from stoory.deals.deal import MAX_OFFERS
from stoory.deals.projections import STATUS
from stoory.deals.rules import MOVES, OPENINGS, PROCESS_VERSION, Move
from stoory.deals.states import CLOSED, Action, State
from stoory.deals.timers import TIMERS, Remind

PAGE: Final = """# The deal process

This page is made from the table in `src/stoory/deals/rules.py` by `make docs`; edit the table, not the page.

Every request is a deal from the moment it exists: one request, one conversation, one row in `deals`. All that can
happen to it is below, version {version} of the process. A deal keeps the version, the bounds of its amount and the
other terms with which it began.

## How a deal begins

The amount named then is offer 1, the state is `initial`. There are at most {offers} offers.

{openings}

## States

{states}

```mermaid
{diagram}
```

## Moves

What is not in this table cannot happen. *awaiting role* may move only on its turn; everybody else may make a move
whenever the deal is in one of its states. An operator may make the moves of both sides. A *prompt* is a button that
asks for input; sent together with all the fields it would ask for, it is the move it asks for. *Not while* names what
of the deal itself refuses the move.

{moves}

## Clocks

A clock runs in the states in which its action is a move, and then makes that move by itself. Before, it reminds the
side that is awaited.

{timers}
"""


def page() -> str:
    """Return the page, in Markdown."""
    return PAGE.format(
        version=PROCESS_VERSION,
        offers=MAX_OFFERS,
        openings=_table(("action", "by", "whose turn then"), _openings()),
        states=_table(("state", "status of the request", ""), _states()),
        diagram=diagram(),
        moves=_table(("from", "action", "by", "to", "whose turn then", "prompt for", "not while"), _moves()),
        timers=_table(("action", "in", "runs for", "reminds at"), _timers()),
    )


def diagram() -> str:
    """Return the states and moves as a Mermaid state diagram; moves between the same two states share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, action), move in MOVES.items():
        for target in (move.to or state, *move.or_to):
            arrows.setdefault((state, target), []).append(action)
    return "\n".join(
        (
            "stateDiagram-v2",
            f"    [*] --> {State.INITIAL}: {', '.join(OPENINGS)}",
            *(
                f"    {source} --> {target}: {', '.join(actions)}"
                for (source, target), actions in arrows.items()
            ),
            *(f"    {state} --> [*]" for state in State if state in CLOSED),
        )
    )


def _openings() -> Iterable[tuple[str, ...]]:
    for action, (may, turn) in OPENINGS.items():
        yield f"`{action}`", ", ".join(may), turn


def _states() -> Iterable[tuple[str, ...]]:
    for state in State:
        yield f"`{state}`", STATUS[state], "closed" if state in CLOSED else ""


def _moves() -> Iterable[tuple[str, ...]]:
    rows: dict[tuple[Action, Move], list[str]] = {}
    for (state, action), move in MOVES.items():
        rows.setdefault((action, move), []).append(state)
    for (action, move), states in rows.items():
        yield (
            ", ".join(states),
            f"`{action}`",
            move.by,
            " or ".join((move.to or "same", *move.or_to)),
            move.next,
            f"`{move.asks}`" if move.asks else "",
            _words(move.unless) if move.unless else "",
        )


def _words(condition: Callable[..., object]) -> str:
    """Return the name of a condition as words: `out_of_rounds` is out of rounds."""
    return condition.__name__.replace("_", " ")


def _timers() -> Iterable[tuple[str, ...]]:
    for action, timer in TIMERS.items():
        states = [state for state, each in MOVES if each is action]
        yield f"`{action}`", ", ".join(states), timer.runs_for, ", ".join(map(_when, timer.reminders))


def _when(remind: Remind) -> str:
    """Return when a clock reminds, in words."""
    if isinstance(remind, int):
        return f"{remind} %"
    return f"{remind.days} days" if remind else "at once"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
