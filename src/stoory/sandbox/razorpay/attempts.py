"""The life of a payment: begun at Checkout, authorized by a bank, captured, failed, or late with all of it.

Razorpay documentation, "Payment life cycle": created, authorized, captured, refunded; created, failed; and
failed, authorized when the bank answers late.
"""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay import reading, refunding, transfers
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal, wrong_field

METHODS: Final = ("upi", "card", "netbanking")
OUTCOMES: Final = ("captured", "authorized", "failed", "late")

FEE_PERCENT: Final = 2
TAX_PERCENT: Final = 18
"""GST on the fee; the entity's `fee` includes it."""

GIVEN_UP_AFTER_SECONDS: Final = 600
"""Razorpay documentation, "Late authorisation": without the bank's answer a payment fails after about 10 minutes."""

ANSWERED_AFTER_SECONDS: Final = 1200
"""When a late bank answers; Razorpay asks it for up to 3 days."""

DESCRIPTION: Final = "Sandbox / सैंडबॉक्स"
"""A slash and letters beyond ASCII: whoever verifies a webhook after encoding it anew fails at once, not one day."""

FAILURE: Final = {
    "error_code": "BAD_REQUEST_ERROR",
    "error_description": "Your payment didn't go through as it was declined by the bank. Try another payment method.",
    "error_source": "bank",
    "error_step": "payment_authorization",
    "error_reason": "payment_failed",
}
TIMEOUT: Final = {
    "error_code": "GATEWAY_ERROR",
    "error_description": "Payment was not completed on time.",
    "error_source": "customer",
    "error_step": "payment_authentication",
    "error_reason": "payment_timed_out",
}
NO_FAILURE: Final = dict.fromkeys(FAILURE)

ALREADY_PAID: Final = (
    "Your payment has been declined as the order is already paid."
    " Please initiate the payment with a new order."
)


def pay(
    gateway: Gateway,
    order: Json,
    *,
    method: str,
    outcome: str,
    amount: int | None = None,
    vpa: str | None = None,
) -> Json:
    """Attempt to pay an order and return the payment."""
    payment = _begin(gateway, order, method, amount, vpa)
    if outcome == "failed":
        fail(gateway, payment)
    elif outcome == "late":
        gateway.after(GIVEN_UP_AFTER_SECONDS, "give up on the bank", payment["id"])
        gateway.after(ANSWERED_AFTER_SECONDS, "hear from a late bank", payment["id"])
    else:
        authorise(gateway, payment, captures=outcome == "captured")
    return gateway.find("payment", payment["id"])


def usual_outcome(gateway: Gateway, order: Json) -> str:
    """Return what becomes of a payment the bank takes: captured, unless the order says by hand."""
    setting: Json = gateway.store.terms(order["id"]).get("capture") or {}
    return "authorized" if setting.get("mode") == "manual" else "captured"


def _begin(gateway: Gateway, order: Json, method: str, amount: int | None, vpa: str | None) -> Json:
    """Make a payment that no bank has answered yet."""
    refuse_closed(gateway, order)
    amount = _fitting(gateway, order, amount)
    payment_id = gateway.new_id("payment")
    card = _card(gateway) if method == "card" else None
    payment: Json = {
        "id": payment_id,
        "entity": "payment",
        "amount": amount,
        "currency": order["currency"],
        "status": "created",
        "order_id": order["id"],
        "invoice_id": None,
        "international": False,
        "method": method,
        "amount_refunded": 0,
        "amount_transferred": 0,
        "refund_status": None,
        "captured": False,
        "description": DESCRIPTION,
        "card_id": card and card["id"],
        "bank": "HDFC" if method == "netbanking" else None,
        "wallet": None,
        "vpa": (vpa or "success@razorpay") if method == "upi" else None,
        "email": "asha@example.com",
        "contact": "+919800000001",
        "notes": order["notes"],
        "fee": None,
        "tax": None,
        **NO_FAILURE,
        "acquirer_data": _acquirer_data(gateway, method),
        "created_at": gateway.now,
    }
    gateway.store.add(payment, parent=order["id"], terms={"card": card})
    order["attempts"] += 1
    order["status"] = "attempted" if order["status"] == "created" else order["status"]
    gateway.store.save(order)
    return payment


def refuse_closed(gateway: Gateway, order: Json) -> None:
    """Refuse a further attempt on an order that was closed, or that had its only one."""
    if gateway.store.terms(order["id"]).get("is_closed"):
        raise Refusal("The order is closed. Please initiate the payment with a new order.")
    if gateway.quirks.attempts_per_order == "one" and order["attempts"]:
        raise Refusal("Only one payment attempt is allowed for an order. Please create a new order.")


def _fitting(gateway: Gateway, order: Json, amount: int | None) -> int:
    """Return what is paid: what is due, or a part of it where the order takes parts; a switch takes anything."""
    due = order["amount_due"] or order["amount"]
    if amount is None or amount == due:
        return due
    is_taken = gateway.quirks.mismatched_payments == "taken" and amount > 0
    is_part = bool(order.get("partial_payment")) and reading.SMALLEST_AMOUNT <= amount < due
    if not is_taken and not is_part:
        raise wrong_field("amount", "Your payment amount is different from your order amount.")
    return amount


