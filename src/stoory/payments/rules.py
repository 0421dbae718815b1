"""What a payment that Razorpay tells of means to us. Pure: tables of what may follow what.

Whatever arrives twice, late or out of order is told to the same functions; a status never goes back.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

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


OPEN: Final = (OrderStatus.CREATING, OrderStatus.CREATED, OrderStatus.ATTEMPTED)
"""An order that waits for its money."""

RECONCILED_FOR: Final = timedelta(days=30)
"""How long after its end an order is still looked up: a bank may answer late."""
RECONCILE_EVERY: Final = timedelta(minutes=15)
"""Razorpay's own advice, integration guide "Best practices": look after 15 minutes."""
REFUND_ATTEMPTS: Final = 3
"""How often a failed refund is tried again before an operator is asked."""
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
    RefundStatus.PROCESSED: frozenset(),
    RefundStatus.FAILED: frozenset(),
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


def refund_key(refund_id: object, attempts: int) -> str:
    """Return the idempotency key of a refund's next attempt: after a definite no, the same key repeats the no."""
    return f"{refund_id}-{attempts}" if attempts else str(refund_id)


def refund_id_of(key: str) -> str:
    """Return the refund a key belongs to."""
    return key[:36]


def retry_delay(attempts: int) -> timedelta:
    """Return how long an event that could not be applied waits: 2, 4, 8 ... seconds, at most five minutes."""
    return timedelta(seconds=min(2**attempts, 300))
