"""Charge-backs: a customer's bank takes a payment back, until the merchant has won or lost.

Razorpay documentation, "Disputes": at the phase `chargeback` the amount is deducted when the dispute is made, and
credited again when it is won.
"""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal, wrong_field

OUTCOMES: Final = ("created", "won", "lost")
DAYS_TO_RESPOND: Final = 7
DAY_SECONDS: Final = 86_400
REASON_CODE: Final = "goods_or_services_not_received_or_partially_received"


def dispute(gateway: Gateway, payment: Json, outcome: str, amount: int | None = None) -> Json:
    """Let the bank take a payment back, or decide what was taken, and return the dispute."""
    found = _open(gateway, payment)
    if found is None:
        found = _create(gateway, payment, amount or payment["amount"])
    elif outcome == "created":
        raise Refusal("The payment is disputed already.")
    if outcome != "created":
        found.update(status=outcome, amount_deducted=0 if outcome == "won" else found["amount"])
        gateway.store.save(found)
        gateway.tell(f"payment.dispute.{outcome}", payment=payment, dispute=found)
    return found


def _open(gateway: Gateway, payment: Json) -> Json | None:
    disputes = gateway.store.newest("dispute", parent=payment["id"])
    return next((found for found in disputes if found["status"] == "open"), None)


def _create(gateway: Gateway, payment: Json, amount: int) -> Json:
    if not payment["captured"]:
        raise Refusal("The payment status should be captured for action to be taken")
    lost = sum(found["amount_deducted"] for found in gateway.store.newest("dispute", parent=payment["id"]))
    if not 0 < amount <= payment["amount"] - lost:
        raise wrong_field("amount", "The disputed amount is greater than the payment's.")
    made: Json = {
        "id": gateway.new_id("dispute"),
        "entity": "dispute",
        "payment_id": payment["id"],
        "amount": amount,
        "currency": payment["currency"],
        "amount_deducted": amount,
        "reason_code": REASON_CODE,
        "respond_by": gateway.now + DAYS_TO_RESPOND * DAY_SECONDS,
        "status": "open",
        "phase": "chargeback",
        "created_at": gateway.now,
    }
    gateway.store.add(made, parent=payment["id"])
    gateway.tell("payment.dispute.created", payment=payment, dispute=made)
    return made
