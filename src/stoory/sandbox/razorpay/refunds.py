"""Refunds. Razorpay documentation, "Refunds API"."""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay import idempotency, reading, refunding, transfers
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal, unknown_id, wrong_field
from stoory.sandbox.razorpay.routes import Call, Route

PARAMETERS: Final = frozenset({"amount", "speed", "notes", "receipt", "reverse_all"})
SPEEDS: Final = ("normal", "optimum")
SIX_MONTHS_SECONDS: Final = 180 * 24 * 3600


def refund_payment(call: Call, payment_id: str) -> Json:
    """Refund a payment, wholly unless an amount is said."""
    reading.only(call.body, PARAMETERS)
    return idempotency.once(call, idempotency.REFUND, lambda: _refund(call, payment_id))


def create_refund(call: Call) -> Json:
    """Refund a payment named in the body: the address of Python's SDK."""
    reading.only(call.body, PARAMETERS | {"payment_id"})
    reading.required(call.body, "payment_id")
    return idempotency.once(call, idempotency.REFUND, lambda: _refund(call, call.body["payment_id"]))


def _refund(call: Call, payment_id: str) -> Json:
    gateway, body = call.gateway, call.body
    payment = gateway.find("payment", payment_id)
    refundable = _refundable(payment)
    amount = refundable if body.get("amount") is None else _amount(gateway, body)
    if amount > refundable:
        raise wrong_field("amount", "The refund amount provided is greater than amount captured.")
    speed = reading.choice(body, "speed", SPEEDS) if body.get("speed") else "normal"
    if speed == "normal" and gateway.now - payment["created_at"] > SIX_MONTHS_SECONDS:
        raise Refusal("Payment is more than 6 months old, only instant refund is supported")
    if reading.flag(body, "reverse_all"):
        transfers.reverse_for_refund(gateway, payment, amount)
    return refunding.refund(
        gateway,
        payment,
        amount,
        speed=speed,
        notes=reading.notes(body),
        receipt=reading.text(body, "receipt", longest=reading.LONGEST_RECEIPT),
    )


def _refundable(payment: Json) -> int:
    if payment["status"] == "refunded":
        raise Refusal("The payment has been fully refunded already.")
    if not payment["captured"]:
        raise Refusal("The payment status should be captured for action to be taken")
    return payment["amount"] - payment["amount_refunded"]


def _amount(gateway: Gateway, body: Json) -> int:
    amount = reading.amount(body, largest=gateway.quirks.largest_amount)
    if amount < gateway.quirks.smallest_refund:
        raise wrong_field("amount", "The amount must be at least INR 1.00")
    return amount


def list_refunds(call: Call) -> Json:
    """List refunds."""
    return reading.collection(reading.page(call.request, call.gateway.store, "refund"))


def list_refunds_of_payment(call: Call, payment_id: str) -> Json:
    """List the refunds of a payment."""
    payment = call.gateway.find("payment", payment_id)
    return reading.collection(reading.page(call.request, call.gateway.store, "refund", parent=payment["id"]))


def show_refund(call: Call, refund_id: str) -> Json:
    """Return a refund."""
    return call.gateway.find("refund", refund_id)


def show_refund_of_payment(call: Call, payment_id: str, refund_id: str) -> Json:
    """Return a refund of that payment."""
    payment = call.gateway.find("payment", payment_id)
    refund = call.gateway.find("refund", refund_id)
    if refund["payment_id"] != payment["id"]:
        raise unknown_id()
    return refund


def change_refund(call: Call, refund_id: str) -> Json:
    """Change a refund's notes."""
    refund = {**call.gateway.find("refund", refund_id), "notes": reading.notes(call.body)}
    call.gateway.store.save(refund)
    return refund


ROUTES: Final = [
    Route("POST", "/v1/payments/{payment_id}/refund", refund_payment),
    Route("GET", "/v1/payments/{payment_id}/refunds", list_refunds_of_payment),
    Route("GET", "/v1/payments/{payment_id}/refunds/{refund_id}", show_refund_of_payment),
    Route("POST", "/v1/refunds", create_refund),
    Route("GET", "/v1/refunds", list_refunds),
    Route("GET", "/v1/refunds/{refund_id}", show_refund),
    Route("PATCH", "/v1/refunds/{refund_id}", change_refund),
]
