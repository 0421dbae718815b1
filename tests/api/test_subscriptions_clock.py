"""Months pass: renewals are asked for, paid early, late or never; no day is paid for twice, and none is for nothing."""

from __future__ import annotations

from typing import Any

import httpx

from tests.money import Market, balances, books_agree
from tests.subscriptions import (
    done,
    instant,
    invoices,
    paid,
    plan_of,
    renewed,
    seen,
    shown,
    subscribed,
)
from tests.till import Till
from tests.world import ASHA, World

Client = httpx.AsyncClient


async def told(world: World) -> list[str]:
    """Return what Asha was told of her subscription, in order."""
    async with world.db.as_system("a test looks at notifications", readonly=True) as tx:
        return await tx.value(
            list[str],
            """
            select coalesce(array_agg(kind order by created_at, kind), '{}')
              from notifications
             where user_id = $1
               and kind like 'subscription%'
            """,
            ASHA.id,
        )


async def test_a_renewal_is_asked_for_three_days_before_the_end(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    until_asked = instant(premium["current_period_end"]) - instant(premium["current_period_start"])

    await world.pass_time(days=until_asked.days - 4)
    assert (await shown(asha, premium))["order"] is None
    await world.pass_time(days=1.1)

    waiting = await shown(asha, premium)
    assert (waiting["invoice"]["kind"], waiting["invoice"]["amount"]) == ("renewal", 499)
    assert waiting["invoice"]["starts_at"] == premium["current_period_end"]
    assert waiting["subscription"]["pay_by"] is not None
    assert (await told(world))[-1] == "subscription_renewal_asked"


async def test_paid_early_the_next_period_begins_where_the_last_ends(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    await world.pass_time(days=29)

    early = await renewed(asha, till, premium)
    assert early["current_period_end"] == premium["current_period_end"]
    await world.pass_time(days=4)

    after = await seen(asha, premium)
    assert after["status"] == "active"
    assert after["current_period_start"] == premium["current_period_end"]
    assert (await shown(asha, premium))["order"] is None


async def test_unpaid_it_is_past_due_reminded_and_basic_after_a_week(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    await world.pass_time(days=32)
    assert (await seen(asha, premium))["status"] == "past_due"
    assert await plan_of(asha) == "premium"

    for _ in range(6):
        await world.pass_time(days=1)
    assert await plan_of(asha) == "premium"
    await world.pass_time(days=2)

    assert (await seen(asha, premium))["status"] == "expired"
    assert await plan_of(asha) == "basic"
    assert await told(world) == [
        "subscription_paid",
        "subscription_past_due",
        "subscription_renewal_asked",
        *["subscription_reminded"] * 3,
        "subscription_ended",
    ]


async def test_paid_late_there_is_no_day_for_nothing(asha: Client, till: Till, world: World) -> None:
    premium = await subscribed(asha, till)
    await world.pass_time(days=33)

    after = await renewed(asha, till, premium)

    assert after["status"] == "active"
    assert after["current_period_start"] == premium["current_period_end"]
    assert after["pay_by"] is None


async def test_a_payment_after_the_week_is_given_back(market: Market) -> None:
    premium = await subscribed(market.asha, market.till)
    await market.world.pass_time(days=32)
    asked = await done(market.asha, premium, "checkout")
    await market.world.pass_time(days=8)

    await market.till.pay(asked["order"]["razorpay_order_id"])
    await market.hear()

    assert (await seen(market.asha, premium))["status"] == "expired"
    assert (await balances(market.om))["refunds_due"] == -499
    await market.world.do_jobs()
    await market.hear()
    await books_agree(market.om, market.till)


async def test_after_a_long_night_without_a_server_there_is_still_a_week_to_pay(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)

    await world.pass_time(days=60)

    assert (await seen(asha, premium))["status"] == "past_due"
    await world.pass_time(days=6)
    assert await plan_of(asha) == "premium"
    await world.pass_time(days=2)
    assert await plan_of(asha) == "basic"


async def test_the_31st_stays_the_31st(asha: Client, till: Till, world: World) -> None:
    start = instant("2027-01-31T10:00:00+05:30")
    now = world.db.clock.now()
    world.db.clock.advance(int((start - now).total_seconds()))
    subscription = await subscribed(asha, till)
    ends: list[str] = []
    for _ in range(4):
        ends.append(f"{instant(subscription['current_period_end']).astimezone(start.tzinfo):%m-%d}")
        left = instant(subscription["current_period_end"]) - world.db.clock.now()
        await world.pass_time(seconds=int(left.total_seconds()) - 86400)
        await renewed(asha, till, subscription)
        await world.pass_time(days=1.01)
        subscription = await seen(asha, subscription)

    assert ends == ["02-28", "03-31", "04-30", "05-31"]


async def test_a_dearer_price_counts_from_the_next_period_on(
    asha: Client, om: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    body = {"plan": "premium", "prices": {"monthly": 599}, "limits": {"requests_per_minute": 50}}
    assert (await om.post("/api/admin/plans", json=body)).status_code == 201

    usage = (await asha.get("/api/account/usage")).json()["usage"]
    assert usage["requests_per_minute"] == 300
    await world.pass_time(days=29)
    assert (await done(asha, premium, "checkout"))["order"]["amount"] == 599
    await renewed(asha, till, premium)
    await world.pass_time(days=4)
    usage = (await asha.get("/api/account/usage")).json()["usage"]
    assert (usage["plan"], usage["requests_per_minute"]) == ("premium", 50)


async def test_an_upgrade_after_the_next_period_was_paid_pays_for_both(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    await world.pass_time(days=29)
    await renewed(asha, till, premium)

    asked = await done(asha, premium, "upgrade", {"plan": "enterprise"}, expect=201)
    assert 4500 < asked["order"]["amount"] < 4500 + 4500 * 3 / 28
    await paid(asha, till, asked["order"])
    await world.pass_time(days=4)

    after = await seen(asha, premium)
    assert (after["status"], after["plan"]) == ("active", "enterprise")


async def test_the_numbers_of_invoices_follow_one_another(
    asha: Client, kabir: Client, till: Till, world: World
) -> None:
    mine, other = await subscribed(asha, till), await subscribed(kabir, till, plan="enterprise")
    await world.pass_time(days=29)
    for client, subscription in ((kabir, other), (asha, mine)):
        await renewed(client, till, subscription)

    numbers: list[Any] = [each["number"] for each in await invoices(asha, mine)]
    numbers += [each["number"] for each in await invoices(kabir, other)]
    assert sorted(int(number.rpartition("/")[2]) for number in numbers) == [1, 2, 3, 4]
