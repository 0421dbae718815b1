"""What an order is paid for, as payments know it: whoever asks for money registers these functions in app.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from msgspec import Struct

from stoory.ledger.rules import Journal
from stoory.payments.queries.orders import Order
from stoory.platform.database import Tx
from stoory.platform.razorpay import Razorpay
from stoory.platform.wire import Json


class Purpose(Struct, frozen=True, kw_only=True):
    """What happens to what an order is for. All are called in the transaction that saves the payment."""

    hold: Callable[[Tx, Order], Awaitable[None]]
    """Lock what the order is for. Called before the order is locked, so that locks have one order everywhere."""
    wants: Callable[[Tx, Order], Awaitable[bool]]
    """Tell whether the money is still waited for, so that an authorized payment is to be captured."""
    captured: Callable[[Tx, Order, UUID], Awaitable[Journal | None]]
    """Take a payment, given its id, and return where it goes; None when it is not wanted any more: it is given back."""
    failed: Callable[[Tx, Order, UUID], Awaitable[None]]
    """Hear that an attempt to pay failed; the order stays payable."""
    charged_back: Callable[[Tx, Order, UUID], Awaitable[None]]
    """Hear that a bank has taken a payment back."""


Listener = Callable[[Tx, str, Json], Awaitable[str]]
"""Applies a webhook of another feature, given its name and payload; returns what became of it."""


class Till(Struct, frozen=True, kw_only=True):
    """Razorpay, and who is to hear what it says."""

    gateway: Razorpay
    purposes: Mapping[str, Purpose]
    """By the order's `purpose`."""
    listeners: Mapping[str, Listener]
    """By the first word of the event's name (`payout`)."""
