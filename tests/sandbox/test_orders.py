"""Asha's orders at the stand-in, as Razorpay's orders pages describe them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from stoory.sandbox.razorpay.app import Sandbox
from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.shop import START, Client


async def test_an_order_begins_unpaid(razorpay: Client):
    order = await razorpay.order(50_000, receipt="deal-7", notes={"deal": "7"})
    assert order.pop("id").startswith("order_")
    assert order == {
        "entity": "order",
        "amount": 50_000,
        "amount_paid": 0,
        "amount_due": 50_000,
        "currency": "INR",
        "receipt": "deal-7",
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": {"deal": "7"},
        "created_at": START,
    }


async def test_empty_notes_are_a_list(razorpay: Client):
    assert (await razorpay.order())["notes"] == []


@pytest.mark.parametrize(
    ("change", "description"),
    [
        ({"amount": None}, "The amount field is required."),
        ({"amount": 500.0}, "The amount must be an integer."),
        ({"amount": True}, "The amount must be an integer."),
        ({"amount": 99}, "Order amount less than minimum amount allowed"),
        ({"amount": 10**12}, "Amount exceeds maximum amount allowed."),
        ({"currency": ""}, "The currency field is required."),
        ({"receipt": 7}, "expected string but provided 7"),
        ({"receipt": "r" * 41}, "The receipt may not be greater than 40 characters."),
        ({"colour": "red"}, "colour is not required and should not be sent"),
        (
            {"notes": {str(n): "x" for n in range(16)}},
            "Number of fields in notes should be less than or equal to 15.",
        ),
    ],
)
async def test_what_is_wrong_is_refused_in_razorpays_words(
    razorpay: Client, change: dict[str, Any], description: str
):
    assert await razorpay.refusal("/v1/orders", {"amount": 500, "currency": "INR"} | change) == description


async def test_a_refused_field_is_named(razorpay: Client):
    error = (await razorpay.post("/v1/orders", {"amount": 1.5, "currency": "INR"}, 400))["error"]
    assert (error["code"], error["field"], error["reason"]) == (
        "BAD_REQUEST_ERROR",
        "amount",
        "input_validation_failed",
    )


async def test_a_receipt_is_used_once(razorpay: Client):
    order = await razorpay.order(receipt="deal-7")
    error = (await razorpay.post("/v1/orders", {"amount": 500, "currency": "INR", "receipt": "deal-7"}, 400))[
        "error"
    ]
    assert error["description"] == "Order receipt should be unique."
    assert error["metadata"] == {"order_id": order["id"]}


async def test_a_unique_receipt_returns_its_order(razorpay: Client):
    order = await razorpay.order(receipt="deal-7")
    assert await razorpay.order(receipt="deal-7", unique_receipt=True) == order


async def test_a_lenient_razorpay_takes_a_receipt_twice(razorpay: Client):
    await razorpay.quirk(receipts="lenient")
    first, second = await razorpay.order(receipt="deal-7"), await razorpay.order(receipt="deal-7")
    assert first["id"] != second["id"]


async def test_orders_are_listed_newest_first_in_pages(razorpay: Client):
    made = [(await razorpay.order(receipt=f"r{number}"))["id"] for number in range(12)]
    first = await razorpay.get("/v1/orders")
    second = await razorpay.get("/v1/orders", skip=10, count=10)
    assert [order["id"] for order in first["items"] + second["items"]] == made[::-1]
    assert (first["entity"], first["count"], second["count"]) == ("collection", 10, 2)
    assert "may not be greater" in (await razorpay.get("/v1/orders", 400, count=101))["error"]["description"]


async def test_orders_are_found_by_receipt_and_by_time(razorpay: Client):
    early = await razorpay.order(receipt="early")
    await razorpay.wait(100)
    late = await razorpay.order(receipt="late")
    assert (await razorpay.get("/v1/orders", receipt="early"))["items"] == [early]
    assert (await razorpay.get("/v1/orders", **{"from": START + 1}))["items"] == [late]
    assert (await razorpay.get("/v1/orders", to=START + 99))["items"] == [early]


async def test_orders_are_found_by_a_payment_that_waits_for_its_capture(razorpay: Client):
    waiting, idle = await razorpay.order(), await razorpay.order()
    await razorpay.pay(waiting, "authorized")
    assert [order["id"] for order in (await razorpay.get("/v1/orders", authorized=1))["items"]] == [
        waiting["id"]
    ]
    assert [order["id"] for order in (await razorpay.get("/v1/orders", authorized=0))["items"]] == [
        idle["id"]
    ]


@pytest.mark.parametrize(
    "query", ["expand[]=payments", "expand%5B%5D=payments", "expand%5Bexpand%5D=payments"]
)
async def test_payments_are_shown_inside_as_either_sdk_asks(razorpay: Client, query: str):
    order = await razorpay.order()
    payment = await razorpay.pay(order)
    shown = await razorpay.get(f"/v1/orders/{order['id']}/?{query}&status")
    assert shown["payments"]["items"] == [payment]


async def test_only_the_notes_of_an_order_change(razorpay: Client):
    order = await razorpay.order()
    changed = await razorpay.patch(f"/v1/orders/{order['id']}", {"notes": {"a": "b"}})
    assert changed == {**order, "notes": {"a": "b"}}
    await razorpay.patch(f"/v1/orders/{order['id']}", {"amount": 1}, 400)


@pytest.mark.parametrize(
    ("order_id", "description"),
    [
        ("order_00000000000000", "The id provided does not exist"),
        ("pay_00000000000000", "pay_00000000000000 is not a valid id"),
        ("order_7", "order_7 is not a valid id"),
    ],
)
async def test_an_order_that_is_not_there_is_400(razorpay: Client, order_id: str, description: str):
    assert (await razorpay.get(f"/v1/orders/{order_id}", 400))["error"]["description"] == description


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Bearer", "Basic "])
async def test_the_scheme_is_spelt_exactly(razorpay: Client, scheme: str):
    token = base64.b64encode(b"rzp_test_sandbox:sandbox-secret").decode()
    request = razorpay.http.build_request("GET", "/v1/orders", headers={"authorization": f"{scheme} {token}"})
    response = await razorpay.http.send(request, auth=None)
    assert (response.status_code, response.json()["error"]["description"]) == (401, "Authentication failed")


async def test_a_wrong_secret_is_refused_with_the_status_that_the_switch_says(razorpay: Client):
    razorpay.http.auth = httpx.BasicAuth("rzp_test_sandbox", "guessed")
    assert (await razorpay.get("/v1/orders", 401))["error"]["code"] == "BAD_REQUEST_ERROR"
    await razorpay.quirk(wrong_credentials_status=400)
    await razorpay.get("/v1/orders", 400)


async def test_an_unknown_address_is_refused_with_the_status_that_the_switch_says(razorpay: Client):
    assert "was not found" in (await razorpay.get("/v1/unicorns", 400))["error"]["description"]
    await razorpay.quirk(unknown_route_status=404)
    await razorpay.get("/v1/unicorns", 404)


async def test_a_form_without_a_body_is_an_empty_object(razorpay: Client):
    payment = await razorpay.paid()
    response = await razorpay.http.post(
        f"/v1/payments/{payment['id']}/refund", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert response.json()["amount"] == payment["amount"]


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"order"'])
async def test_a_body_that_is_no_object_is_refused(razorpay: Client, raw: bytes):
    response = await razorpay.http.post("/v1/orders", content=raw)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BAD_REQUEST_ERROR")


async def test_the_same_seed_makes_the_same_ids(razorpay: Client):
    again = Sandbox(Config(seed="tests", starts_at=START)).gateway
    assert (await razorpay.order())["id"] == again.new_id("order")
    assert again.new_id("order") != again.new_id("order")


async def test_what_happened_survives_a_restart(tmp_path: Any):
    config = Config(path=str(tmp_path / "home" / "razorpay.sqlite3"))
    first = Sandbox(config).gateway
    with first.store.transaction():
        first.advance_towards(first.now + 1000)
        first.store.add({"id": "order_00000000000001", "entity": "order", "created_at": first.now})
    first.store.close()
    second = Sandbox(config).gateway
    assert second.find("order", "order_00000000000001")["created_at"] <= second.now
    assert second.store.fact("seed") is not None
    second.store.close()


async def test_a_reset_forgets_everything(razorpay: Client):
    order = await razorpay.order()
    await razorpay.quirk(receipts="lenient")
    await razorpay.wait(1000)
    await razorpay.post("/__sandbox/reset")
    assert (await razorpay.get("/v1/orders"))["count"] == 0
    assert (await razorpay.get("/__sandbox/quirks"))["receipts"] == "unique"
    assert (await razorpay.get("/__sandbox/clock"))["now"] == START
    assert (await razorpay.order())["id"] == order["id"]
