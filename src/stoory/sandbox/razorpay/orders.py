"""Orders. Razorpay documentation, "Orders API"."""

from __future__ import annotations

from typing import Any, Final

from stoory.sandbox.razorpay import reading, transfers
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.payments import with_card
from stoory.sandbox.razorpay.refusals import INPUT, Json, Refusal, wrong_field
from stoory.sandbox.razorpay.routes import Call, Route

PARAMETERS: Final = frozenset(
    {
        "amount",
        "currency",
        "receipt",
        "notes",
        "partial_payment",
        "first_payment_min_amount",
        "offer_id",
        "unique_receipt",
        "transfers",
        "payment",
        "payment_capture",
        "customer_id",
        "method",
    }
)
SHORTEST_AUTOMATIC_MINUTES: Final = 12
LONGEST_MANUAL_MINUTES: Final = 7200


def create_order(call: Call) -> Json:
    """Create an order; with `unique_receipt` a known receipt answers the order it belongs to."""
    gateway, body = call.gateway, call.body
    reading.only(body, PARAMETERS)
    amount = _amount(gateway, body)
    currency = reading.currency(body)
    notes = reading.notes(body)
    terms = {"capture": _capture_setting(body)}
    receipt = reading.text(body, "receipt", longest=reading.LONGEST_RECEIPT)
    if receipt and (known := gateway.store.labelled("order", receipt)):
        if reading.flag(body, "unique_receipt"):
            return known
        if gateway.quirks.receipts == "unique":
            raise _used_receipt(known)
    order: Json = {
        "id": gateway.new_id("order"),
        "entity": "order",
        "amount": amount,
        "amount_paid": 0,
        "amount_due": amount,
        "currency": currency,
        "receipt": receipt,
        "offer_id": body.get("offer_id"),
        "status": "created",
        "attempts": 0,
        "notes": notes,
        "created_at": gateway.now,
    }
    if reading.flag(body, "partial_payment"):
        order["partial_payment"] = True
    gateway.store.add(order, label=receipt, terms=terms)
    if body.get("transfers"):
        planned = reading.objects(body, "transfers")
        return {**order, "transfers": transfers.begin(gateway, order, planned, captured=amount)}
    return order


def _amount(gateway: Gateway, body: Json) -> int:
    amount = reading.amount(body, largest=gateway.quirks.largest_amount)
    if amount >= reading.SMALLEST_AMOUNT:
        return amount
    if gateway.quirks.small_order == "payment_initiation":
        raise wrong_field("amount", "The amount must be at least INR 1.00")
    raise wrong_field(
        "amount",
        "Order amount less than minimum amount allowed",
        reason="amount_less_than_minimum_amount",
        step="order_creation",
    )


def _capture_setting(body: Json) -> Json:
    """Read when payments are captured. Razorpay documentation, "Capture settings": minutes, automatic from 12 on."""
    deprecated = body.get("payment_capture")
    if deprecated is not None and not reading.flag(body, "payment_capture"):
        return {"mode": "manual"}
    setting = reading.part(body, "payment")
    if not setting:
        return {}
    mode = reading.choice(setting, "capture", ("automatic", "manual"))
    options = {"manual_expiry_period": LONGEST_MANUAL_MINUTES, **reading.part(setting, "capture_options")}
    manual = _minutes(options, "manual_expiry_period")
    is_needless = mode == "manual" and "automatic_expiry_period" not in options
    automatic = manual if is_needless else _minutes(options, "automatic_expiry_period")
    if automatic > manual:
        raise wrong_field("payment", "The manual expiry period must not be shorter than the automatic one.")
    return {"mode": mode, "automatic_expiry_period": automatic, "manual_expiry_period": manual}


def _minutes(options: Json, field: str) -> int:
    return reading.number(options, field, least=SHORTEST_AUTOMATIC_MINUTES, most=LONGEST_MANUAL_MINUTES)


def _used_receipt(known: Json) -> Refusal:
    return Refusal(
        "Order receipt should be unique.",
        field="receipt",
        reason=INPUT,
        step="order_creation",
        metadata={"order_id": known["id"]},
    )


def list_orders(call: Call) -> Json:
    """List orders; `authorized` asks for those with a payment that waits for its capture, or without one."""
    gateway, request = call.gateway, call.request
    fits = reading.same(request, receipt="receipt")
    asked = request.parameter("authorized")

    def is_wanted(order: Json) -> bool:
        return fits(order) and (asked is None or _has_authorized(gateway, order) == (asked in ("1", "true")))

    orders = reading.page(request, gateway.store, "order", where=is_wanted)
    return reading.collection([_expanded(call, order) for order in orders])


def _has_authorized(gateway: Gateway, order: Json) -> bool:
    payments = gateway.store.newest("payment", parent=order["id"])
    return any(payment["status"] == "authorized" for payment in payments)


def show_order(call: Call, order_id: str) -> Json:
    """Return an order."""
    return _expanded(call, call.gateway.find("order", order_id))


def list_payments_of_order(call: Call, order_id: str) -> Json:
    """List all attempts to pay an order."""
    order = call.gateway.find("order", order_id)
    return reading.collection(_payments(call, order))


def change_order(call: Call, order_id: str) -> Json:
    """Change an order's notes, the only thing of it that changes."""
    reading.only(call.body, {"notes"})
    order = {**call.gateway.find("order", order_id), "notes": reading.notes(call.body)}
    call.gateway.store.save(order)
    return order


def _payments(call: Call, order: Json) -> list[Json]:
    payments: list[Any] = list(call.gateway.store.newest("payment", parent=order["id"]))
    is_card_wanted = call.request.expand & {"card", "payments.card"}
    return [with_card(call.gateway, payment) if is_card_wanted else payment for payment in payments]


def _expanded(call: Call, order: Json) -> Json:
    wanted = call.request.expand
    expanded = dict(order)
    if wanted & {"payments", "payments.card"}:
        expanded["payments"] = reading.collection(_payments(call, order))
    if "transfers" in wanted:
        expanded["transfers"] = reading.collection(
            list(call.gateway.store.newest("transfer", parent=order["id"]))
        )
    return expanded


ROUTES: Final = [
    Route("POST", "/v1/orders", create_order),
    Route("GET", "/v1/orders", list_orders),
    Route("GET", "/v1/orders/{order_id}", show_order),
    Route("PATCH", "/v1/orders/{order_id}", change_order),
    Route("GET", "/v1/orders/{order_id}/payments", list_payments_of_order),
]
