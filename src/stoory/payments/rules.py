"""What a payment that Razorpay tells of means to us. Pure: tables of what may follow what.

Whatever arrives twice, late or out of order is told to the same functions; a status never goes back.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.money import Money


class OrderStatus(StrEnum):
    """Where an order stands."""

    CREATING = "creating"
    """Ours, but Razorpay may not know it yet."""
    CREATED = "created"
    ATTEMPTED = "attempted"
    PAID = "paid"
    REFUNDED = "refunded"
    """All that was captured has been given back."""
    EXPIRED = "expired"
    """Nobody waits for it any more; money that comes all the same is given back."""


class PaymentStatus(StrEnum):
    """Where a payment stands, in Razorpay's words."""

    CREATED = "created"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    REFUNDED = "refunded"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    """Razorpay said no as often as we ask; an operator decides."""


class Cause(StrEnum):
    """Why money goes back, and so which account it comes from."""

    SURPLUS = "surplus"
    """Captured for a deal that is closed or funded already."""
    DEAL = "deal"
    """The deal's process: cancelled, overdue, a split."""
    OPERATOR = "operator"
    """An operator, out of the escrow."""
    GOODWILL = "goodwill"
    """An operator, out of the platform's own pocket."""


class Source(StrEnum):
    """Who told us."""

    PROCESS = "process"
    VERIFY = "verify"
    WEBHOOK = "webhook"
    RECONCILER = "reconciler"
    OPERATOR = "operator"


class Verdict(StrEnum):
    """What a payment means to us."""

    NOTHING_NEW = "nothing_new"
    RECORDED = "recorded"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    """Ours to capture, if it is still wanted."""
    CAPTURED = "captured"
    MISMATCH = "mismatch"
    """Not what the order says: amount, currency or order differ. Nothing is done with it."""


class RefundVerdict(StrEnum):
    """What is told of a refund means to us."""

    NOTHING_NEW = "nothing_new"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    MISMATCH = "refund_mismatch"
    """Not what was asked for: amount, currency or payment differ. Nothing is done with it."""
    TWICE = "refund_twice"
    """Money that has gone back once already."""


OPEN: Final = (OrderStatus.CREATING, OrderStatus.CREATED, OrderStatus.ATTEMPTED)
"""An order that waits for its money."""

RECONCILED_FOR: Final = timedelta(days=30)
"""How long after its end an order is still looked up: a bank may answer late."""
RECONCILE_EVERY: Final = timedelta(minutes=15)
"""Razorpay's own advice, integration guide "Best practices": look after 15 minutes."""
REFUND_PAUSES: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""How long a refund that failed waits before it is tried again: a low balance, the usual cause, fills up in hours.
After the last try an operator is asked."""
WEBHOOK_ATTEMPTS: Final = 8
"""How often an event that cannot be applied is tried before it is quarantined."""

UNREADABLE: Final = "unreadable"
"""The name, and the outcome, of a webhook that is signed and makes no sense: kept, and nothing done."""

FOLLOWS: Final[dict[PaymentStatus | None, frozenset[PaymentStatus]]] = {
    None: frozenset(PaymentStatus),
    PaymentStatus.CREATED: frozenset(PaymentStatus) - {PaymentStatus.CREATED},
    PaymentStatus.FAILED: frozenset(
        {PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED, PaymentStatus.REFUNDED}
    ),
    PaymentStatus.AUTHORIZED: frozenset({PaymentStatus.CAPTURED, PaymentStatus.REFUNDED}),
    PaymentStatus.CAPTURED: frozenset(),
    PaymentStatus.REFUNDED: frozenset(),
}
"""What may follow what. Razorpay documentation, "Payment states" and "Late authorisation": a failed payment may still
be authorized. A captured one becomes refunded by our own refunds, never by what is told of the payment."""

MEANING: Final = {
    PaymentStatus.CREATED: Verdict.RECORDED,
    PaymentStatus.FAILED: Verdict.FAILED,
    PaymentStatus.AUTHORIZED: Verdict.AUTHORIZED,
    PaymentStatus.CAPTURED: Verdict.CAPTURED,
    PaymentStatus.REFUNDED: Verdict.RECORDED,
}
"""A payment that was refunded without ever being captured was never ours."""

REFUND_FOLLOWS: Final[dict[RefundStatus, frozenset[RefundStatus]]] = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.PROCESSING, RefundStatus.PROCESSED, RefundStatus.FAILED}),
    RefundStatus.PROCESSING: frozenset({RefundStatus.PROCESSED, RefundStatus.FAILED}),
    RefundStatus.PROCESSED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset({RefundStatus.PROCESSED}),
}
"""What may follow what. Razorpay documentation, "Refunds", FAQs: an answer says processed before a bank has taken the
money, and the webhook is the final word. Of money that has left we hear even when we have given up."""

REFUND_MEANING: Final = {
    RefundStatus.PROCESSING: RefundVerdict.PROCESSING,
    RefundStatus.PROCESSED: RefundVerdict.PROCESSED,
    RefundStatus.FAILED: RefundVerdict.FAILED,
}


class Due(Struct, frozen=True):
    """What an order asks for."""

    razorpay_order_id: str | None
    amount: Money
    currency: str


class Seen(Struct, frozen=True):
    """What a payment says of itself."""

    razorpay_order_id: str | None
    amount: Money
    currency: str
    status: PaymentStatus


def judge(due: Due, known: PaymentStatus | None, seen: Seen) -> Verdict:
    """Return what a payment means, given what we know of it already."""
    if (seen.razorpay_order_id, seen.amount, seen.currency) != (
        due.razorpay_order_id,
        due.amount,
        due.currency,
    ):
        return Verdict.MISMATCH
    return MEANING[seen.status] if seen.status in FOLLOWS[known] else Verdict.NOTHING_NEW


def payment_status(told: str, *, is_captured: bool) -> PaymentStatus:
    """Read Razorpay's status. Captured and refunded since counts as captured: our own refunds say the rest."""
    if is_captured and told == PaymentStatus.REFUNDED:
        return PaymentStatus.CAPTURED
    return PaymentStatus(told)


