"""Refunds: money on its way back. A row and an errand; Razorpay is asked after the commit."""

from __future__ import annotations

from uuid import UUID, uuid4

from stoory.actor import SYSTEM_USER_ID
from stoory.errors import NotFound
from stoory.ledger import actions as ledger
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.notifications.actions import notify
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.purposes import Till
from stoory.payments.queries import orders, payments
from stoory.payments.queries import refunds as queries
from stoory.payments.queries.orders import Order, Payment
from stoory.payments.queries.refunds import Found, Refund
from stoory.payments.rules import (
    REFUND_ATTEMPTS,
    REFUND_FOLLOWS,
    Cause,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    Source,
)
from stoory.platform import razorpay
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue


async def begin_refund(
    tx: Tx,
    payment: Payment,
    order: Order,
    *,
    amount: Money,
    cause: Cause,
    reason: str | None = None,
    by: UUID = SYSTEM_USER_ID,
) -> Refund:
    """Decide to give money back. The order is held; whoever decides posts what is owed (`refunds_due`) himself."""
    refund = await queries.insert_refund(
        tx, payment, order, refund_id=uuid4(), amount=amount, cause=cause, reason=reason, by=by
    )
    source = Source.PROCESS if by == SYSTEM_USER_ID else Source.OPERATOR
    facts = {"refund_id": refund.id, "amount": amount, "cause": cause}
    await orders.append_event(tx, order, "refund_requested", source, facts)
    await enqueue(tx, "send_refund", {"refund_id": str(refund.id)})
    return refund


async def refund_deal(
    tx: Tx,
    request_id: UUID,
    *,
    amount: Money,
    cause: Cause,
    reason: str | None = None,
    by: UUID = SYSTEM_USER_ID,
) -> Refund:
    """Decide to give back what funded a deal, or a part of it. The deal is held; NotFound when it was never funded."""
    paid = await orders.paid_order_of(tx, request_id)
    order = await orders.lock_order(tx, paid.id)
    payment = await payments.paying_payment(tx, order.id)
    if payment is None:
        raise NotFound
    return await begin_refund(tx, payment, order, amount=amount, cause=cause, reason=reason, by=by)


async def apply_refund(tx: Tx, till: Till, found: Found, seen: razorpay.Refund, source: Source) -> Refund:
    """Take in what Razorpay says of a refund. Told again, or too late, it changes nothing."""
    order = await orders.order(tx, found.order_id)
    await till.purposes[order.purpose].hold(tx, order)
    order = await orders.lock_order(tx, order.id)
    refund = await queries.lock_refund(tx, found.id)
    status = {"processed": RefundStatus.PROCESSED, "failed": RefundStatus.FAILED}.get(
        seen.status, RefundStatus.PROCESSING
    )
    is_stale = status is RefundStatus.FAILED and refund.razorpay_refund_id != seen.id
    if status not in REFUND_FOLLOWS[refund.status] or is_stale:
        return refund
    if status is RefundStatus.FAILED:
        return await refuse_refund(tx, refund, order, {"razorpay_refund_id": seen.id}, source)
    await queries.save_refund(tx, refund.id, status, razorpay_refund_id=seen.id)
    facts = {"refund_id": refund.id, "razorpay_refund_id": seen.id, "amount": refund.amount}
    await orders.append_event(tx, order, f"refund_{status}", source, facts)
    if status is RefundStatus.PROCESSED:
        await _close(tx, refund, order)
    return await queries.refund(tx, refund.id)


async def refuse_refund(
    tx: Tx, refund: Refund, order: Order, told: dict[str, object], source: Source
) -> Refund:
    """Note that Razorpay said no to a refund: it is asked again, as often as we ask, then an operator decides.

    The money stays owed (`refunds_due`) meanwhile.
    """
    is_last = refund.attempts >= REFUND_ATTEMPTS
    await queries.save_attempt(tx, refund.id, RefundStatus.FAILED if is_last else RefundStatus.REQUESTED)
    facts = {"refund_id": refund.id, "attempt": refund.attempts + 1, **told}
    await orders.append_event(tx, order, "refund_failed", source, facts)
    if is_last:
        await quarantine(
            tx, "refund_failed", str(refund.id), {"order_id": order.id, "amount": refund.amount, **told}
        )
    else:
        await enqueue(tx, "send_refund", {"refund_id": str(refund.id)})
    return await queries.refund(tx, refund.id)


async def ask_again(tx: Tx, refund_id: UUID) -> None:
    """Have a refund that failed tried once more, as an operator wants it."""
    await queries.save_attempt(tx, refund_id, RefundStatus.REQUESTED)
    await enqueue(tx, "send_refund", {"refund_id": str(refund_id)})


async def _close(tx: Tx, refund: Refund, order: Order) -> None:
    """Let the money leave, tell who gets it, and see whether anything of the payment and the order is left."""
    given_back = [
        each.amount.paise for each in await queries.refunds_of(tx, order.id) if _is_given(each, refund)
    ]
    payment = await payments.payment(tx, refund.payment_id)
    if sum(given_back) == payment.amount.paise:
        await payments.save_refunded(tx, payment.id)
        attempts = await payments.payments_of(tx, order.id)
        if not any(each.status is PaymentStatus.CAPTURED for each in attempts):
            await orders.save_status(tx, order.id, OrderStatus.REFUNDED)
    about = {
        "text": f"₹{refund.amount} is on its way back to you.",
        "order_id": order.id,
        "refund_id": refund.id,
    }
    await notify(tx, order.payer_id, "refund_processed", about, once=refund.id)
    await ledger.post(tx, journals.refund_processed(refund.id, amount=refund.amount))


def _is_given(each: Refund, refund: Refund) -> bool:
    return each.payment_id == refund.payment_id and each.status is RefundStatus.PROCESSED
