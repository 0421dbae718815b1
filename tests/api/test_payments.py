"""Paying: an order once, a payment once, whoever tells of it; the money stands in the deal's escrow."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.money import agreed, balances, funded, ordered, pressed, state_of
from tests.till import Till
from tests.world import ASHA

Client = httpx.AsyncClient

VERIFY = "/api/payments/verify-payment"


async def test_proceeding_to_payment_shows_the_checkout_in_the_chat(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)

    answer = await pressed(asha, request, "proceed_to_payment")

    order, said = answer["order"], answer["automated_response"]
    assert answer["next_flow_state"] == "payment_pending"
    assert (order["amount"], order["amount_paise"], order["status"]) == (5000, 500000, "created")
    checkout = said["action_data"]["checkout"]
    assert checkout["order_id"] == order["razorpay_order_id"]
    assert (checkout["amount"], checkout["currency"], checkout["key"]) == (500000, "INR", order["key_id"])
    assert checkout["prefill"]["contact"] == ASHA.phone


async def test_ravi_is_not_shown_ashas_checkout(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)
    await pressed(asha, request, "proceed_to_payment")

    page = await ravi.get(f"/api/messages/conversations/{request['conversation_id']}/messages")

    assert ASHA.phone not in page.text
    assert "checkout" not in page.text


async def test_pressed_again_it_is_the_same_order_and_no_second_message(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)
    first = await pressed(asha, request, "proceed_to_payment")

    second = await pressed(asha, request, "proceed_to_payment")
    third = await asha.post(f"/api/requests/{request['id']}/payment")
    fourth = await asha.post("/api/payments/create-order", json={"request_id": request["id"], "amount": 5000})

    assert first["order"] == second["order"] == third.json()["order"] == fourth.json()["order"]
    assert (third.status_code, fourth.status_code) == (200, 200)
    assert second["conversation"]["last_message"]["id"] == first["conversation"]["last_message"]["id"]


async def test_the_first_order_is_created_with_201(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)

    answer = await asha.post("/api/payments/create-order", json={"request_id": request["id"]})

    assert answer.status_code == 201
    assert answer.json()["order"]["request_id"] == request["id"]


async def test_an_order_for_another_amount_is_refused(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)

    answer = await asha.post(
        "/api/payments/create-order", json={"request_id": request["id"], "amount": 4999.99}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "amount"
    assert await state_of(asha, request) == "accepted"


async def test_what_is_not_agreed_cannot_be_paid(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)
    await pressed(ravi, request, "withdraw_proposal")

    answer = await asha.post("/api/payments/create-order", json={"request_id": request["id"]})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_payable")


async def test_a_verified_payment_funds_the_deal(asha: Client, ravi: Client, om: Client, till: Till) -> None:
    request = await agreed(asha, ravi)
    order = await ordered(asha, request)

    answer = await asha.post(VERIFY, json=await till.pay(order["razorpay_order_id"]))

    told = answer.json()
    assert answer.status_code == 200
    assert told["order"]["status"] == "paid"
    assert told["payment"]["status"] == "captured"
    assert (told["request"]["status"], told["request"]["payment_status"]) == ("in_progress", "paid")
    assert told["request"]["paid_at"] is not None
    kept = await balances(om)
    assert kept[f"escrow:{request['id']}"] == -5000
    assert kept["gateway"] + kept["fees"] == 5000
    assert kept["fees"] == 118


async def test_verified_again_it_answers_the_same_and_nothing_moves(
    asha: Client, ravi: Client, om: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"])
    first = await asha.post(VERIFY, json=fields)
    before = await balances(om)

    second = await asha.post(VERIFY, json=fields)

    assert first.json() == second.json()
    assert await balances(om) == before


@pytest.mark.parametrize("signature", ["0" * 64, "", "ä" * 64, "nonsense"])
async def test_a_forged_signature_is_refused(asha: Client, ravi: Client, till: Till, signature: str) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"])

    answer = await asha.post(VERIFY, json={**fields, "razorpay_signature": signature})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert await state_of(asha, request) == "payment_pending"


async def test_another_orders_payment_does_not_pay_this_one(asha: Client, ravi: Client, till: Till) -> None:
    """Kabir could pay a cheap order of his own and show its signature for Asha's."""
    request = await agreed(asha, ravi)
    mine = await till.pay((await ordered(asha, request))["razorpay_order_id"])

    answer = await asha.post(VERIFY, json={**mine, "razorpay_payment_id": "pay_AAAAAAAAAAAAAA"})

    assert answer.status_code == 400
    assert await state_of(asha, request) == "payment_pending"


