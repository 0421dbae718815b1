"""Payouts. Razorpay documentation, "RazorpayX: Payouts API" and "Payout states"."""

from __future__ import annotations

import re
from typing import Final

from stoory.sandbox.razorpay import contacts, idempotency, reading
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, Refusal, wrong_field
from stoory.sandbox.razorpay.routes import Call, Route

MODES: Final = {"bank_account": ("NEFT", "RTGS", "IMPS"), "vpa": ("UPI",)}
PURPOSES: Final = (
    "refund",
    "cashback",
    "payout",
    "salary",
    "utility bill",
    "vendor bill",
    "vendor advance",
    "custom",
)
PARAMETERS: Final = frozenset(
    {
        "account_number",
        "fund_account_id",
        "amount",
        "currency",
        "mode",
        "purpose",
        "queue_if_low_balance",
        "reference_id",
        "narration",
        "notes",
    }
)

TRANSITIONS: Final = {
    "pending": {"queued", "scheduled", "processing", "rejected"},
    "queued": {"processing", "cancelled", "failed"},
    "scheduled": {"processing", "cancelled", "failed"},
    "processing": {"processed", "reversed", "failed"},
    "processed": {"reversed"},
    "failed": {"reversed"},
    "reversed": set[str](),
    "rejected": set[str](),
    "cancelled": set[str](),
}
"""What may become of a payout. `processed` is not the end: a bank returns money days later."""

EVENTS: Final = {
    "pending": "payout.pending",
    "queued": "payout.queued",
    "processing": "payout.initiated",
    "processed": "payout.processed",
    "reversed": "payout.reversed",
    "failed": "payout.failed",
    "rejected": "payout.rejected",
}
FEE: Final = 590
TAX: Final = 90
"""Paise; the fee includes the tax. The real tariff is the merchant's."""

DETAILS: Final = {
    "queued": ("low_balance", "gateway", "Payout is queued as the account has insufficient balance."),
    "processed": (
        "payout_processed",
        "beneficiary_bank",
        "Payout is processed and the money has been credited.",
    ),
    "reversed": ("beneficiary_bank_rejected", "beneficiary_bank", "The bank has returned the money."),
    "failed": ("gateway_technical_error", "gateway", "Payout failed due to a technical error."),
}


def create_payout(call: Call) -> Json:
    """Pay somebody. The key is mandatory since March 2025."""
    return idempotency.once(call, idempotency.PAYOUT, lambda: _create(call))


def _create(call: Call) -> Json:
    gateway, body = call.gateway, call.body
    reading.only(body, PARAMETERS)
    reading.required(body, "account_number", "fund_account_id", "mode", "purpose")
    account = contacts.payable(gateway, body["fund_account_id"])
    amount = reading.amount(body, largest=gateway.quirks.largest_amount)
    if amount < reading.SMALLEST_AMOUNT:
        raise wrong_field("amount", f"The amount must be at least {reading.SMALLEST_AMOUNT}.")
    narration = reading.text(body, "narration", longest=30)
    if narration and not re.fullmatch("[A-Za-z0-9 ]*", narration):
        raise wrong_field("narration", "The narration may only contain letters, numbers and spaces.")
    payout: Json = {
        "id": gateway.new_id("payout"),
        "entity": "payout",
        "fund_account_id": account["id"],
        "amount": amount,
        "currency": reading.currency(body),
        "notes": reading.notes(body),
        "fees": 0,
        "tax": 0,
        "status": None,
        "utr": None,
        "mode": reading.choice(body, "mode", MODES[account["account_type"]]),
        "purpose": reading.choice(body, "purpose", PURPOSES),
        "reference_id": reading.text(body, "reference_id", longest=40),
        "narration": narration,
        "batch_id": None,
        "status_details": None,
        "created_at": gateway.now,
        "fee_type": None,
        "debit_account_number": str(body["account_number"]),
    }
    gateway.store.add(payout, label=payout["reference_id"])
    _enter(gateway, payout, _first_status(gateway, body, amount))
    return payout


def _first_status(gateway: Gateway, body: Json, amount: int) -> str:
    if gateway.quirks.payout_starts != "processing":
        return gateway.quirks.payout_starts
    if amount <= gateway.quirks.x_balance:
        return "processing"
    return "queued" if reading.flag(body, "queue_if_low_balance") else "failed"


def move(gateway: Gateway, payout: Json, status: str, reason: str | None = None) -> None:
    """Let something become of a payout; Refusal for what cannot."""
    if status not in TRANSITIONS[payout["status"]]:
        raise Refusal(f"A payout that is {payout['status']} cannot become {status}.")
    _enter(gateway, payout, status, reason)


def _enter(gateway: Gateway, payout: Json, status: str, reason: str | None = None) -> None:
    usual, source, description = DETAILS.get(status, (None, None, None))
    payout["status"] = status
    payout["status_details"] = usual and {
        "reason": reason or usual,
        "source": source,
        "description": description,
    }
    if status == "processing":
        payout.update(fees=FEE, tax=TAX)
    if status == "processed":
        payout["utr"] = gateway.letters().upper()
    gateway.store.save(payout)
    if event := EVENTS.get(status):
        gateway.tell(event, payout=payout)
    seconds = gateway.quirks.payout_seconds
    if status == "processing" and seconds == 0:
        _enter(gateway, payout, "processed")
    elif status == "processing" and seconds is not None:
        gateway.after(seconds, "process a payout", payout["id"])


def process_by_timer(gateway: Gateway, payout_id: str) -> None:
    """Let the money arrive, unless something else has become of the payout."""
    payout = gateway.find("payout", payout_id)
    if payout["status"] == "processing":
        _enter(gateway, payout, "processed")


def list_payouts(call: Call) -> Json:
    """List the payouts of an account, whose number must be said."""
    reading.required(dict(call.request.query), "account_number")
    where = reading.same(
        call.request,
        account_number="debit_account_number",
        fund_account_id="fund_account_id",
        reference_id="reference_id",
        mode="mode",
        status="status",
    )
    return reading.collection(reading.page(call.request, call.gateway.store, "payout", where=where))


def show_payout(call: Call, payout_id: str) -> Json:
    """Return a payout."""
    return call.gateway.find("payout", payout_id)


def cancel_payout(call: Call, payout_id: str) -> Json:
    """Cancel a payout that is queued."""
    payout = call.gateway.find("payout", payout_id)
    if payout["status"] != "queued":
        raise Refusal("Only queued payouts can be cancelled.", field="status")
    move(call.gateway, payout, "cancelled")
    return payout


ROUTES: Final = [
    Route("POST", "/v1/payouts", create_payout),
    Route("GET", "/v1/payouts", list_payouts),
    Route("GET", "/v1/payouts/{payout_id}", show_payout),
    Route("POST", "/v1/payouts/{payout_id}/cancel", cancel_payout),
]
