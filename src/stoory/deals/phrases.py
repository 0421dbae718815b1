"""Filling in the words: what stands in the braces of `words`, told of one deal and one event."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from stoory.actor import Role
from stoory.deals import words
from stoory.deals.amounts import rupees
from stoory.deals.deal import Deal, Event
from stoory.deals.rules import spoken
from stoory.deals.states import UNPAID, Action, State, other_side
from stoory.money import Money

IN_DAYS_FROM_HOURS = 72
"""A longer time is told in days."""


def told(pattern: str, deal: Deal, event: Event) -> str:
    """Fill in the words. What people wrote is only ever a value here, never part of the pattern."""
    release, refund = _rupees(event, "release"), _rupees(event, "refund")
    return pattern.format(
        title=deal.terms.title,
        posting=deal.terms.kind,
        amount=rupees(deal.amount),
        amount_told=rupees(event.amount or deal.amount),
        least=rupees(deal.terms.min_amount),
        most=rupees(deal.terms.max_amount),
        agreed=rupees(deal.agreed_amount or deal.amount),
        paid=rupees(deal.paid),
        released=rupees(release),
        refunded=rupees(refund),
        mover=spoken(event.by_role),
        other=spoken(other_side(event.by_role)),
        rounds=rounds(deal),
        changes=changes(deal.changes_left),
        next=words.NEXT.get(deal.awaiting_role, "") if deal.awaiting_role else "",
        awaited=spoken(deal.awaiting_role),
        left=_left(deal, event),
        opener=spoken(deal.dispute.by) if deal.dispute else "",
        waited=_waited(deal, event),
        todo=_todo(deal),
        due=f" It is to be delivered by {deal.deliver_by}." if deal.deliver_by else "",
        review=words.REVIEW.format(days=deal.terms.review_days),
        charged=f"{rupees(refund)} goes back to the brand." if deal.is_funded else "Nothing was charged.",
        split=_split(release, refund),
        proposal=_proposal(deal),
    )


def rounds(deal: Deal) -> str:
    """Return how many more offers can be made."""
    return words.ROUNDS[min(deal.rounds_left, 2)].format(rounds_left=deal.rounds_left)


def changes(left: int) -> str:
    """Return how many more times changes can be asked for."""
    if left <= 0:
        return words.LAST_CHANGES
    return words.CHANGES_LEFT.format(count="one" if left == 1 else left, s="" if left == 1 else "s")


def remarks(event: Event) -> str:
    """Return what the mover added, each on a line of its own."""
    lines = [
        pattern.format(remark=remark)
        for name, pattern in words.REMARKS.items()
        for remark in _each(event.data.get(name))
    ]
    return "".join(f"\n{line}" for line in lines)


def _each(said: object) -> list[object]:
    return list(cast("list[object]", said)) if isinstance(said, list) else [said] if said else []


def _split(release: Money, refund: Money) -> str:
    parts = [
        f"{rupees(release)} is released to the influencer" if release > Money(0) else "",
        f"{rupees(refund)} goes back to the brand" if refund > Money(0) else "",
    ]
    return " and ".join(part for part in parts if part) + "."


def _proposal(deal: Deal) -> str:
    proposal = deal.cancel_proposal
    if proposal is None:
        return ""
    return f"{rupees(proposal.refund_amount)} of {rupees(deal.held)} would go back to the brand"


def _rupees(event: Event, name: str) -> Money:
    return Money.rupees(event.data.get(name, 0))


def _left(deal: Deal, event: Event) -> str:
    """Return the whole hours or days left on the clock that reminds: people plan with less time rather than more."""
    ends_at = deal.deadlines.get(Action(event.data["timer"])) if "timer" in event.data else None
    hours = (ends_at - event.at) // timedelta(hours=1) if ends_at else 0
    if hours >= IN_DAYS_FROM_HOURS:
        return f"{hours // 24} days"
    return {0: "less than an hour", 1: "one hour"}.get(hours, f"{hours} hours")


def _waited(deal: Deal, event: Event) -> str:
    days = (event.at - deal.dispute.at).days if deal.dispute else 0
    return f" for {days} days" if days else ""


def _todo(deal: Deal) -> str:
    if deal.is_pending:
        return f"answer the offer of {rupees(deal.amount)}"
    if deal.state in UNPAID:
        verb = "confirm the terms at" if deal.awaiting_role is Role.INFLUENCER else "pay"
        return f"{verb} {rupees(deal.agreed_amount or deal.amount)}"
    if deal.state is State.WORK_SUBMITTED:
        return "review the work; then it is approved by itself"
    return "submit the work"
