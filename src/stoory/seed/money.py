"""The money of a plot: paid, given back, paid out. Razorpay is not asked; what it would say is told by the plot."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import uuid4

from stoory.actor import Role
from stoory.deals.actions.checkout import show_checkout
from stoory.deals.states import Action
from stoory.errors import NotFound
from stoory.ledger import actions as ledger
from stoory.ledger import queries as ledgers
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.payments.actions.apply import apply_payment
from stoory.payments.actions.refunds import apply_refund
from stoory.payments.queries import orders, payments, refunds, webhooks
from stoory.payments.queries.orders import Order
from stoory.payments.queries.refunds import Found
from stoory.payments.rules import Source, refund_key
from stoory.payouts import actions as payouts
from stoory.payouts.queries import Change
from stoory.payouts.rules import AccountType, Destination, Method, Status
from stoory.platform import razorpay
from stoory.seed.stage import Stage
from stoory.seed.template import mark

FEE_BASIS_POINTS: Final = 236
"""Two per cent, and 18 per cent tax on that: Razorpay's price list."""
TAX_BASIS_POINTS: Final = 36
BETWEEN: Final = timedelta(minutes=4)
NOTE: Final = "Made by `stoory seed`: Razorpay has never heard of it."


async def pays(stage: Stage, *, at_first: str = "captured") -> None:
    """Let the brand proceed to payment and pay; with `failed`, at the second attempt."""
    outcome = await stage.presses(Role.BRAND_OWNER, Action.PROCEED_TO_PAYMENT, {})
    order = outcome.order
    if order is None:
        raise NotFound
    placed = razorpay.Order(
        id=order.razorpay_order_id or f"order_Seed{order.id.hex[:10]}",
        amount=order.amount,
        currency=order.currency,
        receipt=order.receipt,
        status="created",
    )
    await show_checkout(stage.tx, stage.brand, stage.row, order, placed, key_id=stage.till.gateway.key_id)
    order = await orders.order(stage.tx, order.id)
    await _told(stage, order, at_first)
    if at_first == "failed":
        await pays(stage)


async def _told(stage: Stage, order: Order, status: str) -> None:
    """Let the webhook of an attempt to pay arrive, and an operator know why Razorpay has no such payment."""
    stage.tx.now += BETWEEN
    seen = _payment(order, status)
    await apply_payment(stage.tx, stage.till, order, seen, Source.WEBHOOK)
    await stage.looks_again()
    if status == "captured":
        await _explain(stage, seen.id)


def _payment(order: Order, status: str) -> razorpay.Payment:
    is_paid = status == "captured"
    return razorpay.Payment(
        id=f"pay_Seed{uuid4().hex[:10]}",
        order_id=order.razorpay_order_id,
        amount=order.amount,
        currency=order.currency,
        status=status,
        captured=is_paid,
        method="upi",
        fee=order.amount.share(FEE_BASIS_POINTS) if is_paid else None,
        tax=order.amount.share(TAX_BASIS_POINTS) if is_paid else None,
        amount_refunded=Money(0),
        error_code=None if is_paid else "BAD_REQUEST_ERROR",
        error_description=None if is_paid else "The bank did not answer in time.",
    )


async def _explain(stage: Stage, payment_id: str) -> None:
    """Note that an operator knows: Razorpay's books will not have this payment when they are held against ours."""
    oddity_id = uuid4()
    details = {"status": "not captured at Razorpay"}
    await webhooks.insert_oddity(
        stage.tx, oddity_id, kind="books_differ", subject=payment_id, details=details
    )
    await webhooks.save_resolved(stage.tx, oddity_id, by=stage.operator.id, note=NOTE)


async def refund_arrives(stage: Stage) -> None:
    """Let the refund that was promised last reach the brand, two days later."""
    await stage.waits(timedelta(days=2))
    paid = await orders.paid_order_of(stage.tx, stage.row.request_id)
    payment = await payments.paying_payment(stage.tx, paid.id)
    refund = (await refunds.refunds_of(stage.tx, paid.id))[-1]
    if payment is None:
        raise NotFound
    seen = razorpay.Refund(
        id=f"rfnd_Seed{uuid4().hex[:10]}",
        payment_id=payment.razorpay_payment_id,
        amount=refund.amount,
        currency=payment.currency,
        status="processed",
        receipt=refund_key(refund.id, refund.attempts),
        notes={},
    )
    await apply_refund(stage.tx, stage.till, Found(refund.id, paid.id), seen, Source.WEBHOOK)


async def asks_for_payout(stage: Stage) -> None:
    """Let what Razorpay holds go to the bank, and the influencer ask for all that is hers."""
    await stage.waits(timedelta(days=3))
    held = stage.row.deal.paid - stage.row.deal.paid.share(FEE_BASIS_POINTS)
    await ledger.post(stage.tx, journals.settled_to_bank(f"setl_Seed{uuid4().hex[:10]}", amount=held))
    destination = Destination(
        type=AccountType.VPA, name=mark("influencer"), vpa=f"pay.{mark('handle')}@okaxis"
    )
    await payouts.name_account(stage.tx, stage.influencer, destination)
    earned = -await ledgers.balance(stage.tx, journals.influencer(stage.influencer.id))
    stage.payout = await payouts.request_payout(stage.tx, stage.influencer, earned, method=Method.MANUAL)


async def payout_arrives(stage: Stage) -> None:
    """Let the operator pay, a day later."""
    if stage.payout is None:
        raise NotFound
    await stage.waits(timedelta(days=1))
    change = Change(status=Status.PROCESSED, reference="UPI transfer")
    await payouts.record(stage.tx, stage.payout.id, change, by=stage.operator.id)
