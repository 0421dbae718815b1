"""Customers. Razorpay documentation, "Customers API"."""

from __future__ import annotations

from typing import Final

from stoory.sandbox.razorpay import reading
from stoory.sandbox.razorpay.refusals import Json, Refusal
from stoory.sandbox.razorpay.routes import Call, Route

LONGEST: Final = {"name": 50, "email": 64, "contact": 15, "gstin": 15}


def create_customer(call: Call) -> Json:
    """Create a customer; a known contact and e-mail is refused, or answered with `fail_existing: 0`."""
    gateway, body = call.gateway, call.body
    reading.only(body, {*LONGEST, "notes", "fail_existing"})
    fields = {field: reading.text(body, field, longest=longest) for field, longest in LONGEST.items()}
    # Two of whom nothing is known are not for that the same.
    who = f"{fields['contact']} {fields['email']}" if fields["contact"] or fields["email"] else None
    known = gateway.store.labelled("customer", who) if who else None
    if known is not None:
        if body.get("fail_existing") in ("0", 0):
            return known
        raise Refusal("Customer already exists for the merchant")
    customer: Json = {"id": gateway.new_id("customer"), "entity": "customer", **fields}
    customer |= {"notes": reading.notes(body), "created_at": gateway.now}
    gateway.store.add(customer, label=who)
    return customer


def list_customers(call: Call) -> Json:
    """List customers."""
    return reading.collection(reading.page(call.request, call.gateway.store, "customer"))


def show_customer(call: Call, customer_id: str) -> Json:
    """Return a customer."""
    return call.gateway.find("customer", customer_id)


def change_customer(call: Call, customer_id: str) -> Json:
    """Change a customer's name, e-mail or contact."""
    customer = call.gateway.find("customer", customer_id)
    reading.only(call.body, LONGEST)
    for field in call.body:
        customer[field] = reading.text(call.body, field, longest=LONGEST[field])
    call.gateway.store.save(customer)
    return customer


ROUTES: Final = [
    Route("POST", "/v1/customers", create_customer),
    Route("GET", "/v1/customers", list_customers),
    Route("GET", "/v1/customers/{customer_id}", show_customer),
    Route("PUT", "/v1/customers/{customer_id}", change_customer),
]
