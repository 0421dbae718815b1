"""Route: parts of a payment for linked accounts, held back if need be. Razorpay documentation, "Route API"."""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay import idempotency, reading
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal, wrong_field
from stoory.sandbox.razorpay.routes import Call, Route

PARAMETERS: Final = frozenset(
    {"account", "amount", "currency", "notes", "linked_account_notes", "on_hold", "on_hold_until"}
)

STANDING: Final = ("processed", "partially_reversed")
"""A transfer in these states has happened, and not all of it was taken back."""

FAILURE: Final[Json] = {
    "code": "BAD_REQUEST_ERROR",
    "description": "The transfer failed as the account of the recipient could not be credited.",
    "reason": "transfer_failed",
    "step": "transfer_processing",
    "source": "gateway",
    "metadata": {},
}


def begin(gateway: Gateway, source: Json, planned: list[Json], *, captured: int) -> list[Json]:
    """Plan transfers out of an order or a payment; those of a payment happen at once."""
    made = [_transfer(gateway, source, body, at=f"transfers.{index}.") for index, body in enumerate(planned)]
    if sum(transfer["amount"] for transfer in made) + source.get("amount_transferred", 0) > captured:
        raise Refusal("The sum of amount requested for transfer is greater than the captured amount")
    return made


def _transfer(gateway: Gateway, source: Json, body: Json, *, at: str = "") -> Json:
    reading.only(body, PARAMETERS)
    reading.required(body, "account")
    account = gateway.find("account", body["account"])
    amount = reading.amount(body, largest=gateway.quirks.largest_amount)
    if amount < reading.SMALLEST_AMOUNT:
        raise wrong_field(f"{at}amount", f"The {at}amount must be at least {reading.SMALLEST_AMOUNT}.")
    transfer: Json = {
        "id": gateway.new_id("transfer"),
        "entity": "transfer",
        "status": "created",
        "settlement_status": None,
        "source": source["id"],
        "recipient": account["id"],
        "amount": amount,
        "currency": reading.currency(body),
        "amount_reversed": 0,
        "notes": reading.notes(body),
        "linked_account_notes": body.get("linked_account_notes") or [],
        "on_hold": reading.flag(body, "on_hold"),
        "on_hold_until": _until(body),
        "recipient_settlement_id": None,
        "created_at": gateway.now,
        "processed_at": None,
        "error": dict.fromkeys(
            ("code", "description", "reason", "field", "step", "id", "source", "metadata")
        ),
    }
    gateway.store.add(transfer, parent=source["id"])
    return transfer


def _until(body: Json) -> int | None:
    if body.get("on_hold_until") is None:
        return None
    return reading.number(body, "on_hold_until", least=0, most=reading.END_OF_TIME)


def process(gateway: Gateway, transfer: Json) -> None:
    """Let the linked account have the money; what is on hold is settled only when it is released."""
    transfer.update(status="processed", processed_at=gateway.now)
    _hold(gateway, transfer)
    gateway.tell("transfer.processed", transfer=transfer)


def _hold(gateway: Gateway, transfer: Json) -> None:
    """Keep whether it is held; what has not happened yet has no settlement to hold."""
    if transfer["status"] in STANDING:
        transfer["settlement_status"] = "on_hold" if transfer["on_hold"] else "pending"
    gateway.store.save(transfer)
    until = transfer["on_hold_until"]
    if transfer["on_hold"] and until is not None:
        gateway.after(max(0, until - gateway.now), "release a transfer", transfer["id"])


def release(gateway: Gateway, transfer_id: str) -> None:
    """End a hold whose time has come, unless it was moved."""
    transfer = gateway.find("transfer", transfer_id)
    until = transfer["on_hold_until"]
    if transfer["on_hold"] and until is not None and until <= gateway.now:
        transfer.update(on_hold=False, on_hold_until=None)
        _hold(gateway, transfer)


def settle(gateway: Gateway, transfer: Json) -> None:
    """Let the money of a processed transfer reach the linked account's bank."""
    if transfer["status"] not in STANDING:
        raise Refusal(f"A transfer that is {transfer['status']} cannot be settled.")
    if transfer["settlement_status"] != "pending":
        raise Refusal(f"A transfer whose settlement is {transfer['settlement_status']} cannot be settled.")
    transfer.update(settlement_status="settled", recipient_settlement_id=f"setl_{gateway.letters()}")
    gateway.store.save(transfer)


def fail(gateway: Gateway, transfer: Json) -> None:
    """Let a transfer fail, as long as the bank has nothing of it; the payment has its amount to transfer again."""
    if transfer["status"] not in ("created", "processed") or transfer["settlement_status"] == "settled":
        raise Refusal(
            f"A transfer that is {transfer['settlement_status'] or transfer['status']} cannot fail."
        )
    if transfer["status"] == "processed":
        _count(gateway, transfer["source"], -transfer["amount"])
    transfer.update(status="failed", settlement_status=None, processed_at=None)
    transfer["error"].update(FAILURE, id=transfer["id"])
    gateway.store.save(transfer)
    gateway.tell("transfer.failed", transfer=transfer)


def process_planned(gateway: Gateway, order: Json) -> None:
    """Let those transfers happen that were planned when the order was made."""
    for transfer in gateway.store.newest("transfer", parent=order["id"]):
        if transfer["status"] == "created":
            process(gateway, transfer)
            _count(gateway, order["id"], transfer["amount"])


def _count(gateway: Gateway, source: str, amount: int) -> None:
    """Count what is transferred towards its payment, or towards those of its order as far as each has room."""
    named = gateway.store.find("payment", source)
    for payment in [named] if named else [*gateway.store.newest("payment", parent=source)]:
        used = payment["amount_transferred"]
        room = max(0, payment["amount"] - payment["amount_refunded"] - used) if payment["captured"] else 0
        share = max(-used, min(amount, room))
        amount -= share
        gateway.store.save({**payment, "amount_transferred": used + share})


