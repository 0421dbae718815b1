"""Switches for what sources tell differently of Razorpay, and for how quickly its slow parts go."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Amount = Annotated[int, Meta(ge=1)]
Seconds = Annotated[int, Meta(ge=0)]


class Quirks(Struct, forbid_unknown_fields=True, kw_only=True):
    """How this Razorpay behaves; `PUT /__sandbox/quirks` changes some of it."""

    receipts: Literal["unique", "lenient"] = "unique"
    """Whether a receipt may be used once (integration guide) or often (sample of the orders list)"""

    small_order: Literal["order_creation", "payment_initiation"] = "order_creation"
    """At which step an order below the minimum is refused: newer error index, or older orders page"""

    attempts_per_order: Literal["many", "one"] = "many"
    """India: many; Malaysia: one"""

    duplicates: Literal["refund", "capture"] = "refund"
    """What becomes of a payment on an order that is paid already"""

    mismatched_payments: Literal["refused", "taken"] = "refused"
    """Razorpay refuses a payment that does not fit its order; `taken` shows whether the merchant would notice"""

    wrong_credentials_status: Literal[400, 401] = 401
    """Plans page: 401; orders page: 400"""

    unknown_route_status: Literal[400, 404] = 400
    """API pages: 400; general table: 404"""

    largest_amount: Amount = 50_000_000_00
    """In paise; the real cap is the account's and not published"""

    smallest_refund: Amount = 100
    """In paise; the instant-refund page allows 1"""

    capture_window_seconds: Seconds = 3 * 24 * 3600
    """How long an authorized payment waits for its capture; the settings API says 5 days"""

    refund_seconds: Seconds | None = 0
    """After how long a refund is processed; 0: at once; null: when the control door says so"""

    payout_seconds: Seconds | None = 2
    """After how long a payout is processed; 0: at once; null: when the control door says so"""

    payout_starts: Literal["processing", "pending", "scheduled"] = "processing"
    """What a payout is at first: `pending` approval, `scheduled` for later; the control door moves it on"""

    x_balance: Annotated[int, Meta(ge=0)] = 100_000_000_00
    """In paise: what the RazorpayX account can pay out; payouts do not use it up"""
