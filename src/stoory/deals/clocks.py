"""The clocks of a deal: when it moves by itself, and when somebody is reminded before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from stoory.deals.deal import Deal, Press, Reminder, system_press
from stoory.deals.rules import MOVES
from stoory.deals.states import Action
from stoory.deals.timers import TIMERS, Remind, Span


def wind(deal: Deal, before: Deal | None, at: datetime) -> Deal:
    """Return the deal with the clocks its state runs, after something happened at that instant.

    A clock that begins, or whose end has moved, starts anew with the reminders still to come; one that goes on keeps
    those not yet said.
    """
    spans = _running(deal)
    ran = _running(before) if before else {}
    kept = [reminder for reminder in deal.reminders if spans.get(reminder.timer) == ran.get(reminder.timer)]
    fresh = [
        reminder
        for action, span in spans.items()
        if ran.get(action) != span
        for reminder in _reminders(action, span)
        if reminder.at >= at
    ]
    deadlines = {action: span.end for action, span in spans.items() if span.end}
    return replace(deal, deadlines=deadlines, reminders=(*kept, *fresh))


def said(deal: Deal, data: dict[str, Any]) -> tuple[Reminder, ...]:
    """Return the reminders still to be said after this one; earlier ones of its clock are past with it."""
    timer, n = Action(data["timer"]), data["n"]
    return tuple(r for r in deal.reminders if r.timer is not timer or r.n > n)


def due(deal: Deal, now: datetime) -> Press | None:
    """Return the press the clock makes now, if any: the end of a clock, else the latest reminder reached.

    After a long sleep one reminder speaks for all that were missed; none is sent once the clock has run out.
    Call it again after the move: several clocks may be due.
    """
    ended = [(at, action) for action, at in deal.deadlines.items() if at <= now]
    if ended:
        return system_press(min(ended)[1], now)
    reached = [reminder for reminder in deal.reminders if reminder.at <= now]
    if not reached:
        return None
    last = max(reached, key=lambda reminder: reminder.at)
    return system_press(Action.REMINDER, now, {"timer": last.timer.value, "n": last.n})


def _running(deal: Deal) -> dict[Action, Span]:
    """Return the clocks that run in the deal's state."""
    spans = {action: timer.span(deal) for action, timer in TIMERS.items() if (deal.state, action) in MOVES}
    return {action: span for action, span in spans.items() if span}


def _reminders(action: Action, span: Span) -> list[Reminder]:
    return [
        Reminder(timer=action, n=n, at=span.start + _after(remind, span))
        for n, remind in enumerate(TIMERS[action].reminders, start=1)
    ]


def _after(remind: Remind, span: Span) -> timedelta:
    """Return how long after its start a clock reminds."""
    if isinstance(remind, timedelta):
        return remind
    return (span.end - span.start) * remind / 100 if span.end else timedelta()
