"""The one function that takes in a payment, whoever tells of it: the verify call, a webhook or the reconciler."""

from __future__ import annotations

from uuid import UUID, uuid4

from msgspec import Struct

from stoory.ledger import actions as ledger
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.purposes import Purpose, Till
from stoory.payments.actions.refunds import begin_refund
from stoory.payments.queries import orders, payments
from stoory.payments.queries.orders import Order, Payment
from stoory.payments.rules import (
    OPEN,
    Cause,
    Due,
    OrderStatus,
    PaymentStatus,
    Seen,
    Source,
    Verdict,
    judge,
    payment_status,
)
from stoory.platform import razorpay
from stoory.platform.database import Tx


class Applied(Struct, frozen=True, kw_only=True):
    """What a payment came to."""

    verdict: Verdict
    order: Order
    payment: Payment | None
    """None when it is not a payment of this order."""
    wants_capture: bool = False
    """The bank has said yes and the money is waited for: Razorpay is to be asked to capture it."""


class Told(Struct, frozen=True, kw_only=True):
    """A payment somebody tells of, the order it is for (held), and what the order is for."""

    purpose: Purpose
    order: Order
    known: Payment | None
    seen: razorpay.Payment
    status: PaymentStatus
    source: Source

    @property
    def payment_id(self) -> UUID:
        """Ours."""
        return self.known.id if self.known else uuid4()


async def apply_payment(tx: Tx, till: Till, found: Order, seen: razorpay.Payment, source: Source) -> Applied:
    """Take in what Razorpay says of an attempt to pay that order. Told again, or too late, it changes nothing.

    Holds what the order is for, then the order. What does not fit the order is quarantined.
    """
    purpose = till.purposes[found.purpose]
    await purpose.hold(tx, found)
    order = await orders.lock_order(tx, found.id)
    known = await payments.payment_at_razorpay(tx, seen.id)
    status = payment_status(seen.status, is_captured=seen.captured)
    told = Told(purpose=purpose, order=order, known=known, seen=seen, status=status, source=source)
    verdict = judge(
        Due(order.razorpay_order_id, order.amount, order.currency),
        known.status if known else None,
        Seen(seen.order_id, seen.amount, seen.currency, status),
    )
    payment = await _take(tx, told, verdict)
    is_authorized = payment is not None and payment.status is PaymentStatus.AUTHORIZED
    return Applied(
        verdict=verdict,
        order=await orders.order(tx, order.id),
        payment=payment,
        wants_capture=is_authorized and await purpose.wants(tx, order),
    )


async def _take(tx: Tx, told: Told, verdict: Verdict) -> Payment | None:
    match verdict:
        case Verdict.MISMATCH:
            await _set_aside(tx, told)
            return None
        case Verdict.NOTHING_NEW:
            await _learn_fee(tx, told)
            return told.known
        case Verdict.CAPTURED:
            return await _capture(tx, told)
        case _:
            return await _record(tx, told)


async def _capture(tx: Tx, told: Told) -> Payment:
    """Take the money in: for what the order is for or, when nobody waits for it any more, to be given back.

    The ledger comes last: its accounts are everybody's, and are held until the end of the transaction. The fee comes
    before the capture, so that `fees` is held before `gateway` here as everywhere; an escrow is nobody else's.
    """
    order, seen, payment_id = told.order, told.seen, told.payment_id
    journal = await told.purpose.captured(tx, order, payment_id)
    payment = await payments.save_payment(
        tx, order, seen, payment_id=payment_id, status=told.status, is_surplus=journal is None
    )
    if order.status not in (OrderStatus.PAID, OrderStatus.REFUNDED):
        await orders.save_status(tx, order.id, OrderStatus.PAID)
    kind = "surplus_captured" if journal is None else "captured"
    facts = {"razorpay_payment_id": seen.id, "amount": seen.amount}
    await orders.append_event(tx, order, kind, told.source, facts)
    if journal is None:
        await begin_refund(tx, payment, order, amount=payment.amount, cause=Cause.SURPLUS)
    await _post_fee(tx, payment_id, seen.fee)
    await ledger.post(tx, journal or journals.surplus_captured(payment_id, amount=payment.amount))
    return payment


async def _record(tx: Tx, told: Told) -> Payment:
    """Keep an attempt that has not brought money, or not yet."""
    order, seen, payment_id = told.order, told.seen, told.payment_id
    payment = await payments.save_payment(tx, order, seen, payment_id=payment_id, status=told.status)
    if order.status in OPEN and order.status is not OrderStatus.ATTEMPTED:
        await orders.save_status(tx, order.id, OrderStatus.ATTEMPTED)
    facts = {"razorpay_payment_id": seen.id, "error": seen.error_description}
    await orders.append_event(tx, order, told.status, told.source, facts)
    if told.status is PaymentStatus.FAILED:
        await told.purpose.failed(tx, order, payment_id)
    return payment


async def _learn_fee(tx: Tx, told: Told) -> None:
    """Post what Razorpay kept, should it be told only now."""
    known, fee = told.known, told.seen.fee
    if known and known.captured_at and fee is not None and not await payments.has_fee(tx, known.id):
        await payments.save_fee(tx, known.id, told.seen)
        await _post_fee(tx, known.id, fee)


async def _post_fee(tx: Tx, payment_id: UUID, fee: Money | None) -> None:
    if fee is not None and fee > Money(0):
        await ledger.post(tx, journals.gateway_fee(payment_id, fee=fee))


async def _set_aside(tx: Tx, told: Told) -> None:
    order, seen = told.order, told.seen
    details = {
        "order_id": order.id,
        "expected": {"order_id": order.razorpay_order_id, "amount": order.amount, "currency": order.currency},
        "told": {
            "order_id": seen.order_id,
            "amount": seen.amount,
            "currency": seen.currency,
            "status": seen.status,
        },
        "source": told.source,
    }
    await quarantine(tx, "payment_mismatch", seen.id, details, is_lasting=True)
