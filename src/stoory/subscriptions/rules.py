"""How a subscription begins, is paid, changes and ends. Pure: each function returns the subscription as it is then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from stoory.actor import Actor
from stoory.errors import Conflict, NotFound
from stoory.money import Balance, Money
from stoory.plans.rules import Plan
from stoory.subscriptions.clock import ended, not_asked, scheduled
from stoory.subscriptions.periods import Span, boundary, unused_of
from stoory.subscriptions.subscription import (
    Chosen,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    Status,
    Subscription,
)

NOTHING: Final = Money(0)
LEAST_AMOUNT: Final = Money(100)
"""The smallest amount Razorpay takes: one rupee."""


def pending(subscription_id: UUID, user_id: UUID, plan: Plan, chosen: Chosen, now: datetime) -> Subscription:
    """Return a subscription that waits for its first payment."""
    return scheduled(
        Subscription(
            id=subscription_id,
            user_id=user_id,
            plan=plan.plan,
            plan_valid_from=plan.valid_from,
            period=chosen.period,
            status=Status.PENDING,
            amount=price(plan, chosen),
            created_at=now,
            updated_at=now,
        )
    )


def basic(subscription_id: UUID, user_id: UUID, plan: Plan, now: datetime) -> Subscription:
    """Return the subscription of somebody who asks for what everybody has."""
    return Subscription(
        id=subscription_id,
        user_id=user_id,
        plan=plan.plan,
        plan_valid_from=plan.valid_from,
        period=None,
        status=Status.ACTIVE,
        amount=Balance(0),
        started_at=now,
        created_at=now,
        updated_at=now,
    )


def price(plan: Plan, chosen: Chosen) -> Balance:
    """Return what a whole period of a plan costs."""
    months = {1: plan.monthly_paise, 12: plan.yearly_paise}
    return Balance(months[chosen.period.months])


def is_wanted(subscription: Subscription, invoice: Invoice, now: datetime) -> bool:
    """Tell whether money for an invoice is still waited for; if not, it is given back."""
    if invoice.status is not InvoiceStatus.OPEN:
        return False
    match invoice.kind:
        case InvoiceKind.START:
            return subscription.status is Status.PENDING
        case InvoiceKind.RENEWAL:
            return subscription.is_live and (subscription.lapses_at is None or now < subscription.lapses_at)
        case InvoiceKind.UPGRADE:
            return subscription.status is Status.ACTIVE and (
                subscription.period is None or now < subscription.paid_to
            )


def span_of(subscription: Subscription, invoice: Invoice, now: datetime) -> tuple[datetime, datetime]:
    """Return the time that an invoice pays for, if it is paid now."""
    if invoice.starts_at is not None and invoice.ends_at is not None:
        return invoice.starts_at, invoice.ends_at
    if subscription.status is Status.ACTIVE and subscription.period is invoice.period:
        return now, subscription.paid_to
    return now, boundary(now, 1, invoice.period)


def paid(subscription: Subscription, invoice: Invoice, now: datetime) -> Subscription:
    """Return it once an invoice, whose span is known, is paid: begun, on another plan, or with its next period paid."""
    if invoice.kind is InvoiceKind.RENEWAL:
        if subscription.status is Status.PAST_DUE:
            return period_begun(subscription, invoice, now)
        return scheduled(
            replace(subscription, paid_until=invoice.span.end, lapses_at=None, reminders=0, updated_at=now)
        )
    span = invoice.span
    after = replace(
        subscription,
        plan=invoice.plan,
        plan_valid_from=invoice.plan_valid_from,
        amount=invoice.full_price,
        next_plan=None,
        next_period=None,
        lapses_at=subscription.paid_until if subscription.cancel_at_period_end else None,
        updated_at=now,
    )
    if subscription.status is Status.ACTIVE and subscription.period is invoice.period:
        return scheduled(after)
    return scheduled(
        replace(
            after,
            status=Status.ACTIVE,
            period=invoice.period,
            anchor_at=span.start,
            periods_begun=0,
            current_period_start=span.start,
            current_period_end=span.end,
            paid_until=span.end,
            lapses_at=span.end if subscription.cancel_at_period_end else None,
            started_at=subscription.started_at or now,
        )
    )


def period_begun(subscription: Subscription, invoice: Invoice, now: datetime) -> Subscription:
    """Return it in the next period, on the plan of the invoice that paid for it last."""
    _, start = subscription.running
    end = invoice.span.end
    keeps_pace = subscription.period is invoice.period
    is_as_planned = invoice.chosen == subscription.next_chosen
    return scheduled(
        replace(
            subscription,
            status=Status.ACTIVE,
            plan=invoice.plan,
            plan_valid_from=invoice.plan_valid_from,
            period=invoice.period,
            amount=invoice.full_price,
            anchor_at=subscription.anchor_at if keeps_pace else start,
            periods_begun=subscription.periods_begun + 1 if keeps_pace else 0,
            current_period_start=start,
            current_period_end=end,
            paid_until=end,
            next_plan=None if is_as_planned else subscription.next_plan,
            next_period=None if is_as_planned else subscription.next_period,
            lapses_at=end if subscription.cancel_at_period_end else None,
            reminders=0,
            updated_at=now,
        )
    )


def next_span(subscription: Subscription) -> tuple[datetime, datetime]:
    """Return the period after the running one, on whatever plan it will be."""
    _, end = subscription.running
    chosen, anchor = subscription.next_chosen, subscription.anchor_at
    if chosen is None or anchor is None:
        raise ValueError(f"{subscription.id} has no periods")
    if chosen.period is subscription.period:
        return end, boundary(anchor, subscription.periods_begun + 2, chosen.period)
    return end, boundary(end, 1, chosen.period)


def upgrade_quote(
    subscription: Subscription, full_price: Balance, chosen: Chosen, spans: Sequence[Span], now: datetime
) -> tuple[Balance, Balance]:
    """Return what an upgrade costs now, and what was paid already for the same time: both to the paisa.

    On the same period it is the rest of what is paid for that costs more; else a period begins anew.
    """
    credit = Balance(unused_of(spans, now).paise)
    if subscription.period is not chosen.period:
        return full_price, credit
    start, end = subscription.running
    bought = [Span(start, end, full_price)]
    if subscription.is_prepaid:
        bought.append(Span(end, subscription.paid_to, full_price))
    return Balance(unused_of(bought, now).paise), credit


def asked_for(price: Money, *, discount: Money = NOTHING, credit: Money = NOTHING) -> Balance:
    """Return what is left to pay; what is less than can be paid is waived."""
    left = price - discount - credit
    return Balance(left.paise if left >= LEAST_AMOUNT else 0)


def require_owner(subscription: Subscription, actor: Actor) -> None:
    """Raise NotFound unless it is this person's, or an operator asks."""
    if not actor.is_admin and subscription.user_id != actor.id:
        raise NotFound


