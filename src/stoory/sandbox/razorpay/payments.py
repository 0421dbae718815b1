"""Payments: read and captured, never created, for that is Checkout's. Razorpay documentation, "Payments API"."""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay import attempts, reading
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal
from stoory.sandbox.razorpay.routes import Call, Route


def list_payments(call: Call) -> Json:
    """List payments."""
    payments = reading.page(call.request, call.gateway.store, "payment")
    return reading.collection([_expanded(call, payment) for payment in payments])


def show_payment(call: Call, payment_id: str) -> Json:
    """Return a payment."""
    return _expanded(call, call.gateway.find("payment", payment_id))


def change_payment(call: Call, payment_id: str) -> Json:
    """Change a payment's notes."""
    payment = {**call.gateway.find("payment", payment_id), "notes": reading.notes(call.body)}
    call.gateway.store.save(payment)
    return payment


def show_card(call: Call, payment_id: str) -> Json:
    """Return the card of a payment."""
    payment = call.gateway.find("payment", payment_id)
    card: Json | None = call.gateway.store.terms(payment["id"])["card"]
    if card is None:
        raise Refusal("The requested payment was not made by card.")
    return card


def capture_payment(call: Call, payment_id: str) -> Json:
    """Capture an authorized payment: the whole amount, once."""
    gateway, body = call.gateway, call.body
    payment = gateway.find("payment", payment_id)
    reading.only(body, {"amount", "currency"})
    amount = reading.amount(body, largest=gateway.quirks.largest_amount)
    reading.currency(body)
    if payment["captured"]:
        raise Refusal("This payment has already been captured")
    if payment["status"] != "authorized":
        raise Refusal("The payment status should be authorized for action to be taken")
    if amount != payment["amount"]:
        raise Refusal("Capture amount must be equal to the amount authorized.", field="amount")
    if gateway.find("order", payment["order_id"])["status"] == "paid":
        raise Refusal(attempts.ALREADY_PAID)
    attempts.capture(gateway, payment)
    return gateway.find("payment", payment["id"])


def list_methods(call: Call) -> Json:
    """Say what one can pay with; Python's SDK asks without /v1."""
    del call
    return {
        "entity": "methods",
        "card": True,
        "debit_card": True,
        "credit_card": True,
        "upi": True,
        "netbanking": {"HDFC": "HDFC Bank", "ICIC": "ICICI Bank", "SBIN": "State Bank of India"},
        "wallet": {},
        "emi": False,
    }


def with_card(gateway: Gateway, payment: Json) -> Json:
    """Return a payment with its card inside."""
    card = gateway.store.terms(payment["id"])["card"]
    return payment if card is None else {**payment, "card": card}


def _expanded(call: Call, payment: Json) -> Json:
    return with_card(call.gateway, payment) if "card" in call.request.expand else payment


ROUTES: Final = [
    Route("GET", "/v1/payments", list_payments),
    Route("GET", "/v1/payments/{payment_id}", show_payment),
    Route("PATCH", "/v1/payments/{payment_id}", change_payment),
    Route("GET", "/v1/payments/{payment_id}/card", show_card),
    Route("POST", "/v1/payments/{payment_id}/capture", capture_payment),
    Route("GET", "/v1/methods", list_methods),
    Route("GET", "/methods", list_methods),
]
