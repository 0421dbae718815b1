"""The clock of a subscription: everything it has to do by now, each step an event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid5

from msgspec.structs import replace

from stoory.notifications.actions import notify
from stoory.plans import queries as plans
from stoory.plans.rules import Plan, PlanName
from stoory.platform.database import Tx
from stoory.subscriptions import clock, queries, rules
from stoory.subscriptions.actions.billing import Asked, ask, draft, save, void
from stoory.subscriptions.clock import Step
from stoory.subscriptions.queries import invoices
from stoory.subscriptions.subscription import Invoice, InvoiceKind, Subscription


async def held(tx: Tx, subscription: Subscription, *, seller: str) -> Subscription:
    """Hold what the owner of a subscription is on, and return it as it is once its clock has done its work."""
    await queries.lock_not_over(tx, subscription.user_id)
    return await advance(tx, await queries.lock_subscription(tx, subscription.id), seller=seller)


async def advance(tx: Tx, subscription: Subscription, *, seller: str) -> Subscription:
    """Do all that a subscription's clock has to do by now; it is held."""
    while True:
        waiting = await invoices.open_invoice(tx, subscription.id)
        step = clock.step(subscription, waiting, tx.now)
        if step is None:
            return subscription
        if step is Step.WAIT and waiting is not None:
            waits = clock.waiting_until(subscription, waiting)
            await queries.save_subscription(tx, waits)
            return waits
        subscription = await STEPS[step](tx, subscription, seller)


async def renew(tx: Tx, subscription: Subscription, *, seller: str) -> Asked:
    """Ask for the next period, at the price that holds when it begins, in place of whatever was asked for."""
    await void(tx, subscription)
    invoice = await _renewal(tx, subscription)
    after = clock.asked(subscription, tx.now)
    await queries.save_subscription(tx, after)
    return await ask(tx, after, invoice, seller=seller)


async def _renewal(tx: Tx, subscription: Subscription) -> Invoice:
    chosen = subscription.next_chosen
    if chosen is None:
        raise ValueError(f"{subscription.id} is not renewed")
    starts_at, ends_at = rules.next_span(subscription)
    plan = await _offer(tx, subscription, chosen.plan)
    asked = draft(tx, subscription, plan, chosen, InvoiceKind.RENEWAL)
    return replace(asked, starts_at=starts_at, ends_at=ends_at)


async def _offer(tx: Tx, subscription: Subscription, name: PlanName) -> Plan:
    """Return a plan as it is for this customer when the running period ends."""
    _, end = subscription.running
    offered = await plans.offered(tx, subscription.user_id, at=max(end, tx.now))
    return next(plan for plan in offered if plan.plan == name)


async def _ask(tx: Tx, subscription: Subscription, seller: str) -> Subscription:
    asked = await renew(tx, subscription, seller=seller)
    if asked.order is not None and asked.invoice is not None:
        _, end = subscription.running
        text = f"Your plan ends on {end:%d %B %Y}; the next period costs ₹{asked.order.amount}."
        await _tell(tx, asked.subscription, Step.ASK, text, asked.invoice)
    return asked.subscription


async def _begin_prepaid(tx: Tx, subscription: Subscription, _: str) -> Subscription:
    starts_at, _ends_at = rules.next_span(subscription)
    invoice = await invoices.paid_last_for(tx, subscription.id, starts_at)
    after = rules.period_begun(subscription, invoice, tx.now)
    return await save(tx, after, Step.BEGIN_PREPAID, {"invoice_id": invoice.id})


async def _fall_due(tx: Tx, subscription: Subscription, _: str) -> Subscription:
    return await _remind(tx, clock.fallen_due(subscription, tx.now), Step.FALL_DUE)


async def _remind_again(tx: Tx, subscription: Subscription, _: str) -> Subscription:
    return await _remind(tx, clock.reminded(subscription, tx.now), Step.REMIND)


async def _end(tx: Tx, subscription: Subscription, _: str) -> Subscription:
    await void(tx, subscription)
    after = clock.run_out(subscription, tx.now)
    if subscription.is_live:
        text = "Your subscription has ended. You are on basic from now on; all that is open goes on."
        about = {"text": text, "subscription_id": after.id, "status": after.status}
        await notify(tx, after.user_id, "subscription_ended", about, once=uuid5(after.id, "ended"))
    return await save(tx, after, after.status, {})


async def _remind(tx: Tx, after: Subscription, step: Step) -> Subscription:
    waiting = await invoices.open_invoice(tx, after.id)
    if waiting is not None and after.lapses_at is not None:
        text = (
            f"Your plan was paid until {after.paid_to:%d %B %Y}. Pay ₹{waiting.amount} by "
            f"{after.lapses_at:%d %B %Y}, or you are on basic again."
        )
        await _tell(tx, after, step, text, waiting)
    return await save(tx, after, step, {"reminders": after.reminders})


async def _tell(tx: Tx, subscription: Subscription, step: Step, text: str, invoice: Invoice) -> None:
    """Let the owner know what is to be paid, and by when."""
    about = {
        "text": text,
        "subscription_id": subscription.id,
        "invoice_id": invoice.id,
        "order_id": invoice.order_id,
        "amount": invoice.amount,
        "pay_by": subscription.lapses_at,
    }
    once = uuid5(subscription.id, f"{step} {invoice.id} {subscription.reminders}")
    await notify(tx, subscription.user_id, f"subscription_{step}", about, once=once)


STEPS: Final[dict[Step, Callable[[Tx, Subscription, str], Awaitable[Subscription]]]] = {
    Step.ASK: _ask,
    Step.BEGIN_PREPAID: _begin_prepaid,
    Step.FALL_DUE: _fall_due,
    Step.REMIND: _remind_again,
    Step.CANCEL: _end,
    Step.EXPIRE: _end,
}