def check_upgrade(subscription: Subscription, chosen: Chosen) -> None:
    """Raise Conflict unless it may go up to that plan now."""
    if subscription.status is Status.PAST_DUE:
        raise Conflict("Pay the renewal first: this subscription is past due.", code="past_due")
    _check_live(subscription)
    current = subscription.chosen
    if current is not None and not chosen.is_above(current):
        raise Conflict(
            f"{chosen.plan} {chosen.period} is no upgrade of {current.plan} {current.period}; "
            "what is less begins with the next period (downgrade).",
            code="not_an_upgrade",
        )


def downgraded(subscription: Subscription, chosen: Chosen, now: datetime) -> Subscription:
    """Return it with less from the next period on; Conflict `not_a_downgrade`, `not_active`."""
    _check_live(subscription)
    current = subscription.chosen
    if current is None or not chosen.is_below(current):
        raise Conflict("This is not less than what you are on.", code="not_a_downgrade")
    return not_asked(
        replace(subscription, next_plan=chosen.plan, next_period=chosen.period, cancel_at_period_end=False),
        now,
    )


def cancelled_at_end(subscription: Subscription, now: datetime) -> Subscription:
    """Return it so that it ends with what is paid for; at once where that is over. Conflict `not_active`."""
    if subscription.status is not Status.ACTIVE or subscription.period is None:
        return cancelled(subscription, now)
    ends_at = subscription.paid_to
    return scheduled(
        replace(
            subscription,
            cancel_at_period_end=True,
            next_plan=None,
            next_period=None,
            lapses_at=ends_at,
            updated_at=now,
        )
    )


def cancelled(subscription: Subscription, now: datetime) -> Subscription:
    """Return it ended; Conflict `not_active` where it has ended already."""
    if subscription.status is not Status.PENDING:
        _check_live(subscription)
    return ended(subscription, Status.CANCELLED, now, now)


def resumed(subscription: Subscription, now: datetime) -> Subscription:
    """Return it so that it goes on as it is; Conflict where neither its end nor a change was to come."""
    _check_live(subscription)
    if not subscription.cancel_at_period_end and subscription.next_plan is None:
        raise Conflict("Nothing is to be taken back: this subscription goes on.", code="nothing_to_resume")
    return not_asked(replace(subscription, cancel_at_period_end=False, next_plan=None, next_period=None), now)


def quoted(subscription: Subscription, now: datetime) -> Subscription:
    """Return it while an upgrade is asked for: its renewal is not asked for meanwhile."""
    is_to_go_on = subscription.period is not None and not subscription.cancel_at_period_end
    return not_asked(subscription, now) if is_to_go_on else subscription


def _check_live(subscription: Subscription) -> None:
    if not subscription.is_live:
        raise Conflict(f"This subscription is {subscription.status}.", code="not_active")
