"""People to be paid, and where their money goes. Razorpay documentation, "RazorpayX: Contacts, Fund accounts"."""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

from stoory.sandbox.razorpay import reading
from stoory.sandbox.razorpay.gateway import Gateway
from stoory.sandbox.razorpay.refusals import Json, wrong_field
from stoory.sandbox.razorpay.routes import Call, Route

LONGEST: Final = {"name": 50, "email": 100, "contact": 15, "type": 40, "reference_id": 40}
SHORTEST_NAME: Final = 3
DETAILS: Final = {
    "bank_account": {
        "name": r".{3,120}",
        "ifsc": r"[A-Z]{4}0[A-Z0-9]{6}",
        "account_number": r"[A-Za-z0-9]{5,35}",
    },
    "vpa": {"address": r"[A-Za-z0-9._-]{2,256}@[A-Za-z][A-Za-z0-9]{1,63}"},
}


def create_contact(call: Call) -> Json:
    """Create a contact; identical details return the one there is."""
    gateway, body = call.gateway, call.body
    reading.only(body, {*LONGEST, "notes"})
    reading.required(body, "name")
    fields = {field: reading.text(body, field, longest=longest) for field, longest in LONGEST.items()}
    if len(str(fields["name"])) < SHORTEST_NAME:
        raise wrong_field("name", f"The name must be at least {SHORTEST_NAME} characters.")
    notes = reading.notes(body)
    same = json.dumps([fields, notes], sort_keys=True)
    if known := gateway.store.labelled("contact", same):
        return known
    contact: Json = {"id": gateway.new_id("contact"), "entity": "contact", **fields, "batch_id": None}
    contact |= {"active": True, "notes": notes, "created_at": gateway.now}
    gateway.store.add(contact, label=same)
    return contact


def list_contacts(call: Call) -> Json:
    """List contacts."""
    where = reading.same(
        call.request, **{field: field for field in ("name", "email", "contact", "reference_id")}
    )
    return reading.collection(reading.page(call.request, call.gateway.store, "contact", where=where))


def show_contact(call: Call, contact_id: str) -> Json:
    """Return a contact."""
    return call.gateway.find("contact", contact_id)


def change_contact(call: Call, contact_id: str) -> Json:
    """Change a contact, or switch it off."""
    contact = call.gateway.find("contact", contact_id)
    reading.only(call.body, {*LONGEST, "notes", "active"})
    for field in call.body:
        if field == "active":
            contact["active"] = reading.flag(call.body, "active")
        elif field == "notes":
            contact["notes"] = reading.notes(call.body)
        else:
            contact[field] = reading.text(call.body, field, longest=LONGEST[field])
    call.gateway.store.save(contact)
    return contact


def create_fund_account(call: Call) -> Json:
    """Create a fund account of a contact, or of a customer; identical details return the one there is."""
    gateway, body = call.gateway, call.body
    reading.only(body, {"contact_id", "customer_id", "account_type", *DETAILS})
    owner = "customer" if "customer_id" in body else "contact"
    reading.required(body, f"{owner}_id")
    whose = gateway.find(owner, body[f"{owner}_id"])["id"]
    kind = reading.choice(body, "account_type", DETAILS)
    details = _details(body, kind)
    same = json.dumps([whose, kind, details], sort_keys=True)
    if known := gateway.store.labelled("fund_account", same):
        return known
    account = {
        "id": gateway.new_id("fund_account"),
        "entity": "fund_account",
        f"{owner}_id": whose,
        "account_type": kind,
        kind: details,
        "batch_id": None,
        "active": True,
        "created_at": gateway.now,
    }
    gateway.store.add(account, parent=whose, label=same)
    return account


def _details(body: Json, kind: str) -> Json:
    reading.required(body, kind)
    given = cast("Json", body[kind]) if isinstance(body[kind], dict) else {}
    for field, shape in DETAILS[kind].items():
        if not re.fullmatch(shape, str(given.get(field))):
            raise wrong_field(f"{kind}.{field}", f"The {field} is invalid.")
    if kind == "vpa":
        name, _, handle = given["address"].partition("@")
        return {"username": name, "handle": handle, "address": given["address"]}
    return {**given, "bank_name": "HDFC Bank", "notes": []}


def list_fund_accounts(call: Call) -> Json:
    """List fund accounts."""
    where = reading.same(call.request, contact_id="contact_id", customer_id="customer_id")
    return reading.collection(reading.page(call.request, call.gateway.store, "fund_account", where=where))


def show_fund_account(call: Call, fund_account_id: str) -> Json:
    """Return a fund account."""
    return call.gateway.find("fund_account", fund_account_id)


def switch_fund_account(call: Call, fund_account_id: str) -> Json:
    """Switch a fund account on or off; its details never change."""
    account = call.gateway.find("fund_account", fund_account_id)
    reading.only(call.body, {"active"})
    account["active"] = reading.flag(call.body, "active")
    call.gateway.store.save(account)
    return account


def payable(gateway: Gateway, fund_account_id: Any) -> Json:
    """Return a fund account that may be paid."""
    account = gateway.find("fund_account", fund_account_id)
    owner = gateway.store.find("contact", account.get("contact_id", ""))
    if not account["active"] or owner is None or not owner["active"]:
        raise wrong_field("fund_account_id", "The fund account is not active.")
    return account


ROUTES: Final = [
    Route("POST", "/v1/contacts", create_contact),
    Route("GET", "/v1/contacts", list_contacts),
    Route("GET", "/v1/contacts/{contact_id}", show_contact),
    Route("PATCH", "/v1/contacts/{contact_id}", change_contact),
    Route("POST", "/v1/fund_accounts", create_fund_account),
    Route("GET", "/v1/fund_accounts", list_fund_accounts),
    Route("GET", "/v1/fund_accounts/{fund_account_id}", show_fund_account),
    Route("PATCH", "/v1/fund_accounts/{fund_account_id}", switch_fund_account),
]
