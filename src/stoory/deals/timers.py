"""The clocks of the process: how long each runs, from when, and when it reminds.

Every figure is named here once. A clock runs in the states in which its action is a move.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from stoory.deals.deal import Deal
from stoory.deals.states import Action

OFFER_TTL: Final = timedelta(hours=72)
PAYMENT_TTL: Final = timedelta(days=3)
CHECKOUT_TTL: Final = timedelta(minutes=30)
DELIVERY_GRACE: Final = timedelta(days=7)
DELIVERY_TTL: Final = timedelta(days=75)
"""For a deal nobody named a day for."""
REVIEW_REMINDERS: Final = (timedelta(days=7), timedelta(days=13))
DISPUTE_REMINDERS: Final = (timedelta(), timedelta(days=3), timedelta(days=7))


class Span(Struct, frozen=True):
    """A time that runs; without an end it only reminds."""

    start: datetime
    end: datetime | None


Remind = int | timedelta
"""When to remind: at so many percent of the time, or so long after its start."""


class Timer(Struct, frozen=True, kw_only=True):
    """A clock."""

    span: Callable[[Deal], Span | None]
    reminders: tuple[Remind, ...] = (50, 90)
    runs_for: str
    """In words, for the documentation."""


def _offer(deal: Deal) -> Span:
    made = deal.offers[-1].at
    return Span(made, made + OFFER_TTL)


def _payment(deal: Deal) -> Span | None:
    return Span(deal.accepted_at, deal.accepted_at + PAYMENT_TTL) if deal.accepted_at else None


def _checkout(deal: Deal) -> Span | None:
    asked = deal.payment_asked_at
    return Span(asked, asked + CHECKOUT_TTL) if asked else None


def _review(deal: Deal) -> Span | None:
    since = deal.review_since
    return Span(since, since + timedelta(days=deal.terms.review_days)) if since else None


def _delivery(deal: Deal) -> Span | None:
    """Return the time to deliver: the day named and a week, in UTC, but a week from payment and changes at least."""
    if deal.funded_at is None:
        return None
    due = deal.funded_at + DELIVERY_TTL
    if deal.deliver_by:
        day_ends = datetime.combine(deal.deliver_by, time.max, UTC).replace(microsecond=0)
        due = max(day_ends, deal.funded_at) + DELIVERY_GRACE
    due += deal.delivery_delay
    since = deal.changes_since
    if since and since + DELIVERY_GRACE >= due:
        return Span(since, since + DELIVERY_GRACE)
    return Span(deal.funded_at, due)


def _dispute(deal: Deal) -> Span | None:
    return Span(deal.dispute.at, None) if deal.dispute else None


TIMERS: Final[dict[Action, Timer]] = {
    Action.OFFER_EXPIRED: Timer(span=_offer, runs_for="72 hours after the last offer"),
    Action.PAYMENT_ABANDONED: Timer(
        span=_checkout, reminders=(), runs_for="30 minutes after proceeding to payment"
    ),
    Action.PAYMENT_EXPIRED: Timer(span=_payment, runs_for="3 days after the first acceptance"),
    Action.AUTO_APPROVE: Timer(
        span=_review, reminders=REVIEW_REMINDERS, runs_for="the review days (14) after the work came"
    ),
    Action.DELIVERY_OVERDUE: Timer(
        span=_delivery,
        runs_for="7 days after the day of delivery, or 75 days after payment; 7 days after a change request at least",
    ),
    Action.RESOLVE_DISPUTE: Timer(
        span=_dispute, reminders=DISPUTE_REMINDERS, runs_for="for ever: it only reminds operators"
    ),
}
"""Every clock."""
