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
    response = await razorpay.http.post("/checkout", data=form, follow_redirects=True)
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
    told = message(page)
    assert (status, told["event"]) == (400, "checkout.error")
    assert "already paid" in told["error"]["description"]
    assert told["error"]["description"] in page


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
    injected = '"><script>alert(1)</script>'
    for name in ("order_id", "key_id", "origin", "payment_id"):
        for path in ("/checkout", "/checkout/outcome"):
            query = {"order_id": order["id"], "key_id": KEY_ID, name: injected}
            assert "<script>alert" not in (await razorpay.http.get(path, params=query)).text
    for fields in ({"vpa": injected}, {"origin": injected}):
        assert "<script>alert" not in (await press(razorpay, order, "failed", **fields))[1]


@pytest.mark.parametrize(
    "origin",
    [
        "nonsense",
        "*",
        "null",
        "https://",
        "https://shop.test/",
        "https://shop.test/path",
        "https://asha@shop.test",
        "https://shop.test:123456",
        "javascript:alert(1)",
        "https://shop.test https://other.test",
        "x" * 301,
    ],
)
async def test_an_origin_that_is_none_is_refused_and_nobody_is_told(razorpay: Client, origin: str):
    order = await razorpay.order()
    query = {"order_id": order["id"], "key_id": KEY_ID, "origin": origin}
    response = await razorpay.http.get("/checkout", params=query)
    status, page = await press(razorpay, order, "paid", origin=origin)
    assert (response.status_code, status) == (400, 400)
    assert 'data-message=""' in response.text
    assert 'data-message=""' in page
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["attempts"] == 0


@pytest.mark.parametrize("origin", ["", "http://localhost:3000", "https://shop.test", "http://[::1]:8080"])
async def test_an_origin_is_carried_from_page_to_page(razorpay: Client, origin: str):
    order = await razorpay.order()
    query = {"order_id": order["id"], "key_id": KEY_ID, "origin": origin}
    assert f'value="{origin}"' in (await razorpay.http.get("/checkout", params=query)).text
    _, page = await press(razorpay, order, "failed", origin=origin)
    assert f'data-origin="{origin}"' in page
    again = re.search('href="([^"]*)"[^>]*>Try again', page)
    assert again
    assert f'value="{origin}"' in (await razorpay.http.get(unescape(again[1]))).text


async def test_loading_the_outcome_again_attempts_nothing(razorpay: Client):
    order = await razorpay.order()
    form = {"order_id": order["id"], "key_id": KEY_ID, "method": "upi", "outcome": "failed"}
    response = await razorpay.http.post("/checkout", data=form)
    assert response.status_code == 303
    pages = [(await razorpay.http.get(response.headers["location"])).text for _ in range(2)]
    assert pages[0] == pages[1]
    assert message(pages[0])["event"] == "payment.failed"
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["attempts"] == 1


async def test_a_late_bank_is_told_once_it_has_answered(razorpay: Client):
    form = {"order_id": (await razorpay.order())["id"], "key_id": KEY_ID, "method": "upi", "outcome": "late"}
    outcome = (await razorpay.http.post("/checkout", data=form)).headers["location"]
    told: list[str] = []
    for seconds in (0, 600, 600):
        await razorpay.wait(seconds)
        told.append(message((await razorpay.http.get(outcome)).text)["event"])
    assert told == ["payment.pending", "payment.failed", "payment.success"]


async def test_the_outcome_is_shown_to_its_merchant_only(razorpay: Client):
    payment = await razorpay.paid()
    query = {"payment_id": payment["id"], "key_id": "rzp_test_other"}
    response = await razorpay.http.get("/checkout/outcome", params=query)
    assert response.status_code == 400
    assert "razorpay_signature" not in response.text


@pytest.mark.parametrize(("name", "kind"), [("checkout.css", "text/css"), ("checkout.js", "text/javascript")])
async def test_style_and_script_come_from_the_sandbox_itself(razorpay: Client, name: str, kind: str):
    response = await razorpay.http.get(f"/checkout/{name}")
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, kind)
