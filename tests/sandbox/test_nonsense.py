"""Whatever a client sends, the sandbox answers in Razorpay's envelope and does not break."""

from __future__ import annotations

import itertools
import json
import sqlite3
from typing import Any

import pytest

from stoory.sandbox.razorpay import (
    contacts,
    control,
    control_webhooks,
    customers,
    linked_accounts,
    orders,
    payments,
    payouts,
    refunds,
    transfers,
)
from stoory.sandbox.razorpay.app import ADVANCE, Sandbox
from stoory.sandbox.razorpay.routes import Route
from tests.sandbox.shop import Client

NONSENSE: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**30,
    "x",
    "9" * 5_000,
    [],
    [[]],
    {},
    {"a": []},
    {"capture": []},
    [{"amount": {}}],
]
UNWRITABLE = (
    '"\\ud800"',
    '{"\\udfff": 1}',
    "NaN",
    "-Infinity",
    "[" * 100 + "]" * 100,
    "[" * 100_000 + "]" * 100_000,
)
"""Texts of JSON, or what Python takes for it."""

SOUND: dict[str, Any] = {
    "amount": 100,
    "currency": "INR",
    "name": "Ravi Kumar",
    "account_type": "vpa",
    "vpa": {"address": "ravi@okhdfc"},
    "account_number": "2323230000000001",
    "mode": "UPI",
    "purpose": "payout",
}
TABLES = (contacts, customers, linked_accounts, orders, payments, payouts, refunds, transfers)
FIELDS = {
    **dict.fromkeys((*orders.PARAMETERS, *payouts.PARAMETERS, *refunds.PARAMETERS, *transfers.PARAMETERS)),
    **dict.fromkeys(
        (*contacts.LONGEST, *contacts.DETAILS, *SOUND, "contact_id", "account_type", "active", "on_hold")
    ),
}
CONTROLS = (
    "advance_seconds",
    "times",
    "seconds",
    "ids",
    "order",
    "seed",
    "body",
    "status",
    "speed",
    "method",
    "kind",
)
HOOK = ("url", "secret", "events", "is_enabled", "is_held", "receipts", "largest_amount", "path")


CLOCK = Route(*ADVANCE, control.show_clock)
"""Answered by the application itself, because it waits for webhooks."""


def writing(*tables: Any) -> list[Route]:
    return [route for table in tables for route in table.ROUTES if route.method != "GET"]


@pytest.mark.parametrize("route", writing(*TABLES), ids=lambda route: f"{route.method} {route.pattern}")
async def test_the_api_refuses_nonsense(razorpay: Client, route: Route):
    await razorpay.quirk(largest_amount=10**9)
    ids = await existing(razorpay)
    known = {field: ids[field] for field in ("contact_id", "fund_account_id") if "payout" in route.pattern}
    for number, (field, value) in enumerate(itertools.product(FIELDS, NONSENSE)):
        body = {field: value} if number % 2 else {**SOUND, **known, field: value}
        response = await razorpay.http.request(
            route.method,
            route.pattern.format(**ids),
            json=body,
            headers={"x-payout-idempotency": f"nonsense-{number}"},
        )
        assert response.status_code in (200, 400, 409)
        assert ("error" in response.json()) is (response.status_code != 200)


@pytest.mark.parametrize(
    "route", [*writing(control, control_webhooks), CLOCK], ids=lambda route: f"{route.method} {route.pattern}"
)
async def test_the_control_door_refuses_nonsense(razorpay: Client, route: Route):
    for field, value in itertools.product((*CONTROLS, *HOOK), NONSENSE):
        ids = await existing(razorpay)
        response = await razorpay.http.request(route.method, route.pattern.format(**ids), json={field: value})
        assert response.status_code in (200, 400, 404)


@pytest.mark.parametrize(
    "route",
    [*writing(*TABLES, control, control_webhooks), CLOCK],
    ids=lambda route: f"{route.method} {route.pattern}",
)
async def test_what_can_be_read_and_never_written_is_refused(razorpay: Client, route: Route):
    ids = await existing(razorpay)
    for field, text in itertools.product(("notes", "legal_business_name", "url"), UNWRITABLE):
        body = json.dumps(SOUND)[:-1] + f', "{field}": {text}}}'
        response = await razorpay.http.request(
            route.method,
            route.pattern.format(**ids),
            content=body,
            headers={"x-payout-idempotency": "nonsense"},
        )
        assert response.json().get("error", {}).get("code", "BAD_REQUEST_ERROR") == "BAD_REQUEST_ERROR"


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/customers", "/__sandbox/clock", "/__sandbox/faults"])
@pytest.mark.parametrize("text", [*UNWRITABLE, "[" * 20 + "]" * 20])
async def test_it_is_refused_in_razorpays_envelope(razorpay: Client, path: str, text: str):
    response = await razorpay.http.post(path, content=f'{{"notes": {text}}}')
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BAD_REQUEST_ERROR")
    assert "The request body is" in response.json()["error"]["description"]


@pytest.mark.parametrize(
    "asked", ["GET /v1/orders", "POST /__sandbox/clock", "POST /__sandbox/webhooks/deliver", "GET /checkout"]
)
async def test_what_nobody_has_foreseen_is_a_server_error_and_told_to_the_log(
    sandbox: Sandbox,
    razorpay: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    asked: str,
):
    def broken() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sandbox.gateway, "ring", broken)
    response = await razorpay.http.request(*asked.split(), json={"advance_seconds": 1})
    assert (response.status_code, response.json()["error"]["code"]) == (500, "SERVER_ERROR")
    [record] = [each for each in caplog.records if asked in each.getMessage()]
    assert "disk I/O error" in str(record.exc_info)


@pytest.mark.parametrize("delivery", ["9" * 30, "9" * 5_000, "²", "-1", "1.0"])
async def test_a_delivery_of_nonsense_is_not_there(razorpay: Client, delivery: str):
    await razorpay.get(f"/__sandbox/webhooks/{delivery}", 404)


async def test_a_query_of_nonsense_is_refused(razorpay: Client):
    for name, value in itertools.product(("count", "skip", "from", "to"), ("-1", "x", "9" * 5_000, "²")):
        await razorpay.get("/v1/orders", 400, **{name: value})


async def existing(razorpay: Client) -> dict[str, Any]:
    """Return ids of things that are there, made once a test."""
    if not razorpay.ids:
        contact = await razorpay.post("/v1/contacts", {"name": "Ravi Kumar"})
        account = {"contact_id": contact["id"], "account_type": "vpa", "vpa": {"address": "ravi@okhdfc"}}
        payment = await razorpay.paid()
        order = await razorpay.order()
        razorpay.ids = {
            "order_id": order["id"],
            "payment_id": payment["id"],
            "refund_id": (await razorpay.post(f"/v1/payments/{payment['id']}/refund", {"amount": 100}))["id"],
            "customer_id": (await razorpay.post("/v1/customers", {"name": "Asha"}))["id"],
            "contact_id": contact["id"],
            "fund_account_id": (await razorpay.post("/v1/fund_accounts", account))["id"],
            "payout_id": "pout_00000000000000",
            "transfer_id": "trf_00000000000000",
            "account_id": "acc_00000000000000",
            "delivery_id": "1",
        }
    return razorpay.ids
