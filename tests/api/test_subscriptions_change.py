"""Upgrades to the paisa, downgrades at the period's end, cancelling, and thinking better of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import httpx

from tests.money import Market, books_agree
from tests.subscriptions import created, done, instant, invoices, paid, plan_of, renewed, seen, subscribed
from tests.till import Till
from tests.world import World

Client = httpx.AsyncClient


def paise(rupees: float) -> int:
    """Return an amount of an answer in paise."""
    return round(rupees * 100)


def rest(price: int, start: datetime, end: datetime, at: datetime) -> int:
    """Return what the rest of a period is worth, in paise."""
    microsecond = timedelta(microseconds=1)
    return round(Fraction(price * 100 * ((end - at) // microsecond), (end - start) // microsecond))


async def test_an_upgrade_costs_the_difference_of_what_is_left_to_the_paisa(market: Market) -> None:
    premium = await subscribed(market.asha, market.till)
    await market.world.pass_time(days=10)

    asked = await done(market.asha, premium, "upgrade", {"plan": "enterprise"}, expect=201)

    start, end = instant(premium["current_period_start"]), instant(premium["current_period_end"])
    invoice = asked["invoice"]
    at = instant(invoice["created_at"])
    price, credit = rest(4999, start, end, at), rest(499, start, end, at)
    assert (paise(invoice["price"]), paise(invoice["credit"])) == (price, credit)
    assert asked["order"]["amount_paise"] == price - credit
    assert await plan_of(market.asha) == "premium"

    await paid(market.asha, market.till, asked["order"])

    after = await seen(market.asha, premium)
    assert (after["plan"], after["amount"]) == ("enterprise", 4999)
    assert after["current_period_end"] == premium["current_period_end"]
    await market.hear()
    await books_agree(market.om, market.till)


async def test_asked_again_soon_the_price_holds_and_later_it_is_another(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    await world.pass_time(days=3)
    first = await done(asha, premium, "upgrade", {"plan": "enterprise"}, expect=201)

    same = await done(asha, premium, "upgrade", {"plan": "enterprise"}, expect=200)
    await world.pass_time(hours=1)
    later = await done(asha, premium, "upgrade", {"plan": "enterprise"}, expect=201)

    assert same["order"] == first["order"]
    assert later["order"]["id"] != first["order"]["id"]
    assert later["order"]["amount"] < first["order"]["amount"]


async def test_from_months_to_a_year_the_year_begins_now_less_what_is_left(
    asha: Client, till: Till, world: World
) -> None:
    monthly = await subscribed(asha, till)
    await world.pass_time(days=15)

    asked = await done(asha, monthly, "upgrade", {"plan": "premium", "period": "yearly"}, expect=201)
    await paid(asha, till, asked["order"])

    start, end = instant(monthly["current_period_start"]), instant(monthly["current_period_end"])
    credit = rest(499, start, end, instant(asked["invoice"]["created_at"]))
    assert asked["order"]["amount_paise"] == 499900 - credit
    yearly = await seen(asha, monthly)
    assert instant(yearly["current_period_end"]) - instant(yearly["current_period_start"]) >= timedelta(
        days=365
    )


async def test_less_than_a_rupee_is_waived(asha: Client, om: Client, till: Till, world: World) -> None:
    premium = await subscribed(asha, till)
    terms = {"plan": "enterprise", "prices": {"monthly": 500}, "reason": "A welcome"}
    assert (await om.put(f"/api/admin/users/{premium['user_id']}/terms", json=terms)).status_code == 200
    await world.pass_time(days=1)

    asked = await done(asha, premium, "upgrade", {"plan": "enterprise"}, expect=201)

    assert (asked["order"], asked["invoice"]["amount"], asked["invoice"]["status"]) == (None, 0, "paid")
    assert asked["subscription"]["plan"] == "enterprise"
    assert await plan_of(asha) == "enterprise"


async def test_what_is_not_more_is_no_upgrade_and_what_is_not_less_no_downgrade(
    asha: Client, till: Till
) -> None:
    enterprise = await subscribed(asha, till, plan="enterprise", period="yearly")

    for plan, period in (("premium", "yearly"), ("enterprise", "yearly"), ("enterprise", "monthly")):
        body = {"plan": plan, "period": period}
        assert (await done(asha, enterprise, "upgrade", body, expect=409))["code"] == "not_an_upgrade"
    same = {"plan": "enterprise", "period": "yearly"}
    assert (await done(asha, enterprise, "downgrade", same, expect=409))["code"] == "not_a_downgrade"


async def test_a_downgrade_comes_with_the_next_period_and_costs_its_price(
    asha: Client, till: Till, world: World
) -> None:
    enterprise = await subscribed(asha, till, plan="enterprise")

    down = await done(asha, enterprise, "downgrade", {"plan": "premium"})
    assert (down["subscription"]["plan"], down["subscription"]["next_plan"]) == ("enterprise", "premium")
    await world.pass_time(days=29)
    await renewed(asha, till, enterprise)
    assert await plan_of(asha) == "enterprise"
    await world.pass_time(days=3)

    after = await seen(asha, enterprise)
    assert (after["plan"], after["amount"], after["next_plan"]) == ("premium", 499, None)
    assert after["current_period_start"] == enterprise["current_period_end"]
    assert [each["amount"] for each in await invoices(asha, enterprise)] == [499, 4999]


async def test_a_downgrade_after_the_renewal_was_asked_for_asks_for_less(
    asha: Client, till: Till, world: World
) -> None:
    enterprise = await subscribed(asha, till, plan="enterprise")
    await world.pass_time(days=29)
    before = await done(asha, enterprise, "checkout")

    down = await done(asha, enterprise, "downgrade", {"plan": "premium"})

    assert (before["order"]["amount"], down["order"]["amount"]) == (4999, 499)
    assert (await asha.get(f"/api/payments/orders/{before['order']['id']}")).json()["order"][
        "status"
    ] == "expired"


async def test_cancelled_it_goes_on_until_the_end_of_the_period(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)

    cancelled = (await done(asha, premium, "cancel"))["subscription"]
    assert (cancelled["status"], cancelled["cancel_at_period_end"]) == ("active", True)
    assert (await done(asha, premium, "cancel"))["subscription"] == cancelled
    assert await plan_of(asha) == "premium"
    await world.pass_time(days=32)

    after = await seen(asha, premium)
    assert (after["status"], await plan_of(asha)) == ("cancelled", "basic")
    assert len(await invoices(asha, premium)) == 1
    await subscribed(asha, till)


async def test_cancelled_now_it_ends_now_and_nothing_is_given_back(market: Market) -> None:
    premium = await subscribed(market.asha, market.till)

    after = await done(market.asha, premium, "cancel", {"at_period_end": False})

    assert after["subscription"]["status"] == "cancelled"
    assert await plan_of(market.asha) == "basic"
    assert (await done(market.asha, premium, "cancel", expect=409))["code"] == "not_active"
    await market.hear()
    await books_agree(market.om, market.till)


async def test_the_plan_ends_with_its_period_even_if_no_clock_runs(
    asha: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)
    await done(asha, premium, "cancel")

    world.db.clock.advance(32 * 86400)

    assert (await seen(asha, premium))["status"] == "active"
    assert await plan_of(asha) == "basic"
    await subscribed(asha, till)
    assert await plan_of(asha) == "premium"


async def test_a_cancellation_is_taken_back(asha: Client, till: Till, world: World) -> None:
    premium = await subscribed(asha, till)
    await done(asha, premium, "cancel")

    resumed = (await done(asha, premium, "resume"))["subscription"]
    assert (resumed["status"], resumed["cancel_at_period_end"]) == ("active", False)
    assert (await done(asha, premium, "resume", expect=409))["code"] == "nothing_to_resume"
    await world.pass_time(days=29)

    assert (await done(asha, premium, "checkout"))["order"]["amount"] == 499


async def test_an_operator_ends_it_and_that_is_on_the_record(
    asha: Client, om: Client, till: Till, world: World
) -> None:
    premium = await subscribed(asha, till)

    await done(om, premium, "cancel", {"at_period_end": False})

    assert await plan_of(asha) == "basic"
    async with world.db.as_system("a test looks at the audit log", readonly=True) as tx:
        sql = "select data ->> 'what' from audit_log where action = 'change_subscription'"
        assert await tx.value(str, sql) == "cancel_subscription"


async def test_what_waits_to_be_paid_can_be_given_up(asha: Client) -> None:
    asked = await created(asha)

    after = await done(asha, asked["subscription"], "cancel")

    assert (after["subscription"]["status"], after["order"]) == ("cancelled", None)
    assert (await done(asha, asked["subscription"], "checkout", expect=409))["code"] == "nothing_to_pay"
