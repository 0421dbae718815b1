"""The clocks of a deal: when it moves by itself, and when somebody is reminded before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from stoory.deals.deal import Deal, Press, Reminder, system_press
from stoory.deals.rules import MOVES, TIMERS, Timer
from stoory.deals.states import Action


def wind(deal: Deal) -> Deal:
    """Return the deal with the clocks its state runs.

    A clock whose end has moved starts anew with all its reminders; one that stands keeps those not yet said.
    """
    running = {action: timer for action, timer in TIMERS.items() if (deal.state, action) in MOVES}
    deadlines = {action: ends for action, timer in running.items() if (ends := _ends(deal, timer))}
    kept = [r for r in deal.reminders if deadlines.get(r.timer) == deal.deadlines.get(r.timer)]
    fresh = [
        reminder
        for action, ends in deadlines.items()
        if deal.deadlines.get(action) != ends
        for reminder in _reminders(action, ends)
    ]
    return replace(deal, deadlines=deadlines, reminders=(*kept, *fresh))


def said(deal: Deal, data: dict[str, Any]) -> tuple[Reminder, ...]:
    """Return the reminders still to be said after this one; earlier ones of its clock are past with it."""
    timer, percent = Action(data["timer"]), data["percent"]
    return tuple(r for r in deal.reminders if r.timer is not timer or r.percent > percent)


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
    return system_press(Action.REMINDER, now, {"timer": last.timer.value, "percent": last.percent})


def _ends(deal: Deal, timer: Timer) -> datetime | None:
    since = timer.since(deal)
    return since + timer.lasts if since else None


def _reminders(action: Action, ends: datetime) -> list[Reminder]:
    timer = TIMERS[action]
    return [
        Reminder(timer=action, percent=percent, at=ends - timer.lasts * (100 - percent) / 100)
        for percent in timer.reminders
    ]
