"""Who decides about a subscription holds it: what comes at the same moment waits, and sees what was decided."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeAlias
from uuid import UUID

import asyncpg
import httpx
import pytest

from stoory.subscriptions import rules
from stoory.subscriptions.actions.billing import save, void
from stoory.subscriptions.queries import lock_subscription
from tests.money import Market, books_agree
from tests.subscriptions import created, done, plan_of, seen, subscribed

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

WAITING = """
    select exists (select
                     from pg_stat_activity
                    where application_name = 'stoory'
                      and wait_event_type = 'Lock')
"""


async def meanwhile_cancelled(
    market: Market, superuser: Superuser, subscription_id: str, call: Awaitable[httpx.Response]
) -> httpx.Response:
    """Send a request while somebody who holds the subscription decides to end it."""
    async with market.world.db.as_system("somebody ends it") as tx:
        subscription = await lock_subscription(tx, UUID(subscription_id))
        asking = asyncio.ensure_future(call)
        while not await superuser.fetchval(WAITING):
            assert not asking.done(), "it did not wait"
            await asyncio.sleep(0.01)
        await void(tx, subscription)
        await save(tx, rules.cancelled(subscription, tx.now), "cancelled", {})
    return await asking


@pytest.mark.parametrize("kind", ["start", "renewal", "upgrade"])
async def test_a_payment_that_comes_as_it_ends_is_given_back(
    market: Market, superuser: Superuser, kind: str
) -> None:
    if kind == "start":
        asked = await created(market.asha)
        subscription = asked["subscription"]
    else:
        subscription = await subscribed(market.asha, market.till)
        if kind == "renewal":
            await market.world.pass_time(days=29)
            asked = await done(market.asha, subscription, "checkout")
        else:
            asked = await done(market.asha, subscription, "upgrade", {"plan": "enterprise"}, expect=201)
    fields = await market.till.pay(asked["order"]["razorpay_order_id"])

    call = market.asha.post("/api/payments/verify-payment", json=fields)
    verified = await meanwhile_cancelled(market, superuser, subscription["id"], call)

    assert verified.json()["payment"]["is_surplus"]
    assert (await seen(market.asha, subscription))["status"] == "cancelled"
    assert await plan_of(market.asha) == "basic"
    await market.world.do_jobs()
    await market.hear()
    await books_agree(market.om, market.till)


@pytest.mark.parametrize(
    ("what", "body"),
    [("upgrade", {"plan": "enterprise"}), ("downgrade", {"plan": "basic"}), ("cancel", {}), ("resume", None)],
)
async def test_a_change_that_comes_as_it_ends_is_told_so(
    market: Market, superuser: Superuser, what: str, body: dict[str, str] | None
) -> None:
    subscription = await subscribed(market.asha, market.till)
    method = "PUT" if what == "cancel" else "POST"

    call = market.asha.request(method, f"/api/subscriptions/{subscription['id']}/{what}", json=body)
    answer = await meanwhile_cancelled(market, superuser, subscription["id"], call)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_active")


async def test_who_subscribes_as_the_old_one_ends_is_not_told_it_goes_on(
    market: Market, superuser: Superuser
) -> None:
    subscription = await subscribed(market.asha, market.till)

    call = market.asha.post("/api/subscriptions/create", json={"plan": "enterprise"})
    answer = await meanwhile_cancelled(market, superuser, subscription["id"], call)

    assert answer.status_code == 201
