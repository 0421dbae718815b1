"""Refunds: money on its way back. A row and an errand; Razorpay is asked after the commit."""

from __future__ import annotations

from typing import Final
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
    AskedRefund,
    Cause,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    RefundVerdict,
    SeenRefund,
    Source,
    judge_refund,
    refund_key,
    refund_pause,
    refund_status,
)
from stoory.platform import razorpay
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue, enqueue_each

REFUNDS_A_ROUND: Final = 100


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


async def apply_refund(
    tx: Tx, till: Till, found: Found, seen: razorpay.Refund, source: Source
) -> RefundVerdict:
    """Take in what Razorpay says of a refund. Told again, or too late, it changes nothing; what does not fit waits."""
    order = await orders.order(tx, found.order_id)
    await till.purposes[order.purpose].hold(tx, order)
    order = await orders.lock_order(tx, order.id)
    refund = await queries.lock_refund(tx, found.id)
    payment = await payments.payment(tx, refund.payment_id)
    # An answer is older than it looks: with one key, Razorpay says again what it said at first.
    is_final = source is not Source.PROCESS
    verdict = judge_refund(_asked(refund, payment), _seen(seen), is_final=is_final)
    match verdict:
        case RefundVerdict.NOTHING_NEW:
            pass
        case RefundVerdict.MISMATCH | RefundVerdict.TWICE:
            await _set_aside(tx, refund, payment, seen, verdict)
        case RefundVerdict.FAILED:
            await refuse_refund(tx, refund, order, {"razorpay_refund_id": seen.id}, source)
            if refund.status is RefundStatus.PROCESSED:
                await _reopen(tx, refund, order)
        case _:
            await _go_on(tx, refund, order, seen, source)
    return verdict


async def refuse_refund(
    tx: Tx, refund: Refund, order: Order, told: dict[str, object], source: Source
) -> None:
    """Note that Razorpay said no to a refund: it is asked again, as often as we ask, then an operator decides.

    The money stays owed (`refunds_due`) meanwhile.
    """
    attempt = refund.attempts + 1
    pause = refund_pause(attempt)
    await queries.save_attempt(tx, refund.id, None if pause is None else tx.now + pause)
    facts = {"refund_id": refund.id, "attempt": attempt, **told}
    await orders.append_event(tx, order, "refund_failed", source, facts)
    if pause is None:
        details = {"order_id": order.id, "amount": refund.amount, **told}
        await quarantine(tx, "refund_failed", str(refund.id), details)


async def try_again_what_is_due(tx: Tx) -> None:
    """Have the refunds that failed, and have waited since, tried again."""
    refund_ids = await queries.take_due(tx, REFUNDS_A_ROUND)
    await enqueue_each(tx, "send_refund", [{"refund_id": str(refund_id)} for refund_id in refund_ids])


async def ask_again(tx: Tx, refund_id: UUID) -> bool:
    """Have a refund that failed tried once more, as an operator wants it; False when it has not failed, or no more."""
    refund = await queries.lock_refund(tx, refund_id)
    if refund.status is not RefundStatus.FAILED:
        return False
    await queries.save_refund(tx, refund_id, RefundStatus.REQUESTED, razorpay_refund_id=None)
    await enqueue(tx, "send_refund", {"refund_id": str(refund_id)})
    return True


async def _go_on(tx: Tx, refund: Refund, order: Order, seen: razorpay.Refund, source: Source) -> None:
    """Note that a refund is on its way, or has left."""
    status = refund_status(seen.status)
    await queries.save_refund(tx, refund.id, status, razorpay_refund_id=seen.id)
    facts = {"refund_id": refund.id, "razorpay_refund_id": seen.id, "amount": refund.amount}
    await orders.append_event(tx, order, f"refund_{status}", source, facts)
    if status is RefundStatus.PROCESSED:
        await _close(tx, refund, order)


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
    await ledger.post(tx, journals.refund_processed(_key(refund), amount=refund.amount))


async def _reopen(tx: Tx, refund: Refund, order: Order) -> None:
    """Take back what was thought to have left: it is owed again."""
    await payments.save_captured_again(tx, refund.payment_id)
    if order.status is OrderStatus.REFUNDED:
        await orders.save_status(tx, order.id, OrderStatus.PAID)
    await ledger.post(tx, journals.refund_returned(_key(refund), amount=refund.amount))


def _is_given(each: Refund, refund: Refund) -> bool:
    return each.payment_id == refund.payment_id and each.status is RefundStatus.PROCESSED


async def _set_aside(
    tx: Tx, refund: Refund, payment: Payment, seen: razorpay.Refund, verdict: RefundVerdict
) -> None:
    details = {
        "order_id": refund.order_id,
        "refund_id": refund.id,
        "expected": {
            "payment_id": payment.razorpay_payment_id,
            "amount": refund.amount,
            "currency": payment.currency,
            "razorpay_refund_id": refund.razorpay_refund_id,
        },
        "told": {
            "payment_id": seen.payment_id,
            "amount": seen.amount,
            "currency": seen.currency,
            "status": seen.status,
        },
    }
    await quarantine(tx, verdict, seen.id, details, is_lasting=True)


def _asked(refund: Refund, payment: Payment) -> AskedRefund:
    return AskedRefund(
        key=_key(refund),
        razorpay_refund_id=refund.razorpay_refund_id,
        status=refund.status,
        razorpay_payment_id=payment.razorpay_payment_id,
        amount=refund.amount,
        currency=payment.currency,
    )


def _seen(told: razorpay.Refund) -> SeenRefund:
    return SeenRefund(
        key=told.receipt,
        razorpay_refund_id=told.id,
        status=refund_status(told.status),
        razorpay_payment_id=told.payment_id,
        amount=told.amount,
        currency=told.currency,
    )


def _key(refund: Refund) -> str:
    return refund_key(refund.id, refund.attempts)
