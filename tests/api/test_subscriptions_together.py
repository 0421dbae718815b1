"""Everything at once at the end of a period: one plan holds, no time is paid for twice, every paisa is somewhere."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import pytest

from stoory.subscriptions.jobs import Clocks
from tests.money import Market, balances, books_agree
from tests.subscriptions import created, done, instant, invoices, seen, subscribed
from tests.till import Delivery
from tests.world import ASHA, World

Client = httpx.AsyncClient

SEEDS: Final = range(8)
EXPECTED: Final = {200, 201, 404, 409, 422}


async def live(world: World) -> list[str]:
    """Return the plans somebody is on now, in the database."""
    async with world.db.as_system("a test looks", readonly=True) as tx:
        return await tx.value(
            list[str],
            """
            select coalesce(array_agg(plan), '{}')
              from subscriptions
             where user_id = $1
               and status in ('active', 'past_due')
            """,
            ASHA.id,
        )


async def check_spans(client: Client, subscription: dict[str, Any]) -> None:
    """Raise AssertionError unless renewals follow one another, each from where the one before ends."""
    whole = [each for each in await invoices(client, subscription) if each["status"] == "paid"]
    periods = sorted(
        (instant(each["starts_at"]), instant(each["ends_at"])) for each in whole if each["kind"] != "upgrade"
    )
    for (_, end), (start, _) in itertools.pairwise(periods):
        assert end == start


@pytest.mark.parametrize("seed", SEEDS)
async def test_upgrade_cancel_and_the_renewals_webhook_at_the_end_of_a_period(
    market: Market, seed: int
) -> None:
    luck = random.Random(seed)
    world, asha, till = market.world, market.asha, market.till
    subscription = await subscribed(asha, till)
    end = instant(subscription["current_period_end"])
    await world.pass_time(seconds=int((end - world.db.clock.now()).total_seconds()) - 3600)
    renewal = await done(asha, subscription, "checkout")
    await till.pay(renewal["order"]["razorpay_order_id"])
    deliveries = await till.take()
    world.db.clock.advance(luck.choice([0, 3599, 3601, 86_400 * 3]))
    await asyncio.gather(*(deed() for deed in rush(market, subscription, deliveries, luck)))
    await world.pass_time(seconds=1)

    assert len(await live(world)) <= 1
    await check_spans(asha, subscription)
    await pay_everything(market, luck)
    assert len(await live(world)) <= 1
    await world.do_jobs()
    await market.hear()
    await world.do_jobs()
    await market.hear()
    await books_agree(market.om, market.till)
    assert "refunds_due" not in await balances(market.om)


async def pay_everything(market: Market, luck: random.Random) -> None:
    """Pay every order there ever was, those nobody waits for included, and let all of it be heard twice."""
    orders = (await market.asha.get("/api/payments/orders?limit=100")).json()["orders"]
    for order in luck.sample(orders, len(orders)):
        if order["razorpay_order_id"] and order["status"] not in ("paid", "refunded"):
            await market.till.pay(order["razorpay_order_id"])
    await market.hear(times=2, is_reversed=luck.random() < 0.5)


def rush(
    market: Market, subscription: dict[str, Any], deliveries: list[Delivery], luck: random.Random
) -> list[Callable[[], Awaitable[None]]]:
    """Return what everybody does at the same moment, in any order."""
    world, asha = market.world, market.asha
    address = f"/api/subscriptions/{subscription['id']}"

    async def hear() -> None:
        for delivery in deliveries:
            await market.nobody.post("/api/payments/webhook", content=delivery.body, headers=delivery.headers)
        await world.apply_webhooks()

    async def ask(call: Awaitable[httpx.Response]) -> None:
        await asyncio.sleep(luck.random() * 0.02)
        answer = await call
        assert answer.status_code in EXPECTED, answer.text

    deeds: list[Callable[[], Awaitable[None]]] = [
        hear,
        hear,
        lambda: Clocks(world.app.seller).run(world.db),
        lambda: Clocks(world.app.seller).run(world.db),
        lambda: ask(asha.post(f"{address}/upgrade", json={"plan": "enterprise"})),
        lambda: ask(asha.put(f"{address}/cancel")),
        lambda: ask(asha.put(f"{address}/cancel", json={"at_period_end": False})),
        lambda: ask(asha.post(f"{address}/resume")),
        lambda: ask(asha.post("/api/subscriptions/create", json={"plan": "premium"})),
        lambda: ask(asha.post(f"{address}/downgrade", json={"plan": "basic"})),
    ]
    return luck.sample(deeds, len(deeds))


@pytest.mark.parametrize("seed", SEEDS)
async def test_of_several_first_payments_at_once_one_plan_comes(market: Market, seed: int) -> None:
    luck = random.Random(seed)
    asha, wishes = market.asha, [
        {"plan": plan, "period": period} for plan in ("premium", "enterprise") for period in ("monthly", "yearly")
    ]  # fmt: skip
    await created(asha, plan="basic")

    answers = await asyncio.gather(
        *(asha.post("/api/subscriptions/create", json=wish) for wish in luck.choices(wishes, k=6))
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    await pay_everything(market, luck)

    assert len(await live(market.world)) == 1
    await market.world.do_jobs()
    await market.hear()
    await books_agree(market.om, market.till)


async def test_of_two_ways_to_tell_of_one_payment_one_begins_a_period(market: Market) -> None:
    subscription = await subscribed(market.asha, market.till)
    await market.world.pass_time(days=32)
    asked = await done(market.asha, subscription, "checkout")
    fields = await market.till.pay(asked["order"]["razorpay_order_id"])

    answers, _ = await asyncio.gather(
        asyncio.gather(*(market.asha.post("/api/payments/verify-payment", json=fields) for _ in range(8))),
        market.hear(times=3),
    )

    assert {answer.status_code for answer in answers} == {200}
    after = await seen(market.asha, subscription)
    assert after["current_period_start"] == subscription["current_period_end"]
    assert len(await invoices(market.asha, subscription)) == 2
    await books_agree(market.om, market.till)
