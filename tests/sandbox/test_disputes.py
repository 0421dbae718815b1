"""Asha's bank takes her payment back, and Razorpay sends what is left to the shop's."""

from __future__ import annotations

import pytest

from tests.sandbox.shop import Client, Shop

NOTHING = "There is nothing to settle."


async def test_a_charge_back_is_told_and_then_decided(razorpay: Client, shop: Shop):
    payment = await razorpay.paid()
    path = f"/__sandbox/payments/{payment['id']}/dispute"
    made = await razorpay.post(path)
    assert (made["id"][:5], made["payment_id"], made["phase"]) == ("disp_", payment["id"], "chargeback")
    assert (made["amount"], made["amount_deducted"], made["status"]) == (50_000, 50_000, "open")
    won = await razorpay.post(path, {"outcome": "won"})
    assert (won["id"], won["status"], won["amount_deducted"]) == (made["id"], "won", 0)
    await razorpay.deliver()
    assert shop.last("payment.dispute.created") == {
        "payment": {"entity": payment},
        "dispute": {"entity": made},
    }
    assert shop.last("payment.dispute.won")["dispute"]["entity"] == won


async def test_a_charge_back_may_be_lost_at_once(razorpay: Client, shop: Shop):
    payment = await razorpay.paid()
    path = f"/__sandbox/payments/{payment['id']}/dispute"
    lost = await razorpay.post(path, {"outcome": "lost", "amount": 20_000})
    assert (lost["status"], lost["amount_deducted"]) == ("lost", 20_000)
    await razorpay.deliver()
    assert {"payment.dispute.created", "payment.dispute.lost"} <= set(shop.events)
    assert "greater than the payment's" in await razorpay.refusal(path, {"amount": 30_001})


async def test_what_cannot_be_disputed_is_refused(razorpay: Client):
    payment = await razorpay.pay(await razorpay.order(), "authorized")
    assert "captured" in await razorpay.refusal(f"/__sandbox/payments/{payment['id']}/dispute")
    path = f"/__sandbox/payments/{(await razorpay.paid())['id']}/dispute"
    await razorpay.post(path)
    assert await razorpay.refusal(path) == "The payment is disputed already."


async def test_a_settlement_is_what_is_left_since_the_last(razorpay: Client, shop: Shop):
    payments = [await razorpay.paid(), await razorpay.paid()]
    await razorpay.pay(await razorpay.order(), "authorized")
    await razorpay.post(f"/v1/payments/{payments[0]['id']}/refund", {"amount": 10_000})
    settlement = await razorpay.post("/__sandbox/settle")
    assert (settlement["amount"], settlement["fees"], settlement["tax"]) == (
        100_000 - 2_360 - 10_000,
        2_360,
        360,
    )
    await razorpay.deliver()
    assert shop.last("settlement.processed") == {"settlement": {"entity": settlement}}
    assert await razorpay.refusal("/__sandbox/settle") == NOTHING
    await razorpay.paid()
    assert (await razorpay.post("/__sandbox/settle"))["amount"] == 50_000 - 1_180


@pytest.mark.parametrize(("outcome", "later"), [("won", 50_000), ("lost", 0)])
async def test_what_a_bank_took_back_is_missing_until_it_is_won(razorpay: Client, outcome: str, later: int):
    disputed = await razorpay.paid()
    await razorpay.paid()
    path = f"/__sandbox/payments/{disputed['id']}/dispute"
    await razorpay.post(path)
    assert (await razorpay.post("/__sandbox/settle"))["amount"] == 50_000 - 2_360
    await razorpay.post(path, {"outcome": outcome})
    await razorpay.paid()
    assert (await razorpay.post("/__sandbox/settle"))["amount"] == 50_000 - 1_180 + later


async def test_money_that_was_never_captured_is_never_missing(razorpay: Client):
    await razorpay.pay(await razorpay.order(), "authorized")
    await razorpay.wait(4 * 86_400)
    assert await razorpay.refusal("/__sandbox/settle") == NOTHING
    await razorpay.paid()
    assert (await razorpay.post("/__sandbox/settle"))["amount"] == 50_000 - 1_180
