"""Asha gets money back: whole, in parts, once for every key, late or never."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.shop import DAY, Client

KEY = "refund-of-deal-7"


async def refund(razorpay: Client, payment: dict[str, Any], **body: Any) -> dict[str, Any]:
    return await razorpay.post(f"/v1/payments/{payment['id']}/refund", body)


async def test_a_refund_returns_the_whole_payment(razorpay: Client):
    payment = await razorpay.paid()
    returned = await refund(razorpay, payment, notes={"deal": "7"}, receipt="back-7")
    assert (returned["amount"], returned["status"], returned["payment_id"]) == (
        50_000,
        "processed",
        payment["id"],
    )
    assert (returned["notes"], returned["receipt"], returned["speed_processed"]) == (
        {"deal": "7"},
        "back-7",
        "normal",
    )
    after = await razorpay.get(f"/v1/payments/{payment['id']}")
    assert (after["status"], after["refund_status"], after["amount_refunded"]) == ("refunded", "full", 50_000)
    assert (await razorpay.get(f"/v1/orders/{payment['order_id']}"))["status"] == "paid"


async def test_parts_come_back_until_nothing_is_left(razorpay: Client):
    payment = await razorpay.paid()
    first = await refund(razorpay, payment, amount=20_000)
    after = await razorpay.get(f"/v1/payments/{payment['id']}")
    assert (after["status"], after["refund_status"]) == ("captured", "partial")
    path = f"/v1/payments/{payment['id']}/refund"
    too_much = "The refund amount provided is greater than amount captured."
    assert await razorpay.refusal(path, {"amount": 30_001}) == too_much
    rest = await refund(razorpay, payment)
    assert rest["amount"] == 30_000
    assert await razorpay.refusal(path) == "The payment has been fully refunded already."
    assert (await razorpay.get(f"/v1/payments/{payment['id']}/refunds"))["items"] == [rest, first]


async def test_the_digits_of_a_string_are_an_amount(razorpay: Client):
    assert (await refund(razorpay, await razorpay.paid(), amount="100"))["amount"] == 100


async def test_only_captured_money_comes_back(razorpay: Client):
    payment = await razorpay.pay(await razorpay.order(), "authorized")
    told = await razorpay.refusal(f"/v1/payments/{payment['id']}/refund")
    assert told == "The payment status should be captured for action to be taken"


async def test_a_small_refund_is_allowed_by_a_switch(razorpay: Client):
    payment = await razorpay.paid()
    assert "at least INR 1.00" in await razorpay.refusal(
        f"/v1/payments/{payment['id']}/refund", {"amount": 99}
    )
    await razorpay.quirk(smallest_refund=1)
    assert (await refund(razorpay, payment, amount=1))["amount"] == 1


async def test_an_old_payment_comes_back_only_at_once(razorpay: Client):
    payment = await razorpay.paid()
    await razorpay.wait(181 * DAY)
    assert "more than 6 months old" in await razorpay.refusal(f"/v1/payments/{payment['id']}/refund")
    assert (await refund(razorpay, payment, speed="optimum"))["speed_processed"] == "instant"


async def test_a_key_makes_a_refund_happen_once(razorpay: Client):
    payment = await razorpay.paid()
    path = f"/v1/payments/{payment['id']}/refund"
    first = await razorpay.post(path, {"amount": 100}, X_Refund_Idempotency=KEY)
    assert await razorpay.post(path, {"amount": 100}, X_Refund_Idempotency=KEY) == first
    told = await razorpay.refusal(path, {"amount": 200}, 409, X_Refund_Idempotency=KEY)
    assert told == "Different request with the same idempotency key has already been processed."
    assert (await razorpay.get(f"/v1/payments/{payment['id']}"))["amount_refunded"] == 100


@pytest.mark.parametrize("key", ["short", "nine-chars"[:9], "with a blank inside", "ünicode-key-7"])
async def test_a_key_that_is_none_is_refused(razorpay: Client, key: str):
    payment = await razorpay.paid()
    response = await razorpay.http.post(
        f"/v1/payments/{payment['id']}/refund",
        json={},
        headers={b"x-refund-idempotency": key.encode("latin-1")},
    )
    assert response.status_code == 400


async def test_a_refused_refund_does_not_use_up_its_key(razorpay: Client):
    payment = await razorpay.paid()
    path = f"/v1/payments/{payment['id']}/refund"
    await razorpay.refusal(path, {"amount": 99_999}, X_Refund_Idempotency=KEY)
    assert (await razorpay.post(path, {"amount": 100}, X_Refund_Idempotency=KEY))["amount"] == 100


async def test_a_refund_settles_when_the_switch_says(razorpay: Client):
    await razorpay.quirk(refund_seconds=3600)
    returned = await refund(razorpay, await razorpay.paid())
    assert returned["status"] == "pending"
    await razorpay.wait(3600)
    assert (await razorpay.get(f"/v1/refunds/{returned['id']}"))["status"] == "processed"


async def test_a_failed_refund_can_be_tried_again(razorpay: Client):
    await razorpay.quirk(refund_seconds=None)
    payment = await razorpay.paid()
    first = await refund(razorpay, payment)
    assert (await razorpay.post(f"/__sandbox/refunds/{first['id']}/fail"))["status"] == "failed"
    after = await razorpay.get(f"/v1/payments/{payment['id']}")
    assert (after["status"], after["amount_refunded"], after["refund_status"]) == ("captured", 0, None)
    second = await refund(razorpay, payment)
    assert (await razorpay.post(f"/__sandbox/refunds/{second['id']}/settle"))["status"] == "processed"
    await razorpay.refusal(f"/__sandbox/refunds/{second['id']}/fail")


async def test_a_refund_meant_to_be_fast_may_be_slow(razorpay: Client):
    await razorpay.quirk(refund_seconds=None)
    returned = await refund(razorpay, await razorpay.paid(), speed="optimum")
    settled = await razorpay.post(f"/__sandbox/refunds/{returned['id']}/settle", {"speed": "normal"})
    assert (settled["speed_requested"], settled["speed_processed"]) == ("optimum", "normal")


async def test_refunds_have_addresses_of_their_own(razorpay: Client):
    payment, other = await razorpay.paid(), await razorpay.paid()
    returned = await razorpay.post("/v1/refunds", {"payment_id": payment["id"], "amount": 100})
    assert await razorpay.get(f"/v1/refunds/{returned['id']}") == returned
    assert await razorpay.get(f"/v1/payments/{payment['id']}/refunds/{returned['id']}") == returned
    await razorpay.get(f"/v1/payments/{other['id']}/refunds/{returned['id']}", 400)
    changed = await razorpay.patch(f"/v1/refunds/{returned['id']}", {"notes": {"a": "b"}})
    assert (await razorpay.get("/v1/refunds"))["items"] == [changed]


async def test_a_customer_is_made_once(razorpay: Client):
    asha = {"name": "Asha", "email": "asha@example.com", "contact": "+919800000001"}
    made = await razorpay.post("/v1/customers", {**asha, "notes": {}})
    assert made == {**made, **asha, "notes": [], "entity": "customer", "gstin": None}
    assert await razorpay.refusal("/v1/customers", asha) == "Customer already exists for the merchant"
    assert await razorpay.post("/v1/customers", {**asha, "fail_existing": "0"}) == made
    changed = await razorpay.put(f"/v1/customers/{made['id']}", {"name": "Asha Rao"})
    assert changed["name"] == "Asha Rao"
    assert (await razorpay.get("/v1/customers"))["items"] == [changed]
    assert await razorpay.get(f"/v1/customers/{made['id']}") == changed


async def test_customers_of_whom_nothing_is_known_are_not_the_same(razorpay: Client):
    first, second = [await razorpay.post("/v1/customers", {"name": "Asha"}) for _ in range(2)]
    assert first["id"] != second["id"]
    assert (await razorpay.get("/v1/customers"))["count"] == 2
    for known in ({"email": "asha@example.com"}, {"contact": "+919800000001"}):
        await razorpay.post("/v1/customers", known)
        await razorpay.refusal("/v1/customers", known)
