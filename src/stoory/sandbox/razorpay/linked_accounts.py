"""Accounts of those who are paid through Route. Razorpay documentation, "Linked accounts API"."""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay import reading
from stoory.sandbox.razorpay.refusals import Json
from stoory.sandbox.razorpay.routes import Call, Route


def create_account(call: Call) -> Json:
    """Create a linked account; the sandbox activates it at once and asks for no papers."""
    gateway, body = call.gateway, call.body
    reading.required(body, "email", "phone", "legal_business_name", "business_type")
    account = {
        **body,
        "id": gateway.new_id("account"),
        "entity": "account",
        "type": "route",
        "status": "created",
        "created_at": gateway.now,
    }
    gateway.store.add(account)
    return account


def show_account(call: Call, account_id: str) -> Json:
    """Return a linked account."""
    return call.gateway.find("account", account_id)


ROUTES: Final = [
    Route("POST", "/v2/accounts", create_account),
    Route("GET", "/v2/accounts/{account_id}", show_account),
]