async def test_kabir_cannot_verify_ashas_payment(
    asha: Client, ravi: Client, kabir: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"])

    assert (await kabir.post(VERIFY, json=fields)).status_code == 404
    assert (await ravi.post(VERIFY, json=fields)).status_code == 404


async def test_an_authorized_payment_is_captured_by_us(asha: Client, ravi: Client, till: Till) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"], outcome="authorized")

    answer = await asha.post(VERIFY, json=fields)

    assert answer.status_code == 200
    assert answer.json()["payment"]["status"] == "captured"
    assert await state_of(asha, request) == "in_progress"


@pytest.mark.parametrize("outcome", ["failed", "late"])
async def test_a_payment_that_is_not_captured_is_told_so(
    asha: Client, ravi: Client, till: Till, outcome: str
) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"], outcome=outcome)

    answer = await asha.post(VERIFY, json=fields)

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_captured")
    assert await state_of(asha, request) == ("accepted" if outcome == "failed" else "payment_pending")


async def test_after_a_failed_payment_the_same_order_is_paid(asha: Client, ravi: Client, till: Till) -> None:
    request = await agreed(asha, ravi)
    order = await ordered(asha, request)
    await asha.post(VERIFY, json=await till.pay(order["razorpay_order_id"], outcome="failed"))

    again = await ordered(asha, request)
    answer = await asha.post(VERIFY, json=await till.pay(order["razorpay_order_id"]))

    assert again["id"] == order["id"]
    assert answer.status_code == 200
    assert await state_of(asha, request) == "in_progress"


async def test_razorpay_down_is_told_and_the_next_press_goes_on(
    asha: Client, ravi: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    await till.fault("server_error", path="/v1/orders", times=20)

    down = await asha.post(f"/api/requests/{request['id']}/payment")
    await till.heal()
    up = await asha.post(f"/api/requests/{request['id']}/payment")

    assert (down.status_code, down.json()["code"]) == (502, "upstream_unavailable")
    assert up.status_code == 200
    assert up.json()["order"]["status"] == "created"
    assert len((await asha.get("/api/payments/orders")).json()["orders"]) == 1


async def test_two_hundred_presses_at_once_make_one_order(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)
    headers = {"Idempotency-Key": "one and only"}

    async def press() -> httpx.Response:
        return await asha.post(f"/api/requests/{request['id']}/payment", headers=headers)

    answers = await asyncio.gather(*(press() for _ in range(200)))

    assert {answer.status_code for answer in answers} <= {200, 201, 409, 503}
    told = {answer.json()["order"]["id"] for answer in answers if answer.is_success}
    assert len(told) == 1
    assert len((await asha.get("/api/payments/orders")).json()["orders"]) == 1


async def test_an_order_is_shown_with_its_attempts_to_whoever_pays_and_to_operators(
    asha: Client, ravi: Client, kabir: Client, om: Client, till: Till
) -> None:
    _, order = await funded(asha, ravi, till)
    path = f"/api/payments/orders/{order['id']}"

    mine = await asha.get(path)

    assert mine.json()["order"]["status"] == "paid"
    assert [each["status"] for each in mine.json()["payments"]] == ["captured"]
    assert (await om.get(path)).status_code == 200
    assert (await kabir.get(path)).status_code == (await ravi.get(path)).status_code == 404


async def test_an_order_expires_with_its_deal(asha: Client, ravi: Client) -> None:
    request = await agreed(asha, ravi)
    order = await ordered(asha, request)

    await pressed(ravi, request, "withdraw_proposal")

    assert (await asha.get(f"/api/payments/orders/{order['id']}")).json()["order"]["status"] == "expired"
