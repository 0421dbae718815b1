"""What the clock of a subscription does, and when. Pure: each function returns the subscription as it is then."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from stoory.subscriptions.subscription import Invoice, Status, Subscription

PENDING_FOR: Final = timedelta(hours=24)
"""How long what was asked for waits for its first payment."""
QUOTE_FOR: Final = timedelta(minutes=30)
"""How long the price of an upgrade holds: meanwhile the rest of the period becomes a little shorter."""
ASKED_BEFORE: Final = timedelta(days=3)
"""How long before a period's end its renewal is asked for."""
GRACE: Final = timedelta(days=7)
"""How long a plan goes on unpaid."""
REMINDED_AFTER: Final = (timedelta(days=1), timedelta(days=3), timedelta(days=6))
"""When, within the grace, its owner is reminded again."""


class Step(StrEnum):
    """What a subscription's clock does."""

    ASK = "renewal_asked"
    BEGIN_PREPAID = "period_begun"
    FALL_DUE = "past_due"
    REMIND = "reminded"
    CANCEL = "cancelled"
    EXPIRE = "expired"
    WAIT = "waited"
    """An upgrade may still be paid: it is looked at again then."""


def step(subscription: Subscription, waiting: Invoice | None, now: datetime) -> Step | None:
    """Return what its clock does now, given the invoice that is open; None: nothing until `due_at`."""
    match subscription.status:
        case Status.PENDING:
            return Step.EXPIRE if now >= subscription.created_at + PENDING_FOR else None
        case Status.ACTIVE if subscription.period is not None:
            return _when_active(subscription, waiting, now)
        case Status.PAST_DUE:
            return _when_past_due(subscription, now)
        case _:
            return None


def _when_active(subscription: Subscription, waiting: Invoice | None, now: datetime) -> Step | None:
    _, end = subscription.running
    is_over = now >= end
    if subscription.is_prepaid:
        return Step.BEGIN_PREPAID if is_over else None
    if subscription.cancel_at_period_end:
        return Step.CANCEL if is_over else None
    if subscription.lapses_at is None and now >= end - ASKED_BEFORE:
        quoted_until = waiting.expires_at if waiting else None
        return Step.WAIT if quoted_until is not None and now < min(quoted_until, end) else Step.ASK
    return Step.FALL_DUE if is_over else None


def _when_past_due(subscription: Subscription, now: datetime) -> Step | None:
    if subscription.lapses_at is not None and now >= subscription.lapses_at:
        return Step.EXPIRE
    return Step.REMIND if _reminders_by(subscription, now) > subscription.reminders else None


def asked(subscription: Subscription, now: datetime) -> Subscription:
    """Return it once its renewal is asked for; however late that is, there are days to pay."""
    _, end = subscription.running
    return scheduled(
        replace(subscription, lapses_at=subscription.lapses_at or max(end, now) + GRACE, updated_at=now)
    )


def waiting_until(subscription: Subscription, waiting: Invoice) -> Subscription:
    """Return it so that it is looked at again once its open upgrade is not waited for any more."""
    _, end = subscription.running
    return replace(subscription, due_at=min(waiting.expires_at or end, end))


def fallen_due(subscription: Subscription, now: datetime) -> Subscription:
    """Return it with its period over and the next not paid."""
    return scheduled(replace(subscription, status=Status.PAST_DUE, updated_at=now))


def reminded(subscription: Subscription, now: datetime) -> Subscription:
    """Return it once its owner was reminded, for every time that is due."""
    return scheduled(replace(subscription, reminders=_reminders_by(subscription, now), updated_at=now))


def run_out(subscription: Subscription, now: datetime) -> Subscription:
    """Return it ended by its clock, at the instant its end was for, however late the clock is."""
    if subscription.status is Status.PENDING:
        return ended(subscription, Status.EXPIRED, now, now)
    status = Status.CANCELLED if subscription.cancel_at_period_end else Status.EXPIRED
    return ended(subscription, status, subscription.lapses_at or now, now)


def scheduled(subscription: Subscription) -> Subscription:
    """Return it with the instant at which its clock has something to do."""
    return replace(subscription, due_at=_due_at(subscription))


def not_asked(subscription: Subscription, now: datetime) -> Subscription:
    """Return it with its renewal still to be asked for; what is past due stays asked for."""
    is_past_due = subscription.status is Status.PAST_DUE
    lapses_at = subscription.lapses_at if is_past_due else None
    return scheduled(replace(subscription, lapses_at=lapses_at, updated_at=now))


def ended(subscription: Subscription, status: Status, ended_at: datetime, now: datetime) -> Subscription:
    """Return it over, since an instant that may lie a little back."""
    return scheduled(
        replace(
            subscription,
            status=status,
            ended_at=ended_at,
            next_plan=None,
            next_period=None,
            lapses_at=None,
            updated_at=now,
        )
    )


def _due_at(subscription: Subscription) -> datetime | None:
    match subscription.status:
        case Status.PENDING:
            return subscription.created_at + PENDING_FOR
        case Status.ACTIVE if subscription.period is not None:
            _, end = subscription.running
            is_settled = subscription.is_prepaid or subscription.lapses_at is not None
            return end if is_settled else end - ASKED_BEFORE
        case Status.PAST_DUE:
            later = _reminders(subscription)[subscription.reminders :]
            return min([*later[:1], *filter(None, [subscription.lapses_at])])
        case _:
            return None


def _reminders(subscription: Subscription) -> list[datetime]:
    """Return when its owner is reminded of the renewal that was asked for."""
    if subscription.lapses_at is None:
        return []
    return [subscription.lapses_at - GRACE + after for after in REMINDED_AFTER]


def _reminders_by(subscription: Subscription, now: datetime) -> int:
    return sum(at <= now for at in _reminders(subscription))
