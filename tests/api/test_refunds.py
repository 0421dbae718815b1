"""Money goes back: a part by an operator, all of it when a deal ends, and once more when Razorpay says no."""

from __future__ import annotations

import pytest

from stoory.errors import Upstream
from stoory.payments.jobs.refunds import send_refund
from tests.money import Market, balances, entered, funded, pressed, state_of, submitted
from tests.world import RAVI


async def test_a_part_given_back_is_neither_released_nor_commissioned(market: Market) -> None:
    request, order = await submitted(market.asha, market.ravi, market.till)
    body = {"amount": 2000.01, "reason": "One video less"}
    answer = await market.om.post(f"/api/payments/orders/{order['id']}/refund", json=body)
    await pressed(market.asha, request, "approve_work")
    await market.world.do_jobs()

    kept = await balances(market.om)

    assert answer.status_code == 201
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-300.0, -2699.99)
    assert f"escrow:{request['id']}" not in kept
    assert "refunds_due" not in kept


async def test_a_dispute_is_divided_to_the_paisa(market: Market) -> None:
    request, order = await submitted(market.asha, market.ravi, market.till, 4999.99)
    await entered(market.asha, request, "dispute", {"reason": "It is not what we agreed"})
    [waiting] = (await market.om.get("/api/admin/disputes")).json()["disputes"]
    values = {"release_amount": 3333.33, "refund_amount": 1666.66, "reason": "Two of three"}
    await entered(market.om, request, "resolve_dispute", values)
    await market.world.do_jobs()

    kept = await balances(market.om)

    assert (waiting["held"], waiting["opened_by"]) == (4999.99, "brand_owner")
    assert await state_of(market.asha, request) == "completed"
    assert (kept["commission"], kept[f"influencer:{RAVI.id}"]) == (-333.33, -3000.0)
    assert (await market.order(order))["refunds"][0]["status"] == "processed"


async def test_what_is_released_is_given_back_only_by_the_platform(market: Market) -> None:
    request, order = await submitted(market.asha, market.ravi, market.till)
    await pressed(market.asha, request, "approve_work")
    path = f"/api/payments/orders/{order['id']}/refund"

    refused = await market.om.post(path, json={"reason": "Sorry"})
    given = await market.om.post(path, json={"reason": "Sorry", "amount": 100, "platform_pays": True})
    too_much = await market.om.post(path, json={"reason": "Sorry", "amount": 4900.01, "platform_pays": True})

    assert (refused.status_code, refused.json()["code"]) == (409, "already_released")
    assert given.json()["refund"]["cause"] == "goodwill"
    assert (too_much.status_code, too_much.json()["code"]) == (422, "amount_out_of_range")
    assert (await balances(market.om))["losses"] == 100


async def test_work_that_never_comes_is_paid_back(market: Market) -> None:
    request, order = await funded(market.asha, market.ravi, market.till)

    await market.world.pass_time(days=76)
    await market.world.do_jobs()

    assert await state_of(market.asha, request) == "cancelled"
    assert (await market.order(order))["order"]["status"] == "refunded"
    shown = (await market.asha.get(f"/api/requests/{request['id']}")).json()["request"]
    assert shown["payment_status"] == "refunded"


async def test_a_refund_razorpay_fails_is_tried_three_times_and_then_an_operator_is_asked(
    market: Market,
) -> None:
    await market.till.quirk(refund_seconds=None)
    _, order = await funded(market.asha, market.ravi, market.till)
    await market.om.post(f"/api/payments/orders/{order['id']}/refund", json={"reason": "Sorry"})

    for _ in range(4):
        await market.world.pass_time(hours=7)
        [refund] = (await market.order(order))["refunds"]
        await market.till.fail_refund(refund["razorpay_refund_id"])
        await market.hear(times=2)

    [refund] = (await market.order(order))["refunds"]
    [waiting] = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    assert (refund["status"], refund["attempts"], waiting["kind"]) == ("failed", 4, "refund_failed")
    assert (await balances(market.om))["refunds_due"] == -5000
    await market.om.post(f"/api/admin/quarantine/{waiting['id']}/retry")
    await market.till.quirk(refund_seconds=0)
    await market.world.do_jobs()
    assert (await market.order(order))["refunds"][0]["status"] == "processed"


async def test_a_refund_still_on_its_way_is_not_asked_for_under_another_key(market: Market) -> None:
    _, order = await submitted(market.asha, market.ravi, market.till)
    body = {"amount": 2000, "reason": "One video less"}
    refund = (await market.om.post(f"/api/payments/orders/{order['id']}/refund", json=body)).json()["refund"]
    await market.till.fault("in_flight", path=".*/refund", times=99)

    with pytest.raises(Upstream):
        await send_refund(market.world.app.till, market.world.db, {"refund_id": refund["id"]})
    await market.till.heal()
    await market.world.pass_time(minutes=16)

    [known] = (await market.order(order))["refunds"]
    assert (known["status"], known["attempts"]) == ("processed", 0)
    assert len(await market.till.everything("refunds")) == 1
