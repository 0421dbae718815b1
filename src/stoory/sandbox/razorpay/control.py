"""The control door, /__sandbox: what customers, banks and time do, on demand. Nobody signs in; it is all play money."""

from __future__ import annotations

from typing import Final

import msgspec

from stoory.sandbox.razorpay import (
    attempts,
    disputes,
    faults,
    payouts,
    reading,
    refunding,
    settlements,
    transfers,
)
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal
from stoory.sandbox.razorpay.routes import Call, Route

SPEEDS: Final = ("normal", "instant")


def pay_order(call: Call, order_id: str) -> Json:
    """Pay an order as a customer would, and return what Checkout hands to the merchant's page."""
    gateway, body = call.gateway, {"method": "upi", "outcome": "captured", **call.body}
    reading.only(body, {"method", "outcome", "amount"})
    payment = attempts.pay(
        gateway,
        gateway.find("order", order_id),
        method=reading.choice(body, "method", attempts.METHODS),
        outcome=reading.choice(body, "outcome", attempts.OUTCOMES),
        amount=reading.amount(body, largest=gateway.quirks.largest_amount) if "amount" in body else None,
    )
    return checkout_fields(gateway, payment)


def checkout_fields(gateway: Gateway, payment: Json) -> Json:
    """Return the three fields of Checkout; the signature vouches for the pair, not for money."""
    return {
        "razorpay_payment_id": payment["id"],
        "razorpay_order_id": payment["order_id"],
        "razorpay_signature": gateway.checkout_signature(payment["order_id"], payment["id"]),
    }


def close_order(call: Call, order_id: str) -> Json:
    """Take no further payment for an order; one that the bank answers late is returned."""
    order = call.gateway.find("order", order_id)
    terms = call.gateway.store.terms(order["id"])
    call.gateway.store.set_terms(order["id"], {**terms, "is_closed": True})
    return order


def fail_payment(call: Call, payment_id: str) -> Json:
    """Let the bank say no to a payment it has not answered."""
    attempts.fail(call.gateway, call.gateway.find("payment", payment_id))
    return call.gateway.find("payment", payment_id)


def authorise_payment_late(call: Call, payment_id: str) -> Json:
    """Let the bank say yes to a payment that is created or failed."""
    attempts.authorise_late(call.gateway, call.gateway.find("payment", payment_id))
    return call.gateway.find("payment", payment_id)


def dispute_payment(call: Call, payment_id: str) -> Json:
    """Let the customer's bank take a captured payment back, whole unless an `amount` is said, or decide about it."""
    gateway, body = call.gateway, {"outcome": "created", **call.body}
    reading.only(body, {"outcome", "amount"})
    return disputes.dispute(
        gateway,
        gateway.find("payment", payment_id),
        reading.choice(body, "outcome", disputes.OUTCOMES),
        reading.amount(body, largest=gateway.quirks.largest_amount) if "amount" in body else None,
    )


def settle(call: Call) -> Json:
    """Send what is held for the merchant to the merchant's bank."""
    return settlements.settle(call.gateway)


def settle_refund(call: Call, refund_id: str) -> Json:
    """Let a pending refund arrive, at another speed than asked if one is said."""
    speed = reading.choice(call.body, "speed", SPEEDS) if "speed" in call.body else None
    refund = call.gateway.find("refund", refund_id)
    refunding.settle(call.gateway, refund, speed)
    return refund


def fail_refund(call: Call, refund_id: str) -> Json:
    """Let a pending refund fail."""
    refund = call.gateway.find("refund", refund_id)
    refunding.fail(call.gateway, refund)
    return refund


def move_payout(call: Call, payout_id: str) -> Json:
    """Let a payout become what `status` says, as far as Razorpay's could, for a `reason` if one is said."""
    gateway, body = call.gateway, call.body
    payout = gateway.find("payout", payout_id)
    status = reading.choice(body, "status", payouts.TRANSITIONS)
    payouts.move(gateway, payout, status, reading.text(body, "reason", longest=100))
    return gateway.find("payout", payout_id)


def settle_transfer(call: Call, transfer_id: str) -> Json:
    """Let a linked account's bank have the money of a transfer, if it is not on hold."""
    transfer = call.gateway.find("transfer", transfer_id)
    transfers.settle(call.gateway, transfer)
    return transfer


def fail_transfer(call: Call, transfer_id: str) -> Json:
    """Let a transfer fail that is not settled."""
    transfer = call.gateway.find("transfer", transfer_id)
    transfers.fail(call.gateway, transfer)
    return transfer


def show_clock(call: Call) -> Json:
    """Return the sandbox's time."""
    return {"now": call.gateway.now}


def show_quirks(call: Call) -> Json:
    """Return the switches."""
    return msgspec.to_builtins(call.gateway.quirks)


def change_quirks(call: Call) -> Json:
    """Set those switches that are named."""
    call.gateway.set_quirks(call.body)
    return show_quirks(call)


def list_faults(call: Call) -> Json:
    """List the faults still to happen."""
    return reading.collection(faults.waiting(call.gateway.store))


def add_fault(call: Call) -> Json:
    """Make the next requests go wrong."""
    return msgspec.to_builtins(faults.add(call.gateway.store, call.body))


def clear_faults(call: Call) -> Json:
    """Let everything go well again."""
    faults.clear(call.gateway.store)
    return list_faults(call)


def reset(call: Call) -> Json:
    """Forget everything: entities, webhooks, faults, switches; the clock goes back."""
    call.gateway.reset()
    return show_clock(call)


def no_such_door(path: str) -> Refusal:
    """Tell a tester that an address is misspelt."""
    return Refusal(f"The sandbox has nothing at {path}.", status=404)


ROUTES: Final = [
    Route("POST", "/__sandbox/orders/{order_id}/pay", pay_order),
    Route("POST", "/__sandbox/orders/{order_id}/close", close_order),
    Route("POST", "/__sandbox/payments/{payment_id}/fail", fail_payment),
    Route("POST", "/__sandbox/payments/{payment_id}/late-authorise", authorise_payment_late),
    Route("POST", "/__sandbox/payments/{payment_id}/dispute", dispute_payment),
    Route("POST", "/__sandbox/settle", settle),
    Route("POST", "/__sandbox/refunds/{refund_id}/settle", settle_refund),
    Route("POST", "/__sandbox/refunds/{refund_id}/fail", fail_refund),
    Route("POST", "/__sandbox/payouts/{payout_id}/move", move_payout),
    Route("POST", "/__sandbox/transfers/{transfer_id}/settle", settle_transfer),
    Route("POST", "/__sandbox/transfers/{transfer_id}/fail", fail_transfer),
    Route("GET", "/__sandbox/clock", show_clock),
    Route("GET", "/__sandbox/quirks", show_quirks),
    Route("PUT", "/__sandbox/quirks", change_quirks),
    Route("GET", "/__sandbox/faults", list_faults),
    Route("POST", "/__sandbox/faults", add_fault),
    Route("DELETE", "/__sandbox/faults", clear_faults),
    Route("POST", "/__sandbox/reset", reset),
]
