"""What does not fit is told once, what waits is no failure, and what ended a month ago is not asked about any more."""

from __future__ import annotations

from typing import Any

import pytest

from stoory.errors import Busy, Deadlocked, Upstream
from stoory.payments.jobs import webhooks
from tests.money import Market, pressed, state_of

Json = dict[str, Any]


async def quarantined(market: Market) -> list[Json]:
    """Return what waits for Om."""
    return (await market.om.get("/api/admin/quarantine")).json()["quarantine"]


async def looked_at(market: Market) -> None:
    """Let Om look at the one thing that waits."""
    [waiting] = await quarantined(market)
    path = f"/api/admin/quarantine/{waiting['id']}/resolve"
    assert (await market.om.post(path, json={"note": "Returned by hand"})).status_code == 200


async def paid_otherwise(market: Market) -> Json:
    """Let Asha pay an order that asks for another amount by now; return the order."""
    _, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])
    async with market.world.db.as_system("a test asks for another amount") as tx:
        await tx.run("update orders set amount = 4000")
    return order


async def applied(market: Market, monkeypatch: pytest.MonkeyPatch, problem: Exception, times: int) -> None:
    """Apply what waits so often, with a problem each time."""

    async def fails(*_: Any) -> str:
        raise problem

    with monkeypatch.context() as luck:
        luck.setattr(webhooks.hearing, "hear", fails)
        for _ in range(times):
            market.world.db.clock.advance(301)
            await market.world.apply_webhooks()


async def test_what_om_has_looked_at_is_not_told_again_whoever_finds_it(market: Market) -> None:
    await paid_otherwise(market)
    _, captured, _ = await market.till.take()
    await market.world.reconcile()
    await looked_at(market)

    await market.world.pass_time(minutes=16)
    await market.nobody.post("/api/payments/webhook", content=captured.body, headers=captured.headers)
    await market.world.apply_webhooks()

    assert await quarantined(market) == []


async def test_what_has_changed_since_om_looked_is_told_again(market: Market) -> None:
    await paid_otherwise(market)
    await market.world.reconcile()
    await looked_at(market)
    async with market.world.db.as_system("a test asks for another amount") as tx:
        await tx.run("update orders set amount = 4001")

    await market.world.pass_time(minutes=16)

    [waiting] = await quarantined(market)
    assert (waiting["kind"], waiting["details"]["expected"]["amount"]) == ("payment_mismatch", 4001)


@pytest.mark.parametrize("problem", [Upstream(), Busy(), Deadlocked()])
async def test_what_had_to_wait_long_may_still_fail_once(
    market: Market, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])
    await market.till.deliver(market.nobody)

    await applied(market, monkeypatch, problem, 10)
    await applied(market, monkeypatch, RuntimeError(), 1)

    assert await quarantined(market) == []
    market.world.db.clock.advance(301)
    await market.world.apply_webhooks()
    assert await state_of(market.asha, request) == "in_progress"


async def test_an_order_that_ended_a_month_ago_is_not_asked_about_any_more(market: Market) -> None:
    request, order = await market.ordered()
    await pressed(market.ravi, request, "withdraw_proposal")
    waiting = "select count(*) from orders where checked_at is not null"

    await market.world.pass_time(days=29)
    async with market.world.db.as_system("a test counts", readonly=True) as tx:
        before = await tx.value(int, waiting)
    await market.world.pass_time(days=2)
    async with market.world.db.as_system("a test counts", readonly=True) as tx:
        after = await tx.value(int, waiting)

    assert (before, after) == (1, 0)
    assert (await market.order(order))["order"]["status"] == "expired"
