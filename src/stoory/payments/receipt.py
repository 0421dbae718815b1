"""The receipt of a paid order: what was paid, how, and what was given back."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from stoory.money import Money


class Receipt(Struct, frozen=True, kw_only=True):
    """What a receipt says."""

    number: str
    payer: str
    kind: str
    """What the order is for, in one word."""
    purpose: str
    amount: Money
    method: str | None
    order_id: str
    payment_id: str
    paid_at: datetime
    refunds: list[tuple[datetime, Money]]


FOOTERS: Final = {
    "deal": "The money of a deal is held in escrow until the work is approved.",
    "subscription": "The invoice names the taxes that the amount contains.",
}


def facts(receipt: Receipt) -> list[tuple[str, str]]:
    """Return what stands on the receipt."""
    return [
        ("Number", receipt.number),
        ("Paid by", receipt.payer),
        ("For", receipt.purpose),
        ("Amount", f"₹{receipt.amount}"),
        ("By", receipt.method or "Razorpay"),
        ("Paid on", f"{receipt.paid_at:%d %B %Y, %H:%M} UTC"),
        ("Razorpay order", receipt.order_id),
        ("Razorpay payment", receipt.payment_id),
    ]


def returns(receipt: Receipt) -> list[str]:
    """Return what was given back, a line each."""
    return [f"₹{amount} on {at:%d %B %Y}" for at, amount in receipt.refunds]
