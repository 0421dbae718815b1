"""What customers and banks do to Asha's orders, and what the merchant sees of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.sandbox.shop import DAY, START, Client, Shop


async def test_a_captured_payment_pays_its_order(razorpay: Client):
    order = await razorpay.order(5_500)
    payment = await razorpay.pay(order)
    assert (payment["status"], payment["captured"], payment["order_id"]) == ("captured", True, order["id"])
    assert (payment["fee"], payment["tax"]) == (130, 20)
    after = await razorpay.get(f"/v1/orders/{order['id']}")
    assert (after["status"], after["amount_paid"], after["amount_due"], after["attempts"]) == (
        "paid",
        5_500,
        0,
        1,
    )


async def test_checkout_signs_order_and_payment_with_the_keys_secret(razorpay: Client):
    order = await razorpay.order()
    fields = await razorpay.post(
        f"/__sandbox/orders/{order['id']}/pay", {"method": "upi", "outcome": "captured"}
    )
    message = f"{order['id']}|{fields['razorpay_payment_id']}".encode()
    assert fields["razorpay_order_id"] == order["id"]
    assert fields["razorpay_signature"] == hmac.new(b"sandbox-secret", message, hashlib.sha256).hexdigest()


async def test_an_authorized_payment_waits_for_its_capture(razorpay: Client):
    order = await razorpay.order()
    payment = await razorpay.pay(order, "authorized")
    assert (payment["status"], payment["captured"], payment["fee"]) == ("authorized", False, None)
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["status"] == "attempted"
    captured = await razorpay.post(
        f"/v1/payments/{payment['id']}/capture", {"amount": 50_000, "currency": "INR"}
    )
    assert captured["status"] == "captured"
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["status"] == "paid"


@pytest.mark.parametrize(
    ("outcome", "body", "description"),
    [
        ("authorized", {"amount": 49_999}, "Capture amount must be equal to the amount authorized."),
        ("authorized", {"amount": 500.5}, "The amount must be an integer."),
        ("authorized", {"amount": 50_000, "currency": None}, "The currency field is required."),
        ("captured", {"amount": 50_000}, "This payment has already been captured"),
        ("failed", {"amount": 50_000}, "The payment status should be authorized for action to be taken"),
    ],
)
async def test_a_capture_that_does_not_fit_is_refused(
    razorpay: Client, outcome: str, body: dict[str, Any], description: str
):
    payment = await razorpay.pay(await razorpay.order(), outcome)
    path = f"/v1/payments/{payment['id']}/capture"
    assert await razorpay.refusal(path, {"currency": "INR"} | body) == description


async def test_what_nobody_captures_is_returned_after_three_days(razorpay: Client):
    payment = await razorpay.pay(await razorpay.order(), "authorized")
    await razorpay.wait(3 * DAY - 1)
    assert (await razorpay.get(f"/v1/payments/{payment['id']}"))["status"] == "authorized"
    await razorpay.wait(1)
    returned = await razorpay.get(f"/v1/payments/{payment['id']}")
    assert (returned["status"], returned["captured"], returned["amount_refunded"]) == (
        "refunded",
        False,
        50_000,
    )


async def test_a_failed_payment_leaves_the_order_open(razorpay: Client):
    order = await razorpay.order()
    failed = await razorpay.pay(order, "failed")
    assert (failed["status"], failed["error_code"]) == ("failed", "BAD_REQUEST_ERROR")
    paid = await razorpay.pay(order)
    attempts = await razorpay.get(f"/v1/orders/{order['id']}/payments")
    assert attempts["items"] == [paid, failed]


async def test_a_late_bank_lets_a_payment_fail_first_and_then_pays_after_all(razorpay: Client):
    order = await razorpay.order()
    payment = await razorpay.pay(order, "late")
    seen = [payment["status"]]
    for _ in range(2):
        await razorpay.wait(600)
        seen.append((await razorpay.get(f"/v1/payments/{payment['id']}"))["status"])
    assert seen == ["created", "failed", "captured"]
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["status"] == "paid"


async def test_what_comes_due_while_time_leaps_happens_at_its_moment(razorpay: Client, shop: Shop):
    await razorpay.pay(await razorpay.order(), "late")
    await razorpay.wait(DAY)
    await razorpay.deliver()
    told = {
        body["event"]: body["created_at"] - START
        for body in map(json.loads, (told.content for told in shop.taken))
    }
    assert told == {
        "payment.failed": 600,
        "payment.authorized": 1200,
        "payment.captured": 1200,
        "order.paid": 1200,
    }


async def test_a_failed_payment_may_be_authorized_on_demand(razorpay: Client):
    payment = await razorpay.pay(await razorpay.order(), "failed")
    after = await razorpay.post(f"/__sandbox/payments/{payment['id']}/late-authorise")
    assert (after["status"], after["error_code"]) == ("captured", None)


async def test_an_order_captured_by_hand_keeps_late_money_waiting(razorpay: Client):
    manual = {"capture": "manual", "capture_options": {"manual_expiry_period": 60}}
    payment = await razorpay.pay(await razorpay.order(payment=manual), "failed")
    after = await razorpay.post(f"/__sandbox/payments/{payment['id']}/late-authorise")
    assert after["status"] == "authorized"
    await razorpay.wait(3600)
    assert (await razorpay.get(f"/v1/payments/{payment['id']}"))["status"] == "refunded"


async def test_automatic_capture_ends_with_its_period(razorpay: Client):
    automatic = {"capture": "automatic", "capture_options": {"automatic_expiry_period": 12}}
    payment = await razorpay.pay(await razorpay.order(payment=automatic), "failed")
    await razorpay.wait(12 * 60 + 1)
    after = await razorpay.post(f"/__sandbox/payments/{payment['id']}/late-authorise")
    assert after["status"] == "authorized"


async def test_a_second_payment_of_a_paid_order_is_returned_at_once(razorpay: Client):
    order = await razorpay.order()
    await razorpay.pay(order)
    second = await razorpay.pay(order)
    assert (second["status"], second["captured"]) == ("refunded", False)
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["amount_paid"] == 50_000


async def test_a_switch_lets_an_order_be_captured_twice(razorpay: Client):
    await razorpay.quirk(duplicates="capture")
    order = await razorpay.order()
    await razorpay.pay(order)
    assert (await razorpay.pay(order))["status"] == "captured"
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["amount_paid"] == 100_000


async def test_a_closed_order_takes_no_attempt_and_returns_late_money(razorpay: Client):
    order = await razorpay.order()
    payment = await razorpay.pay(order, "late")
    await razorpay.post(f"/__sandbox/orders/{order['id']}/close")
    assert "closed" in await razorpay.refusal(f"/__sandbox/orders/{order['id']}/pay")
    await razorpay.wait(1200)
    assert (await razorpay.get(f"/v1/payments/{payment['id']}"))["status"] == "refunded"


async def test_a_switch_allows_one_attempt_only(razorpay: Client):
    await razorpay.quirk(attempts_per_order="one")
    order = await razorpay.order()
    await razorpay.pay(order, "failed")
    assert "Only one payment attempt" in await razorpay.refusal(f"/__sandbox/orders/{order['id']}/pay")


async def test_partial_payments_pay_an_order_together(razorpay: Client):
    order = await razorpay.order(10_000, partial_payment=True)
    for amount, status, due in ((4_000, "attempted", 6_000), (6_000, "paid", 0)):
        await razorpay.post(f"/__sandbox/orders/{order['id']}/pay", {"amount": amount})
        after = await razorpay.get(f"/v1/orders/{order['id']}")
        assert (after["status"], after["amount_due"]) == (status, due)


@pytest.mark.parametrize("amount", [0, -100, 1, 9_999, 10_001, 1_000_000])
@pytest.mark.parametrize("more", [{}, {"partial_payment": True}])
async def test_a_payment_that_does_not_fit_its_order_is_refused(
    razorpay: Client, amount: int, more: dict[str, bool]
):
    order = await razorpay.order(10_000, **more)
    path = f"/__sandbox/orders/{order['id']}/pay"
    is_part = bool(more) and amount == 9_999
    answer = await razorpay.post(path, {"amount": amount}, 200 if is_part else 400)
    assert is_part or answer["error"]["field"] == "amount"
    after = await razorpay.get(f"/v1/orders/{order['id']}")
    assert (after["attempts"], after["amount_paid"]) == ((1, 9_999) if is_part else (0, 0))


async def test_the_rest_of_an_order_is_paid_even_if_it_is_less_than_the_minimum(razorpay: Client):
    order = await razorpay.order(10_000, partial_payment=True)
    path = f"/__sandbox/orders/{order['id']}/pay"
    await razorpay.post(path, {"amount": 9_950})
    await razorpay.refusal(path, {"amount": 49})
    await razorpay.post(path, {"amount": 50})
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["status"] == "paid"


@pytest.mark.parametrize(("amount", "status"), [(1, "attempted"), (9_999, "attempted"), (10_001, "paid")])
async def test_a_switch_takes_payments_that_do_not_fit(razorpay: Client, amount: int, status: str):
    await razorpay.quirk(mismatched_payments="taken")
    order = await razorpay.order(10_000)
    await razorpay.post(f"/__sandbox/orders/{order['id']}/pay", {"amount": amount})
    after = await razorpay.get(f"/v1/orders/{order['id']}")
    assert (after["amount_paid"], after["status"]) == (amount, status)
    await razorpay.refusal(f"/__sandbox/orders/{order['id']}/pay", {"amount": 0})


async def test_a_card_shows_itself_when_asked(razorpay: Client):
    payment = await razorpay.pay(await razorpay.order(), method="card")
    card = await razorpay.get(f"/v1/payments/{payment['id']}/card")
    assert (card["id"], card["last4"]) == (payment["card_id"], "0366")
    assert (await razorpay.get(f"/v1/payments/{payment['id']}?expand[]=card"))["card"] == card
    upi = await razorpay.paid()
    await razorpay.get(f"/v1/payments/{upi['id']}/card", 400)


async def test_payments_are_listed_and_their_notes_changed(razorpay: Client):
    first, second = await razorpay.paid(), await razorpay.paid()
    changed = await razorpay.patch(f"/v1/payments/{first['id']}", {"notes": {"a": "b"}})
    assert changed["notes"] == {"a": "b"}
    assert (await razorpay.get("/v1/payments"))["items"] == [second, changed]


@pytest.mark.parametrize("body", [{"outcome": "maybe"}, {"method": "barter"}, {"colour": "red"}])
async def test_the_control_door_refuses_what_it_does_not_know(razorpay: Client, body: dict[str, Any]):
    order = await razorpay.order()
    await razorpay.post(f"/__sandbox/orders/{order['id']}/pay", body, 400)
    assert (await razorpay.get(f"/v1/orders/{order['id']}"))["attempts"] == 0


async def test_both_addresses_of_the_methods_answer(razorpay: Client):
    assert await razorpay.get("/methods") == await razorpay.get("/v1/methods")
