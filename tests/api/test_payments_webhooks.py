"""Webhooks: stored before they are acknowledged, applied once whatever arrives twice, late or out of order."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.money import agreed, balances, funded, ordered, pressed, state_of
from tests.till import Till
from tests.world import World

Client = httpx.AsyncClient

WEBHOOK = "/api/payments/webhook"


async def test_a_webhook_alone_funds_the_deal(
    world: World, asha: Client, ravi: Client, nobody: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    await till.pay((await ordered(asha, request))["razorpay_order_id"])

    answers = await till.deliver(nobody)
    await world.apply_webhooks()

    assert {answer.status_code for answer in answers} == {200}
    assert await state_of(asha, request) == "in_progress"


@pytest.mark.parametrize("order_of_arrival", ["as_sent", "reversed"])
async def test_arriving_three_times_and_in_any_order_it_is_one_capture(
    world: World, asha: Client, ravi: Client, om: Client, nobody: Client, till: Till, order_of_arrival: str
) -> None:
    request = await agreed(asha, ravi)
    order = await ordered(asha, request)
    await till.pay(order["razorpay_order_id"], outcome="failed")
    await till.pay(order["razorpay_order_id"])

    await till.deliver(nobody, times=3, is_reversed=order_of_arrival == "reversed")
    await world.apply_webhooks()

    assert await state_of(asha, request) == "in_progress"
    assert (await balances(om))[f"escrow:{request['id']}"] == -5000


async def test_verify_webhook_and_reconciler_at_once_are_one_capture(
    world: World, asha: Client, ravi: Client, om: Client, nobody: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"])
    await till.deliver(nobody)

    verified, *_ = await asyncio.gather(
        asha.post("/api/payments/verify-payment", json=fields),
        asha.post("/api/payments/verify-payment", json=fields),
        world.apply_webhooks(),
        world.reconcile(),
    )

    assert verified.status_code == 200
    assert (await balances(om))[f"escrow:{request['id']}"] == -5000


async def test_a_lost_webhook_is_made_good_by_the_reconciler(
    world: World, asha: Client, ravi: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    await till.pay((await ordered(asha, request))["razorpay_order_id"])

    await world.pass_time(minutes=16)

    assert await state_of(asha, request) == "in_progress"


async def test_money_for_a_withdrawn_deal_goes_back_by_itself(
    world: World, asha: Client, ravi: Client, om: Client, nobody: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    order = await ordered(asha, request)
    await till.pay(order["razorpay_order_id"])
    await pressed(ravi, request, "withdraw_proposal")

    await till.deliver(nobody)
    await world.apply_webhooks()
    await world.do_jobs()

    assert await state_of(asha, request) == "withdrawn"
    shown = (await asha.get(f"/api/payments/orders/{order['id']}")).json()
    assert shown["order"]["status"] == "refunded"
    assert [(each["cause"], each["amount"], each["status"]) for each in shown["refunds"]] == [
        ("surplus", 5000, "processed")
    ]
    kept = await balances(om)
    assert (kept["gateway"], kept["fees"]) == (-118, 118)
    assert "refunds_due" not in kept


async def test_a_second_payment_of_a_funded_deal_goes_back(
    world: World, asha: Client, ravi: Client, om: Client, nobody: Client, till: Till
) -> None:
    await till.quirk(duplicates="capture")
    request, order = await funded(asha, ravi, till)
    await till.pay(order["razorpay_order_id"])

    await till.deliver(nobody)
    await world.apply_webhooks()
    await world.do_jobs()

    assert await state_of(asha, request) == "in_progress"
    shown = (await asha.get(f"/api/payments/orders/{order['id']}")).json()
    assert shown["order"]["status"] == "paid"
    assert sorted(each["status"] for each in shown["payments"]) == ["captured", "refunded"]
    assert (await balances(om))[f"escrow:{request['id']}"] == -5000


@pytest.mark.parametrize("signature", [None, "0" * 64, "ünsigned", ""])
async def test_an_unsigned_webhook_is_refused_and_not_kept(
    world: World, asha: Client, ravi: Client, nobody: Client, till: Till, signature: str | None
) -> None:
    request = await agreed(asha, ravi)
    await till.pay((await ordered(asha, request))["razorpay_order_id"])
    delivery = (await till.waiting())[0]
    headers = {"x-razorpay-event-id": "evt"} | ({"x-razorpay-signature": signature.encode()} if signature is not None else {})

    answer = await nobody.post(WEBHOOK, content=delivery.body, headers=headers)
    await world.apply_webhooks()

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert await state_of(asha, request) == "payment_pending"


async def test_a_changed_webhook_is_refused(world: World, asha: Client, ravi: Client, nobody: Client, till: Till) -> None:
    request = await agreed(asha, ravi)
    await till.pay((await ordered(asha, request))["razorpay_order_id"])
    delivery = (await till.waiting())[0]

    answer = await nobody.post(WEBHOOK, content=delivery.body.replace(b"500000", b"500001"), headers=delivery.headers)

    assert answer.status_code == 400


async def test_a_signed_event_nobody_knows_is_kept_and_does_nothing(
    world: World, nobody: Client, till: Till
) -> None:
    for body in (b'{"event":"payment.downtime.started","payload":{}}', b"[]", b'{"event":7}', b"no json"):
        answer = await nobody.post(WEBHOOK, content=body, headers=till.signed(body))
        assert answer.status_code == 200, body

    await world.apply_webhooks()


async def test_a_payment_of_another_amount_is_quarantined_and_told_to_operators(
    world: World, asha: Client, ravi: Client, om: Client, nobody: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    order = await ordered(asha, request)
    payment = {"id": "pay_ZZZZZZZZZZZZZZ", "order_id": order["razorpay_order_id"], "amount": 100, "currency": "INR",
               "status": "captured", "captured": True, "method": "upi", "created_at": 1}
    body = till.event("payment.captured", payment=payment)

    await nobody.post(WEBHOOK, content=body, headers=till.signed(body))
    await world.apply_webhooks()

    assert await state_of(asha, request) == "payment_pending"
    [waiting] = (await om.get("/api/admin/quarantine")).json()["quarantine"]
    assert (waiting["kind"], waiting["subject"]) == ("payment_mismatch", "pay_ZZZZZZZZZZZZZZ")
    assert (await asha.get("/api/admin/quarantine")).status_code == 403


async def test_a_failed_payment_may_be_captured_after_all(
    world: World, asha: Client, ravi: Client, nobody: Client, till: Till
) -> None:
    request = await agreed(asha, ravi)
    fields = await till.pay((await ordered(asha, request))["razorpay_order_id"], outcome="late")
    await till.advance(700)
    await till.deliver(nobody)
    await world.apply_webhooks()
    after_timeout = await state_of(asha, request)

    await till.advance(700)
    await till.deliver(nobody)
    await world.apply_webhooks()

    assert after_timeout == "accepted"
    assert await state_of(asha, request) == "in_progress"
    shown = await asha.post("/api/payments/verify-payment", json=fields)
    assert shown.json()["payment"]["status"] == "captured"


async def test_an_old_failure_does_not_undo_a_capture(
    world: World, asha: Client, ravi: Client, nobody: Client, till: Till
) -> None:
    request, order = await funded(asha, ravi, till)
    [payment] = (await asha.get(f"/api/payments/orders/{order['id']}")).json()["payments"]
    told = {"id": payment["razorpay_payment_id"], "order_id": order["razorpay_order_id"], "amount": 500000,
            "currency": "INR", "status": "failed", "captured": False, "method": "upi", "created_at": 1}
    body = till.event("payment.failed", payment=told)

    await nobody.post(WEBHOOK, content=body, headers=till.signed(body))
    await world.apply_webhooks()

    assert await state_of(asha, request) == "in_progress"
