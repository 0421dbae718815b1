"""Razorpay's entities, as far as we read them. What else they hold, and what may be missing, does not matter."""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from stoory.money import Money

Json = dict[str, Any]


class Order(Struct, frozen=True, kw_only=True):
    """An order at Razorpay."""

    id: str
    amount: Money
    currency: str
    receipt: str | None
    status: str


class Payment(Struct, frozen=True, kw_only=True):
    """An attempt to pay an order."""

    id: str
    order_id: str | None
    amount: Money
    currency: str
    status: str
    captured: bool
    method: str | None
    fee: Money | None
    """What Razorpay keeps, tax included; unknown until the payment is captured."""
    tax: Money | None
    amount_refunded: Money
    error_code: str | None
    error_description: str | None


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back to a payer."""

    id: str
    payment_id: str
    amount: Money
    currency: str | None
    status: str
    receipt: str | None
    notes: Json


class Payout(Struct, frozen=True, kw_only=True):
    """Money on its way to an influencer, at RazorpayX."""

    id: str
    amount: Money
    currency: str | None
    status: str
    fees: Money | None
    """Tax included."""
    utr: str | None
    """The bank's reference."""
    reference_id: str | None
    reason: str | None


def read_order(entity: Json) -> Order:
    """Read an order; KeyError or TypeError when it is none."""
    return Order(
        id=entity["id"],
        amount=_paise(entity["amount"]),
        currency=entity["currency"],
        receipt=entity.get("receipt"),
        status=entity["status"],
    )


def read_payment(entity: Json) -> Payment:
    """Read a payment, of an answer or of a webhook; KeyError or TypeError when it is none."""
    return Payment(
        id=entity["id"],
        order_id=entity.get("order_id"),
        amount=_paise(entity["amount"]),
        currency=entity["currency"],
        status=entity["status"],
        captured=entity.get("captured") is True,
        method=entity.get("method"),
        fee=_money(entity.get("fee")),
        tax=_money(entity.get("tax")),
        amount_refunded=_paise(entity.get("amount_refunded") or 0),
        error_code=entity.get("error_code"),
        error_description=entity.get("error_description"),
    )


def read_refund(entity: Json) -> Refund:
    """Read a refund, of an answer or of a webhook; KeyError or TypeError when it is none."""
    return Refund(
        id=entity["id"],
        payment_id=entity["payment_id"],
        amount=_paise(entity["amount"]),
        currency=entity.get("currency"),
        status=entity["status"],
        receipt=entity.get("receipt"),
        notes=_notes(entity.get("notes")),
    )


def read_payout(entity: Json) -> Payout:
    """Read a payout, of an answer or of a webhook; KeyError or TypeError when it is none."""
    details = entity.get("status_details")
    return Payout(
        id=entity["id"],
        amount=_paise(entity["amount"]),
        currency=entity.get("currency"),
        status=entity["status"],
        fees=_money(entity.get("fees")),
        utr=entity.get("utr"),
        reference_id=entity.get("reference_id"),
        reason=cast("Json", details).get("description") if isinstance(details, dict) else None,
    )


def _paise(amount: object) -> Money:
    """Read an amount: whole paise, and nothing that only looks like them."""
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise TypeError(f"{type(amount).__name__} is no amount")
    return Money(amount)


def _money(amount: object) -> Money | None:
    return None if amount is None else _paise(amount)


def _notes(notes: object) -> Json:
    """Read notes: empty ones arrive as a list."""
    return cast("Json", notes) if isinstance(notes, dict) else {}
