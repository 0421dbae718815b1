"""An operator gives back what a subscription was paid with, or a part; the plan goes on until it is cancelled."""

from __future__ import annotations

from stoory.accounts.actions import audit
from stoory.actor import Actor
from stoory.errors import Conflict, Invalid
from stoory.ledger import actions as ledger
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.payments.actions.refunds import begin_refund
from stoory.payments.queries import orders, payments
from stoory.payments.queries.orders import Order
from stoory.payments.queries.refunds import Refund
from stoory.payments.rules import Cause
from stoory.platform.database import Tx
from stoory.subscriptions.actions.fund import hold
from stoory.subscriptions.queries import invoices
from stoory.subscriptions.taxes import share, total


async def give_back(tx: Tx, actor: Actor, seen: Order, *, amount: Money | None, reason: str) -> Refund:
    """Give back an order's money, all of it unless an amount is named, and its share of the tax.

    The order was loaded as this operator.

    Raises Conflict `not_paid`, `already_refunded`; Invalid `amount_out_of_range`.
    """
    await tx.as_system("the ledger, and the payer's refund")
    await hold(tx, seen)
    order = await orders.lock_order(tx, seen.id)
    payment = await payments.paying_payment(tx, order.id)
    if payment is None:
        raise Conflict("Nothing was paid for this, so nothing can be given back.", code="not_paid")
    left = await payments.owed_to_payer(tx, payment.id)
    if left <= Money(0):
        raise Conflict("All of it has been given back.", code="already_refunded")
    amount = amount or left
    if amount > left:
        message = f"must be at most {left}, what is left of the payment"
        raise Invalid.field("amount", message, code="amount_out_of_range")
    refund = await begin_refund(
        tx, payment, order, amount=amount, cause=Cause.OPERATOR, reason=reason, by=actor.id
    )
    facts = {"order_id": order.id, "refund_id": refund.id, "amount": amount, "reason": reason}
    await audit(tx, actor, "refund", order.payer_id, facts)
    tax = total(await invoices.taxes_of_order(tx, order.id))
    part = share(tax, of=payment.amount, before=payment.amount - left, now=amount)
    await ledger.post(tx, journals.subscription_refunded(refund.id, amount=amount, tax=part))
    return refund