class AskedRefund(Struct, frozen=True, kw_only=True):
    """A refund as it was asked for, and how far we know of it."""

    key: str
    """Of the present attempt: Razorpay tells it as the receipt."""
    razorpay_refund_id: str | None
    status: RefundStatus
    razorpay_payment_id: str
    amount: Money
    currency: str


class SeenRefund(Struct, frozen=True, kw_only=True):
    """What a refund says of itself."""

    key: str | None
    razorpay_refund_id: str
    status: RefundStatus
    razorpay_payment_id: str
    amount: Money
    currency: str | None
    """None when it is not told."""


def judge_refund(asked: AskedRefund, seen: SeenRefund, *, is_final: bool) -> RefundVerdict:
    """Return what is told of a refund means. The answer to our own asking is not final: it may be older than a webhook.

    What is told of an attempt before the present one comes too late, but for money that has left: that is not sent
    once more.
    """
    if (seen.razorpay_payment_id, seen.amount, seen.currency or asked.currency) != (
        asked.razorpay_payment_id,
        asked.amount,
        asked.currency,
    ):
        return RefundVerdict.MISMATCH
    if not _is_present_attempt(asked, seen):
        if seen.status is not RefundStatus.PROCESSED or not is_final:
            return RefundVerdict.NOTHING_NEW
        if asked.status is RefundStatus.PROCESSED:
            return RefundVerdict.TWICE
    is_news = seen.status in REFUND_FOLLOWS[asked.status]
    return REFUND_MEANING[seen.status] if is_news else RefundVerdict.NOTHING_NEW


def _is_present_attempt(asked: AskedRefund, seen: SeenRefund) -> bool:
    if asked.razorpay_refund_id is None:
        return seen.key == asked.key
    return seen.razorpay_refund_id == asked.razorpay_refund_id


def refund_status(told: str) -> RefundStatus:
    """Read Razorpay's status; whatever is not the end is on its way."""
    ends = {"processed": RefundStatus.PROCESSED, "failed": RefundStatus.FAILED}
    return ends.get(told, RefundStatus.PROCESSING)


def refund_pause(attempts: int) -> timedelta | None:
    """Return how long a refund waits that has failed so often; None when it is not tried again by itself."""
    return REFUND_PAUSES[attempts - 1] if attempts <= len(REFUND_PAUSES) else None


def refund_key(refund_id: object, attempts: int) -> str:
    """Return the idempotency key of a refund's next attempt: after a definite no, the same key repeats the no."""
    return f"{refund_id}-{attempts}" if attempts else str(refund_id)


def refund_id_of(told: object) -> UUID | None:
    """Return the refund that a key, or a note, names; None when it names none."""
    try:
        return UUID(str(told)[:36])
    except ValueError:
        return None


def retry_delay(attempts: int) -> timedelta:
    """Return how long an event that could not be applied waits: 2, 4, 8 ... seconds, at most five minutes."""
    return timedelta(seconds=min(2**attempts, 300))
