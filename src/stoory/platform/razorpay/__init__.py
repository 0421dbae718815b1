"""Razorpay, as the rest of the house sees it: typed answers, enforced deadlines, errors of ours, signatures."""

from stoory.platform.razorpay.client import Razorpay
from stoory.platform.razorpay.entities import (
    Order,
    Payment,
    Payout,
    Refund,
    read_order,
    read_payment,
    read_payout,
    read_refund,
)
from stoory.platform.razorpay.wire import Refused

__all__ = [
    "Order",
    "Payment",
    "Payout",
    "Razorpay",
    "Refund",
    "Refused",
    "read_order",
    "read_payment",
    "read_payout",
    "read_refund",
]
