"""What its owner, or an operator, does to a subscription."""

from __future__ import annotations

from msgspec.structs import replace

from stoory.accounts.actions import audit
from stoory.actor import Actor
from stoory.errors import Conflict
from stoory.payments.queries import orders
from stoory.payments.queries.orders import Order
from stoory.plans import queries as plans
from stoory.plans.rules import Plan
from stoory.platform.database import Tx
from stoory.subscriptions import queries, rules
from stoory.subscriptions.actions.advance import advance, held, renew
from stoory.subscriptions.actions.billing import Asked, ask, draft, save, void
from stoory.subscriptions.clock import QUOTE_FOR
from stoory.subscriptions.queries import invoices
from stoory.subscriptions.subscription import (
    Chosen,
    Invoice,
    InvoiceKind,
    Status,
    Subscription,
)


async def upgrade(tx: Tx, actor: Actor, seen: Subscription, chosen: Chosen, *, seller: str) -> Asked:
    """Ask for the difference to a higher plan, which holds once it is paid; asked again soon, the same order.

    Raises Conflict `not_an_upgrade`, `past_due`, `not_active`.
    """
    subscription = await _hold(tx, actor, seen, seller)
    rules.check_upgrade(subscription, chosen)
    plan = next(each for each in await plans.offered(tx, seen.user_id) if each.plan == chosen.plan)
    waiting = await invoices.open_invoice(tx, subscription.id)
    if waiting is not None and _is_same(waiting, plan, chosen, tx) and waiting.order_id is not None:
        order = await orders.order(tx, waiting.order_id)
        return Asked(subscription=subscription, invoice=waiting, order=order, is_new=False)
    await void(tx, subscription)
    quoted = rules.quoted(subscription, tx.now)
    await queries.save_subscription(tx, quoted)
    return await ask(tx, quoted, await _quote(tx, quoted, plan, chosen), seller=seller, by=actor.id)


async def downgrade(tx: Tx, actor: Actor, seen: Subscription, chosen: Chosen, *, seller: str) -> Subscription:
    """Have less from the next period on. Raises Conflict `not_a_downgrade`, `not_active`."""
    subscription = await _hold(tx, actor, seen, seller)
    after = rules.downgraded(subscription, chosen, tx.now)
    facts = {"plan": chosen.plan, "period": chosen.period}
    return await _replan(tx, actor, await save(tx, after, "downgraded", facts, by=actor.id), seller)


async def resume(tx: Tx, actor: Actor, seen: Subscription, *, seller: str) -> Subscription:
    """Take back a cancellation, or a downgrade, that is to come. Raises Conflict `nothing_to_resume`, `not_active`."""
    subscription = await _hold(tx, actor, seen, seller)
    after = rules.resumed(subscription, tx.now)
    return await _replan(tx, actor, await save(tx, after, "resumed", {}, by=actor.id), seller)


async def cancel(
    tx: Tx, actor: Actor, seen: Subscription, *, at_period_end: bool, seller: str
) -> Subscription:
    """End a subscription with what is paid for, or now, which gives nothing back. Conflict `not_active`."""
    subscription = await _hold(tx, actor, seen, seller)
    if at_period_end and subscription.cancel_at_period_end and subscription.is_live:
        return subscription
    end = rules.cancelled_at_end if at_period_end else rules.cancelled
    after = end(subscription, tx.now)
    await void(tx, subscription)
    await _audit(tx, actor, after, "cancel_subscription")
    kind = "cancelled" if after.status is Status.CANCELLED else "cancelled_at_end"
    return await save(tx, after, kind, {}, by=actor.id)


async def waiting_order(tx: Tx, actor: Actor, subscription: Subscription) -> tuple[Invoice, Order]:
    """Return what waits to be paid for a subscription, and by which order; Conflict `nothing_to_pay`."""
    rules.require_owner(subscription, actor)
    invoice = await invoices.open_invoice(tx, subscription.id)
    if invoice is None or invoice.order_id is None:
        text = f"Nothing is to be paid for this subscription now: it is {subscription.status}."
        raise Conflict(text, code="nothing_to_pay")
    return invoice, await orders.order(tx, invoice.order_id)


async def _hold(tx: Tx, actor: Actor, seen: Subscription, seller: str) -> Subscription:
    """Go on with a subscription that was loaded as the user."""
    rules.require_owner(seen, actor)
    await tx.as_system("a subscription and its invoices")
    return await held(tx, seen, seller=seller)


async def _replan(tx: Tx, actor: Actor, after: Subscription, seller: str) -> Subscription:
    """Ask for another renewal where one was asked for, now that the next period is to be another."""
    await _audit(tx, actor, after, "change_subscription")
    if after.status is Status.PAST_DUE:
        return (await renew(tx, after, seller=seller)).subscription
    return await advance(tx, after, seller=seller)


async def _audit(tx: Tx, actor: Actor, of: Subscription, what: str) -> None:
    if actor.id != of.user_id:
        await audit(tx, actor, "change_subscription", of.user_id, {"subscription_id": of.id, "what": what})


async def _quote(tx: Tx, subscription: Subscription, plan: Plan, chosen: Chosen) -> Invoice:
    asked = draft(tx, subscription, plan, chosen, InvoiceKind.UPGRADE)
    spans = [each.span for each in await invoices.paid_after(tx, subscription.id, tx.now)]
    price, credit = rules.upgrade_quote(subscription, asked.full_price, chosen, spans, tx.now)
    amount = rules.asked_for(price, credit=credit)
    return replace(asked, price=price, credit=credit, amount=amount, expires_at=tx.now + QUOTE_FOR)


def _is_same(waiting: Invoice, plan: Plan, chosen: Chosen, tx: Tx) -> bool:
    """Tell whether just this was asked for a moment ago."""
    return (
        waiting.kind is InvoiceKind.UPGRADE
        and waiting.chosen == chosen
        and (waiting.plan_valid_from, waiting.full_price) == (plan.valid_from, rules.price(plan, chosen))
        and waiting.expires_at is not None
        and tx.now < waiting.expires_at
    )
