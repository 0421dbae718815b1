"""Plans are dated rows: what holds today is the newest that has begun."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stoory.plans.queries import plan_of, plans
from stoory.platform.database import Tx
from tests.world import ASHA, World

NEW_PRICES = datetime(2030, 1, 1, tzinfo=UTC)


async def announce_new_prices(tx: Tx) -> None:
    """Write a dearer premium and a cheaper commission, from 2030 on."""
    await tx.run(
        """
        insert into plans (plan, valid_from, name, monthly_paise, yearly_paise, commission_bp, max_open_postings,
                           max_live_applications, requests_per_minute)
        values ('premium', $1, 'Premium', 59900, 599900, 800, null, null, 300),
               ('basic', $1, 'Basic', 0, 0, 900, 5, 20, 100)
        """,
        NEW_PRICES,
    )


async def test_asha_is_on_basic_without_asking_and_pays_its_commission(world: World):
    asha = await world.sign_in(ASHA)
    async with world.db.as_user(asha, readonly=True) as tx:
        plan = await plan_of(tx, ASHA.id)

    assert (plan.plan, plan.commission_bp, plan.requests_per_minute) == ("basic", 1000, 100)
    assert (plan.max_open_postings, plan.max_live_applications) == (3, 10)


async def test_the_plans_are_told_from_the_cheapest_to_the_dearest(world: World):
    asha = await world.sign_in(ASHA)
    async with world.db.as_user(asha, readonly=True) as tx:
        told = await plans(tx)

    assert [(plan.name, plan.monthly_paise, plan.yearly_paise) for plan in told] == [
        ("Basic", 0, 0),
        ("Premium", 49900, 499900),
        ("Enterprise", 499900, 4999900),
    ]


async def test_new_prices_count_from_their_day_on_and_not_before(world: World):
    prices: list[int] = []
    commissions: list[int] = []
    async with world.db.as_system("a test announces new prices") as tx:
        await tx.run("savepoint today")  # plans are never deleted, so the test must not leave any
        await announce_new_prices(tx)
        for instant in (NEW_PRICES - timedelta(seconds=1), NEW_PRICES):
            tx.now = instant
            prices += [plan.monthly_paise for plan in await plans(tx) if plan.plan == "premium"]
            commissions.append((await plan_of(tx, ASHA.id)).commission_bp)
        await tx.run("rollback to savepoint today")

    assert prices == [49900, 59900]
    assert commissions == [1000, 900]
