"""What operators do with other people's money: only what cannot be wrong, always told why not, always on record."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stoory.deals import jobs
from stoory.deals.jobs import Clocks
from tests.deals import applied
from tests.money import Market, agreed, balances, entered, funded, ordered, pressed, state_of, submitted
from tests.world import World

Client = httpx.AsyncClient
Json = dict[str, Any]


async def refunded(om: Client, order: Json, **body: Any) -> httpx.Response:
    return await om.post(f"/api/payments/orders/{order['id']}/refund", json={"reason": "So", **body})


async def put_on_record(world: World) -> list[Json]:
    async with world.db.as_system("a test reads the audit log", readonly=True) as tx:
        return await tx.value(list[Json], "select coalesce(jsonb_agg(data), '[]') from audit_log")


@pytest.mark.parametrize("amount", [{}, {"amount": 1000}])
async def test_the_platform_pays_nothing_while_the_escrow_holds_the_money(
    market: Market, amount: Json
) -> None:
    request, order = await funded(market.asha, market.ravi, market.till)

    answer = await refunded(market.om, order, platform_pays=True, **amount)

    assert (answer.status_code, answer.json()["code"]) == (409, "escrow_holds")
    await pressed(market.ravi, request, "cancel_deal")
    await market.world.do_jobs()
    await market.hear()
    assert (await balances(market.om)).keys() == {"gateway", "fees"}


async def test_a_refund_that_failed_is_owed_all_the_same(market: Market) -> None:
    request, order = await funded(market.asha, market.ravi, market.till)
    async with market.world.db.as_system("a test lets a refund fail for good") as tx:
        await tx.run("update payments set razorpay_payment_id = 'pay_00000000000000'")
    await pressed(market.ravi, request, "cancel_deal")
    for _ in range(5):
        await market.world.pass_time(hours=24)

    answer = await refunded(market.om, order, platform_pays=True)

    assert (answer.status_code, answer.json()["code"]) == (422, "amount_out_of_range")


async def test_a_refusal_says_what_can_be_done_instead(market: Market) -> None:
    unpaid = await agreed(market.asha, market.ravi)
    order = await ordered(market.asha, unpaid)
    early = await refunded(market.om, order)
    fields = await market.till.pay(order["razorpay_order_id"])
    await market.asha.post("/api/payments/verify-payment", json=fields)
    await pressed(market.asha, unpaid, "approve_work")
    late = await refunded(market.om, order)

    for answer, code, allowed in ((early, "not_paid", "cancel_deal"), (late, "already_released", None)):
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert next(reversed(answer.json()["allowed"]), None) == allowed
        assert answer.json()["conversation"]["id"] == unpaid["conversation_id"]


async def test_a_payment_razorpay_does_not_take_is_refused_with_what_can_be_done(market: Market) -> None:
    request = await agreed(market.asha, market.ravi)
    await market.till.quirk(largest_amount=100)

    answer = await market.asha.post(f"/api/requests/{request['id']}/payment")

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_refused")
    assert "proceed_to_payment" in answer.json()["allowed"]
    assert answer.json()["conversation"]["flow_state"] == "payment_pending"


async def test_whatever_om_lets_leave_the_escrow_is_on_record(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await pressed(market.om, request, "refund", {"amount": 100, "reason": "So"})
    await entered(market.asha, request, "dispute", {"reason": "It is not what we agreed"})
    values = {"release_amount": 4000, "refund_amount": 900, "reason": "So"}
    await entered(market.om, request, "resolve_dispute", values)

    told = [(each["release"], each["refund"]) for each in await put_on_record(market.world)]

    assert sorted(told) == [(0, 100), (4000, 900)]


async def test_a_charge_back_stops_a_deal_that_is_under_way(market: Market) -> None:
    request, order = await submitted(market.asha, market.ravi, market.till)
    [payment] = (await market.order(order))["payments"]

    await market.till.dispute(payment["razorpay_payment_id"])
    await market.hear()

    assert await state_of(market.ravi, request) == "disputed"
    await pressed(market.asha, request, "approve_work", expect=409)
    [waiting] = (await market.om.get("/api/admin/disputes")).json()["disputes"]
    assert (waiting["opened_by"], waiting["held"]) == ("admin", 5000)
    values = {"release_amount": 5000, "refund_amount": 0, "reason": "The work is good"}
    await entered(market.om, request, "resolve_dispute", values)
    assert (await market.ravi.get("/api/wallet")).json()["wallet"]["available"] == 4500


async def test_a_dispute_om_opens_for_a_side_is_that_sides(market: Market) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await entered(market.om, request, "dispute", {"reason": "So", "as_role": "influencer"})

    [waiting] = (await market.om.get("/api/admin/disputes")).json()["disputes"]

    assert waiting["opened_by"] == "influencer"


async def test_a_clock_does_not_wait_for_somebody_who_is_moving_the_deal(ravi: Client, world: World) -> None:
    request = await applied(ravi)
    world.db.clock.advance(73 * 3600)
    async with world.db.as_system("somebody holds the conversation") as tx:
        await tx.run(
            "select from conversations where id = $1::text::uuid for update", request["conversation_id"]
        )
        await Clocks().run(world.db)
        assert await state_of(ravi, request) == "initial"

    await Clocks().run(world.db)
    assert await state_of(ravi, request) == "expired"


async def test_om_is_told_of_a_clock_that_fails_and_it_is_tried_again(
    ravi: Client, om: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await applied(ravi)
    world.db.clock.advance(73 * 3600)

    async def fails(*_: Any) -> None:
        raise ValueError("nonsense")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "run_clock", fails)
        await Clocks().run(world.db)
    [oddity] = (await om.get("/api/admin/quarantine")).json()["quarantine"]
    assert (oddity["kind"], oddity["subject"]) == ("clock_failed", request["id"])

    await Clocks().run(world.db)
    assert await state_of(ravi, request) == "expired"
