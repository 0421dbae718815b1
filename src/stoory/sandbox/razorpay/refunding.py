"""The life of a refund: pending, then processed or failed.

Razorpay documentation, "Refunds": the webhook is the final word; what failed can be refunded again.
"""

from __future__ import annotations

from typing import Any

from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal


def refund(
    gateway: Gateway,
    payment: Json,
    amount: int,
    *,
    speed: str = "normal",
    notes: Json | list[Any] | None = None,
    receipt: str | None = None,
) -> Json:
    """Return some of a payment's money and return the refund, processed already if the switch says at once."""
    returned: Json = {
        "id": gateway.new_id("refund"),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": notes or [],
        "receipt": receipt,
        "acquirer_data": {"arn": None},
        "created_at": gateway.now,
        "batch_id": None,
        "status": "pending",
        "speed_processed": "instant" if speed == "optimum" else "normal",
        "speed_requested": speed,
    }
    gateway.store.add(returned, parent=payment["id"])
    _count(gateway, payment, amount)
    gateway.tell("refund.created", refund=returned, payment=payment)
    seconds = gateway.quirks.refund_seconds
    if seconds == 0:
        settle(gateway, returned)
    elif seconds is not None:
        gateway.after(seconds, "settle a refund", returned["id"])
    return returned


def return_authorized(gateway: Gateway, payment: Json) -> None:
    """Return what was authorized only: recognised by `captured: false` in the refund's events."""
    refund(gateway, payment, payment["amount"])


def settle(gateway: Gateway, returned: Json, speed: str | None = None) -> None:
    """Let the money arrive. A refund asked to be fast may turn out slow; an event says so first."""
    _refuse_final(returned)
    payment = gateway.find("payment", returned["payment_id"])
    if speed is not None and speed != returned["speed_processed"]:
        returned["speed_processed"] = speed
        gateway.store.save(returned)
        gateway.tell("refund.speed_changed", refund=returned, payment=payment)
    returned.update(status="processed", acquirer_data={"arn": gateway.letters().upper()})
    gateway.store.save(returned)
    gateway.tell("refund.processed", refund=returned, payment=payment)


def fail(gateway: Gateway, returned: Json) -> None:
    """Let the bank refuse the money; it can be refunded again."""
    _refuse_final(returned)
    payment = gateway.find("payment", returned["payment_id"])
    returned["status"] = "failed"
    gateway.store.save(returned)
    _count(gateway, payment, -returned["amount"])
    gateway.tell("refund.failed", refund=returned, payment=payment)


def settle_by_timer(gateway: Gateway, refund_id: str) -> None:
    """Let the money arrive, unless somebody has decided otherwise."""
    returned = gateway.find("refund", refund_id)
    if returned["status"] == "pending":
        settle(gateway, returned)


def _count(gateway: Gateway, payment: Json, amount: int) -> None:
    """Keep the payment's sums: partly refunded it stays captured, wholly it is refunded."""
    payment["amount_refunded"] += amount
    refunded = payment["amount_refunded"]
    is_whole = refunded == payment["amount"]
    payment["refund_status"] = "full" if is_whole else "partial" if refunded else None
    payment["status"] = "refunded" if is_whole else "captured" if payment["captured"] else "authorized"
    gateway.store.save(payment)


def _refuse_final(returned: Json) -> None:
    if returned["status"] != "pending":
        raise Refusal(f"The refund is {returned['status']} already.")
