"""Invoices: asking for money, and what a subscription is once it is paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct
from msgspec.structs import replace

from stoory.accounts.queries import people
from stoory.actor import SYSTEM_USER_ID
from stoory.money import Money
from stoory.notifications.actions import notify
from stoory.payments.actions.orders import expire, open_order_for_subscription
from stoory.payments.queries import orders
from stoory.payments.queries.orders import Order
from stoory.plans.hints import PlanChanged
from stoory.plans.rules import Plan
from stoory.platform.database import Tx
from stoory.subscriptions import queries, rules
from stoory.subscriptions.queries import invoices
from stoory.subscriptions.subscription import Chosen, Invoice, InvoiceKind, InvoiceStatus, Subscription
from stoory.subscriptions.taxes import financial_year, invoice_number, taxes_in


class Asked(Struct, frozen=True, kw_only=True):
    """A subscription, and what is to be paid for it: nothing, where all of it is waived."""

    subscription: Subscription
    invoice: Invoice | None
    order: Order | None
    is_new: bool = True


def draft(tx: Tx, subscription: Subscription, plan: Plan, chosen: Chosen, kind: InvoiceKind) -> Invoice:
    """Return an invoice that asks for a whole period of a plan; what differs is put in its place."""
    price = rules.price(plan, chosen)
    return Invoice(
        id=uuid4(),
        subscription_id=subscription.id,
        user_id=subscription.user_id,
        kind=kind,
        status=InvoiceStatus.OPEN,
        plan=plan.plan,
        plan_valid_from=plan.valid_from,
        plan_name=plan.name,
        period=chosen.period,
        price=price,
        amount=rules.asked_for(price),
        full_price=price,
        created_at=tx.now,
    )


async def ask(
    tx: Tx, subscription: Subscription, invoice: Invoice, *, seller: str, by: UUID = SYSTEM_USER_ID
) -> Asked:
    """Ask for an invoice's money by an order; where nothing is left to pay, it is paid at once."""
    await invoices.insert_invoice(tx, invoice)
    facts = {
        "invoice_id": invoice.id,
        "plan": invoice.plan,
        "period": invoice.period,
        "amount": invoice.amount,
    }
    await queries.append_event(tx, subscription, f"{invoice.kind}_asked", by, facts)
    if invoice.amount == Money(0):
        after, issued = await settle(tx, subscription, invoice, seller=seller)
        return Asked(subscription=after, invoice=issued, order=None)
    order = await open_order_for_subscription(
        tx, subscription_id=subscription.id, payer_id=subscription.user_id, amount=invoice.amount
    )
    await invoices.save_order(tx, invoice.id, order.id)
    return Asked(subscription=subscription, invoice=replace(invoice, order_id=order.id), order=order)


async def settle(
    tx: Tx, subscription: Subscription, invoice: Invoice, *, seller: str
) -> tuple[Subscription, Invoice]:
    """Take an invoice as paid: it gets its number, and the subscription what it pays for."""
    starts_at, ends_at = rules.span_of(subscription, invoice, tx.now)
    issued = await _issued(tx, replace(invoice, starts_at=starts_at, ends_at=ends_at), seller)
    if invoice.kind is not InvoiceKind.RENEWAL:
        await _end_others(tx, subscription)
    await invoices.issue_invoice(tx, issued)
    facts = {"invoice_id": invoice.id, "number": issued.number, "amount": invoice.amount}
    about = {
        "text": f"Your plan is {invoice.plan_name}, paid until {ends_at:%d %B %Y}.",
        "subscription_id": subscription.id,
        "invoice_id": invoice.id,
    }
    await notify(tx, subscription.user_id, "subscription_paid", about, once=invoice.id)
    after = rules.paid(subscription, issued, tx.now)
    return await save(tx, after, f"{invoice.kind}_paid", facts), issued


async def void(tx: Tx, subscription: Subscription) -> None:
    """Wait no more for the open invoice of a subscription; money that comes all the same is given back."""
    waiting = await invoices.open_invoice(tx, subscription.id)
    if waiting is None:
        return
    await invoices.void_invoice(tx, waiting.id)
    if waiting.order_id is not None:
        await expire(tx, await orders.lock_order(tx, waiting.order_id))


async def save(
    tx: Tx, after: Subscription, kind: str, facts: dict[str, Any], *, by: UUID = SYSTEM_USER_ID
) -> Subscription:
    """Store what a subscription is now, and what happened; whoever keeps its plan in memory looks again."""
    await queries.save_subscription(tx, after)
    await queries.append_event(tx, after, kind, by, facts)
    tx.tell(PlanChanged((after.user_id,)))
    return after


async def _issued(tx: Tx, invoice: Invoice, seller: str) -> Invoice:
    """Return a paid invoice with all that it says for good."""
    year = financial_year(tx.now)
    customer = await people.user(tx, invoice.user_id)
    return replace(
        invoice,
        status=InvoiceStatus.PAID,
        number=invoice_number(year, await invoices.next_number(tx, year)),
        taxes=taxes_in(invoice.amount, await invoices.tax_rates(tx)),
        billed_by=seller,
        billed_to=customer.name,
        issued_at=tx.now,
    )


async def _end_others(tx: Tx, subscription: Subscription) -> None:
    """End what else somebody was on, or waited for, when a paid plan begins: nobody is on two at once."""
    for other in await queries.lock_not_over(tx, subscription.user_id):
        if other.id != subscription.id:
            await void(tx, other)
            facts = {"followed_by": subscription.id}
            await save(tx, rules.cancelled(other, tx.now), "cancelled", facts)
