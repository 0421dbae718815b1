"""Payments' doors: orders and the verify call for payers, the webhook for Razorpay, what does not fit for operators."""

from typing import Final

from stoory.payments.api import operators, orders, webhook

ROUTES: Final = [*orders.ROUTES, *webhook.ROUTES, *operators.ROUTES]
