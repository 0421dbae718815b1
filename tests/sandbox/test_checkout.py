"""Asha at the checkout page, as her browser sees it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from tests.sandbox.shop import Client, Shop

KEY_ID = "rzp_test_sandbox"


async def press(razorpay: Client, order: dict[str, Any], outcome: str, **fields: str) -> tuple[int, str]:
    form = {"order_id": order["id"], "key_id": KEY_ID, "method": "upi", "outcome": outcome, **fields}
    response = await razorpay.http.post("/checkout", data=form)
    return response.status_code, response.text


def message(page: str) -> dict[str, Any]:
    found = re.search('data-message="([^"]*)"', page)
    assert found
    return json.loads(unescape(found[1]))


async def test_the_page_names_the_amount_and_asks_how_to_pay(razorpay: Client):
    order = await razorpay.order(1_234_550)
    response = await razorpay.http.get("/checkout", params={"order_id": order["id"], "key_id": KEY_ID})
    assert "₹12,345.50" in response.text
    assert [method in response.text for method in ("UPI", "Card", "Netbanking")] == [True] * 3
    assert "'unsafe-inline'" not in response.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["upi", "card", "netbanking"])
async def test_paying_hands_over_the_three_signed_fields(razorpay: Client, shop: Shop, method: str):
    order = await razorpay.order()
    status, page = await press(razorpay, order, "paid", method=method)
    told = message(page)
    payment = await razorpay.get(f"/v1/payments/{told['razorpay_payment_id']}")
    assert (status, told["event"], told["razorpay_order_id"]) == (200, "payment.success", order["id"])
    assert (payment["status"], payment["method"]) == ("captured", method)
    assert told["razorpay_signature"] in re.sub('data-message="[^"]*"', "", page)
    assert len(told["razorpay_signature"]) == 64
    await razorpay.deliver()
    assert sorted(shop.events) == ["order.paid", "payment.authorized", "payment.captured"]


async def test_an_order_captured_by_hand_is_only_authorized(razorpay: Client):
    order = await razorpay.order(payment={"capture": "manual"})
    _, page = await press(razorpay, order, "paid")
    assert (await razorpay.get(f"/v1/payments/{message(page)['razorpay_payment_id']}"))[
        "status"
    ] == "authorized"


@pytest.mark.parametrize("fields", [{"outcome": "failed"}, {"outcome": "paid", "vpa": "failure@razorpay"}])
async def test_a_declined_payment_can_be_tried_again(razorpay: Client, shop: Shop, fields: dict[str, str]):
    order = await razorpay.order()
    _, page = await press(razorpay, order, **fields)
    told = message(page)
    assert (told["event"], told["error"]["metadata"]["order_id"]) == ("payment.failed", order["id"])
    assert 'role="alert"' in page
    assert "Try again" in page
    await razorpay.deliver()
    assert shop.events == ["payment.failed"]
    assert message((await press(razorpay, order, "paid"))[1])["event"] == "payment.success"


async def test_a_late_bank_is_no_success_yet(razorpay: Client):
    order = await razorpay.order()
    _, page = await press(razorpay, order, "late")
    assert message(page) == {"event": "payment.pending"}
    await razorpay.wait(1200)
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["status"] == "paid"


async def test_changing_ones_mind_attempts_nothing(razorpay: Client):
    order = await razorpay.order()
    _, page = await press(razorpay, order, "dismissed")
    assert message(page) == {"event": "checkout.dismissed"}
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["attempts"] == 0


async def test_what_is_paid_is_not_asked_for_again(razorpay: Client):
    order = await razorpay.order()
    await razorpay.pay(order)
    status, page = await press(razorpay, order, "paid")
    assert status == 400
    assert "already paid" in page


@pytest.mark.parametrize(
    "query", [{"key_id": KEY_ID}, {"key_id": "other"}, {"key_id": KEY_ID, "order_id": "order_<script>"}]
)
async def test_a_checkout_of_nothing_says_so(razorpay: Client, query: dict[str, str]):
    response = await razorpay.http.get("/checkout", params=query)
    assert response.status_code == 400
    assert "This cannot be paid" in response.text
    assert "<script>" not in response.text


async def test_another_merchants_key_opens_nothing(razorpay: Client):
    order = await razorpay.order()
    status, page = await press(razorpay, order, "paid", key_id="rzp_test_other")
    assert (status, "The api key provided is invalid" in page) == (400, True)
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["attempts"] == 0


async def test_what_a_stranger_writes_into_the_address_is_only_text(razorpay: Client):
    order = await razorpay.order()
    query = {"order_id": order["id"], "key_id": KEY_ID, "origin": '"><script>alert(1)</script>'}
    page = (await razorpay.http.get("/checkout", params=query)).text
    told = (await press(razorpay, order, "failed", origin=query["origin"]))[1]
    assert "<script>alert" not in page + told


@pytest.mark.parametrize(("name", "kind"), [("checkout.css", "text/css"), ("checkout.js", "text/javascript")])
async def test_style_and_script_come_from_the_sandbox_itself(razorpay: Client, name: str, kind: str):
    response = await razorpay.http.get(f"/checkout/{name}")
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, kind)
