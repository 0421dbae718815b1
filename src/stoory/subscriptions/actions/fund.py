"""What payments tell a subscription: registered as the purpose `subscription` in app.py, in their transaction."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from stoory.errors import NotFound
from stoory.ledger import rules as journals
from stoory.ledger.rules import Journal
from stoory.notifications.actions import notify_operators
from stoory.payments.actions.purposes import Purpose
from stoory.payments.queries.orders import Order
from stoory.platform.database import Tx
from stoory.subscriptions import queries, rules
from stoory.subscriptions.actions.billing import settle
from stoory.subscriptions.queries import invoices
from stoory.subscriptions.taxes import total


def purpose(seller: str) -> Purpose:
    """Return what happens to a subscription's orders; the seller stands on their invoices."""
    return Purpose(
        hold=hold, wants=wants, captured=partial(captured, seller), failed=failed, charged_back=charged_back
    )


async def hold(tx: Tx, order: Order) -> None:
    """Lock all its payer is on before the order: a first payment ends what was there before."""
    await queries.lock_not_over(tx, order.payer_id)
    await queries.lock_subscription(tx, _id(order))


async def wants(tx: Tx, order: Order) -> bool:
    """Tell whether the money is still waited for."""
    subscription = await queries.subscription(tx, _id(order))
    return rules.is_wanted(subscription, await invoices.invoice_of_order(tx, order.id), tx.now)


async def captured(seller: str, tx: Tx, order: Order, payment_id: UUID) -> Journal | None:
    """Give what was paid for, and post what is income and what is tax; None where nobody waits for it any more."""
    subscription = await queries.subscription(tx, _id(order))
    invoice = await invoices.invoice_of_order(tx, order.id)
    if not rules.is_wanted(subscription, invoice, tx.now):
        return None
    _, issued = await settle(tx, subscription, invoice, seller=seller)
    return journals.subscription_captured(payment_id, amount=order.amount, tax=total(issued.taxes))


async def failed(tx: Tx, order: Order, payment_id: UUID) -> None:
    """Keep that an attempt failed; the order stays payable."""
    subscription = await queries.subscription(tx, _id(order))
    facts = {"order_id": order.id, "payment_id": payment_id}
    await queries.append_event(tx, subscription, "payment_failed", subscription.user_id, facts)


async def charged_back(tx: Tx, order: Order, payment_id: UUID) -> None:
    """Have an operator look: whether the plan goes on is for people to decide."""
    subscription = await queries.subscription(tx, _id(order))
    facts = {"order_id": order.id, "payment_id": payment_id}
    await queries.append_event(tx, subscription, "charged_back", subscription.user_id, facts)
    text = f"The bank has taken back the payment of a subscription to {subscription.plan}."
    about = {"text": text, "subscription_id": subscription.id, "payment_id": payment_id}
    await notify_operators(tx, "charged_back", about)


def _id(order: Order) -> UUID:
    if order.subscription_id is None:
        raise NotFound
    return order.subscription_id