def _card(gateway: Gateway) -> Json:
    """Return the test card: Razorpay documentation, "Test card details", Visa credit, domestic."""
    return {
        "id": gateway.new_id("card"),
        "entity": "card",
        "name": "Asha Rao",
        "last4": "0366",
        "network": "Visa",
        "type": "credit",
        "issuer": "HDFC",
        "international": False,
        "emi": False,
        "sub_type": "consumer",
        "token_iin": None,
    }


def _acquirer_data(gateway: Gateway, method: str) -> Json:
    number = "".join(str(ord(letter) % 10) for letter in gateway.letters()[:12])
    return {
        "upi": {"rrn": number},
        "card": {"auth_code": number[:6]},
        "netbanking": {"bank_transaction_id": number},
    }[method]


def fail(gateway: Gateway, payment: Json, failure: Json = FAILURE) -> None:
    """Let a payment fail; the order stays open for another attempt, and this one may still be authorized."""
    if payment["status"] != "created":
        raise Refusal(f"A payment that is {payment['status']} cannot fail.")
    payment.update(failure, status="failed")
    gateway.store.save(payment)
    gateway.tell("payment.failed", payment=payment)


def authorise(gateway: Gateway, payment: Json, *, captures: bool) -> None:
    """Let the bank say yes. On an order that is paid already, Razorpay returns the money at once.

    Razorpay documentation, "Auto refunds"; the switch `duplicates` lets a second capture happen.
    """
    if payment["status"] not in ("created", "failed"):
        raise Refusal(f"A payment that is {payment['status']} cannot be authorized.")
    order = gateway.find("order", payment["order_id"])
    payment.update(NO_FAILURE, status="authorized")
    gateway.store.save(payment)
    gateway.tell("payment.authorized", payment=payment)
    is_late = order["status"] == "paid" or bool(gateway.store.terms(order["id"]).get("is_closed"))
    if is_late and gateway.quirks.duplicates == "refund":
        refunding.return_authorized(gateway, payment)
    elif captures:
        capture(gateway, payment)
    else:
        gateway.after(_capture_window(gateway, order), "return what nobody captured", payment["id"])


def authorise_late(gateway: Gateway, payment: Json) -> None:
    """Let the bank say yes after all: captured if the order's setting says automatic and is not too old."""
    order = gateway.find("order", payment["order_id"])
    setting: Json = gateway.store.terms(order["id"]).get("capture") or {}
    window = 60 * setting.get("automatic_expiry_period", 0) or gateway.quirks.capture_window_seconds
    is_in_time = gateway.now <= payment["created_at"] + window
    authorise(gateway, payment, captures=is_in_time and usual_outcome(gateway, order) == "captured")


def _capture_window(gateway: Gateway, order: Json) -> int:
    setting: Json = gateway.store.terms(order["id"]).get("capture") or {}
    return 60 * setting.get("manual_expiry_period", 0) or gateway.quirks.capture_window_seconds


def capture(gateway: Gateway, payment: Json) -> None:
    """Take the money: Razorpay keeps its fee, and the order is paid once nothing is due."""
    order = gateway.find("order", payment["order_id"])
    fee = _percent(payment["amount"], FEE_PERCENT)
    tax = _percent(fee, TAX_PERCENT)
    payment.update(status="captured", captured=True, fee=fee + tax, tax=tax, base_amount=payment["amount"])
    gateway.store.save(payment)
    gateway.tell("payment.captured", payment=payment)
    was_paid = order["status"] == "paid"
    order["amount_paid"] += payment["amount"]
    order["amount_due"] = max(0, order["amount"] - order["amount_paid"])
    order["status"] = "paid" if order["amount_due"] == 0 else order["status"]
    gateway.store.save(order)
    if order["status"] == "paid" and not was_paid:
        gateway.tell("order.paid", payment=payment, order=order)
        transfers.process_planned(gateway, order)


def _percent(amount: int, percent: int) -> int:
    """Return so many per cent, a half rounded up."""
    return (amount * percent + 50) // 100


def give_up(gateway: Gateway, payment_id: str) -> None:
    """Stop waiting for the bank, unless it has answered."""
    payment = gateway.find("payment", payment_id)
    if payment["status"] == "created":
        fail(gateway, payment, TIMEOUT)


def hear_late(gateway: Gateway, payment_id: str) -> None:
    """Take a late yes, unless somebody has decided otherwise."""
    payment = gateway.find("payment", payment_id)
    if payment["status"] == "failed":
        authorise_late(gateway, payment)


def return_uncaptured(gateway: Gateway, payment_id: str) -> None:
    """Return what was authorized and never captured."""
    payment = gateway.find("payment", payment_id)
    if payment["status"] == "authorized":
        refunding.return_authorized(gateway, payment)