def transfer_payment(call: Call, payment_id: str) -> Json:
    """Transfer parts of a captured payment."""
    gateway = call.gateway
    payment = gateway.find("payment", payment_id)
    reading.only(call.body, {"transfers"})
    if payment["status"] != "captured":
        raise Refusal("The payment status should be captured for action to be taken")
    captured = payment["amount"] - payment["amount_refunded"]
    made = begin(gateway, payment, reading.objects(call.body, "transfers"), captured=captured)
    for transfer in made:
        process(gateway, transfer)
        _count(gateway, payment["id"], transfer["amount"])
    return reading.collection(made)


def create_transfer(call: Call) -> Json:
    """Transfer from the merchant's own balance."""
    return idempotency.once(call, idempotency.TRANSFER, lambda: _direct(call))


def _direct(call: Call) -> Json:
    transfer = _transfer(call.gateway, {"id": call.gateway.account_id}, call.body)
    process(call.gateway, transfer)
    return transfer


def list_transfers(call: Call) -> Json:
    """List transfers."""
    return reading.collection(reading.page(call.request, call.gateway.store, "transfer"))


def list_transfers_of_payment(call: Call, payment_id: str) -> Json:
    """List the transfers of a payment, those of its order included."""
    gateway = call.gateway
    payment = gateway.find("payment", payment_id)
    sources = (payment["id"], payment["order_id"])
    made = [transfer for source in sources for transfer in gateway.store.newest("transfer", parent=source)]
    return reading.collection(made)


def show_transfer(call: Call, transfer_id: str) -> Json:
    """Return a transfer."""
    return call.gateway.find("transfer", transfer_id)


def change_transfer(call: Call, transfer_id: str) -> Json:
    """Hold a transfer back, or release it, as long as it is not settled."""
    gateway, body = call.gateway, call.body
    transfer = gateway.find("transfer", transfer_id)
    reading.only(body, {"on_hold", "on_hold_until", "notes"})
    if transfer["settlement_status"] == "settled":
        raise Refusal("The transfer is already settled.", field="on_hold")
    transfer["on_hold"] = reading.flag(body, "on_hold") if "on_hold" in body else transfer["on_hold"]
    until = _until(body) if "on_hold_until" in body else transfer["on_hold_until"]
    transfer["on_hold_until"] = until if transfer["on_hold"] else None
    transfer["notes"] = reading.notes(body) if "notes" in body else transfer["notes"]
    _hold(gateway, transfer)
    return transfer


def reverse_transfer(call: Call, transfer_id: str) -> Json:
    """Take money back from a linked account, all that is left unless an amount is said."""
    gateway, body = call.gateway, call.body
    transfer = gateway.find("transfer", transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = (
        left if body.get("amount") is None else reading.amount(body, largest=gateway.quirks.largest_amount)
    )
    return _reverse(gateway, transfer, amount)


def _reverse(gateway: Gateway, transfer: Json, amount: int) -> Json:
    if transfer["status"] not in STANDING:
        raise Refusal(f"A transfer that is {transfer['status']} cannot be reversed.")
    if not 0 < amount <= transfer["amount"] - transfer["amount_reversed"]:
        raise wrong_field("amount", "The reversal amount is greater than the amount transferred.")
    transfer["amount_reversed"] += amount
    is_whole = transfer["amount_reversed"] == transfer["amount"]
    transfer["status"] = "reversed" if is_whole else "partially_reversed"
    gateway.store.save(transfer)
    reversal: Json = {
        "id": gateway.new_id("reversal"),
        "entity": "reversal",
        "transfer_id": transfer["id"],
        "amount": amount,
        "fee": 0,
        "tax": 0,
        "currency": transfer["currency"],
        "notes": [],
        "initiator_id": gateway.account_id,
        "customer_refund_id": None,
        "utr": None,
        "created_at": gateway.now,
    }
    gateway.store.add(reversal, parent=transfer["id"])
    return reversal


def list_reversals(call: Call, transfer_id: str) -> Json:
    """List what was taken back of a transfer."""
    transfer = call.gateway.find("transfer", transfer_id)
    return reading.collection(
        reading.page(call.request, call.gateway.store, "reversal", parent=transfer["id"])
    )


def reverse_for_refund(gateway: Gateway, payment: Json, amount: int) -> None:
    """Pull transfers back before a refund: all for a whole refund, else the only one by as much."""
    standing = [
        transfer
        for source in (payment["id"], payment["order_id"])
        for transfer in gateway.store.newest("transfer", parent=source)
        if transfer["status"] in STANDING
    ]
    if amount == payment["amount"]:
        for transfer in standing:
            _reverse(gateway, transfer, transfer["amount"] - transfer["amount_reversed"])
    elif len(standing) == 1:
        _reverse(gateway, standing[0], amount)
    elif standing:
        raise wrong_field(
            "reverse_all", "reverse_all is not supported for a partial refund of several transfers."
        )


ROUTES: Final = [
    Route("POST", "/v1/payments/{payment_id}/transfers", transfer_payment),
    Route("GET", "/v1/payments/{payment_id}/transfers", list_transfers_of_payment),
    Route("POST", "/v1/transfers", create_transfer),
    Route("GET", "/v1/transfers", list_transfers),
    Route("GET", "/v1/transfers/{transfer_id}", show_transfer),
    Route("PATCH", "/v1/transfers/{transfer_id}", change_transfer),
    Route("POST", "/v1/transfers/{transfer_id}/reversals", reverse_transfer),
    Route("GET", "/v1/transfers/{transfer_id}/reversals", list_reversals),
]
