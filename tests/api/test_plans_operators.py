"""What operators make of plans: dated rows that come, terms of single customers, and a record of who agreed to what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.subscriptions import created, plan_of, subscribed
from tests.till import Till
from tests.world import ASHA, OM, World

Client = httpx.AsyncClient

PLANS = "/api/admin/plans"
TERMS = f"/api/admin/users/{ASHA.id}/terms"


async def offered(client: Client) -> dict[str, Any]:
    """Return the plans as somebody is offered them, by name."""
    return {plan["id"]: plan for plan in (await client.get("/api/subscriptions/plans")).json()["plans"]}


async def test_the_plans_are_told_with_prices_limits_and_features(ravi: Client) -> None:
    plans = await offered(ravi)

    assert list(plans) == ["basic", "premium", "enterprise"]
    assert plans["premium"] == {
        "id": "premium",
        "name": "Premium",
        "prices": {"monthly": 499, "yearly": 4999},
        "currency": "INR",
        "limits": {"open_postings": None, "live_applications": None, "requests_per_minute": 300},
        "commission_bp": 800,
        "features": ["analytics"],
    }


async def test_a_price_from_a_day_on_holds_from_that_day(asha: Client, om: Client, world: World) -> None:
    begins = world.db.clock.now() + timedelta(days=2)
    body = {"plan": "premium", "prices": {"monthly": 599}, "valid_from": begins.isoformat()}
    answer = await om.post(PLANS, json=body)
    assert answer.status_code == 201
    assert answer.json()["plan"]["prices"] == {"monthly": 599, "yearly": 4999}

    assert (await offered(asha))["premium"]["prices"]["monthly"] == 499
    await world.pass_time(days=2)
    assert (await offered(asha))["premium"]["prices"]["monthly"] == 599
    assert (await created(asha))["order"]["amount"] == 599


async def test_the_past_is_not_rewritten(om: Client) -> None:
    body = {"plan": "premium", "name": "Gold", "valid_from": "2026-02-01T00:00:00Z"}

    answer = await om.post(PLANS, json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "valid_from")
    assert len((await om.get(PLANS)).json()["plans"]) == 3


async def test_two_rows_of_one_instant_are_one_too_many(om: Client, world: World) -> None:
    begins = (world.db.clock.now() + timedelta(days=2)).isoformat()
    body = {"plan": "premium", "name": "Gold", "valid_from": begins}
    assert (await om.post(PLANS, json=body)).status_code == 201

    answer = await om.post(PLANS, json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_dated")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"plan": "basic", "prices": {"monthly": 10}}, ["prices"]),
        ({"plan": "gold"}, ["plan"]),
        ({"plan": "premium", "prices": {"monthly": 0}}, ["prices.monthly"]),
        ({"plan": "premium", "commission_bp": 10001}, ["commission_bp"]),
        ({"plan": "premium", "limits": {"requests_per_minute": 0}}, ["limits.requests_per_minute"]),
        ({"plan": "premium", "features": ["magic"]}, ["features[0]"]),
        ({"plan": "premium", "valid_from": "tomorrow"}, ["valid_from"]),
        ({"plan": "premium", "valid_from": "2030-01-01T00:00:00"}, ["valid_from"]),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused_by_name(
    om: Client, body: dict[str, Any], fields: list[str]
) -> None:
    answer = await om.post(PLANS, json=body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, fields)


async def test_what_basic_allows_changes_for_everybody_who_is_on_it(asha: Client, om: Client) -> None:
    body = {"plan": "basic", "limits": {"open_postings": 2}}
    assert (await om.post(PLANS, json=body)).status_code == 201

    answer = await asha.post("/api/bids", json={"title": "One more", "min_budget": 10, "max_budget": 20})

    assert (answer.status_code, answer.json()["limit"]) == (402, 2)


async def test_an_enterprise_price_of_her_own_is_what_asha_pays(
    asha: Client, kabir: Client, om: Client, till: Till
) -> None:
    body = {
        "plan": "enterprise",
        "prices": {"monthly": 2999.5},
        "limits": {"requests_per_minute": 5000},
        "reason": "Contract 2026-114",
    }
    answer = await om.put(TERMS, json=body)
    assert answer.status_code == 200
    assert answer.json()["terms"][0]["changes"] == {"monthly_paise": 299950, "requests_per_minute": 5000}

    assert (await offered(asha))["enterprise"]["prices"]["monthly"] == 2999.5
    assert (await offered(kabir))["enterprise"]["prices"]["monthly"] == 4999
    subscription = await subscribed(asha, till, plan="enterprise")
    assert subscription["amount"] == 2999.5
    usage = (await asha.get("/api/account/usage")).json()["usage"]
    assert (usage["plan"], usage["requests_per_minute"]) == ("enterprise", 5000)


async def test_terms_about_one_plan_say_nothing_of_another(asha: Client, om: Client) -> None:
    body = {"plan": "enterprise", "limits": {"open_postings": 0}, "reason": "A strange wish"}
    assert (await om.put(TERMS, json=body)).status_code == 200

    usage = (await asha.get("/api/account/usage")).json()["usage"]

    assert (usage["plan"], usage["open_postings"]["limit"]) == ("basic", 3)


async def test_new_terms_stand_in_place_of_the_old_and_end_when_they_should(
    asha: Client, om: Client, world: World
) -> None:
    async def limit() -> int | None:
        return (await asha.get("/api/account/usage")).json()["usage"]["open_postings"]["limit"]

    until = (world.db.clock.now() + timedelta(days=3)).isoformat()
    for limits in ({"open_postings": None}, {"open_postings": 9}):
        body = {"limits": limits, "valid_until": until, "reason": "A fair"}
        assert (await om.put(TERMS, json=body)).status_code == 200
    assert await limit() == 9
    await world.pass_time(days=3)
    assert await limit() == 3

    assert (await om.put(TERMS, json={"limits": {"open_postings": 5}, "reason": "So"})).status_code == 200
    assert await limit() == 5
    answer = await om.put(TERMS, json={"reason": "Back to what the plan says"})
    assert await limit() == 3
    assert [row["reason"] for row in answer.json()["terms"]] == [
        "Back to what the plan says", "So", "A fair", "A fair",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limits": {"open_postings": 5}}, "reason"),
        ({"prices": {"monthly": 5}, "reason": "So"}, "plan"),
        ({"plan": "basic", "prices": {"monthly": 5}, "reason": "So"}, "plan"),
        ({"valid_until": "2020-01-01T00:00:00Z", "reason": "So"}, "valid_until"),
        ({"limits": {"open_postings": -1}, "reason": "So"}, "limits.open_postings"),
        ({"password": "x", "reason": "So"}, "password"),
    ],
)
async def test_terms_that_make_no_sense_are_refused_by_name(
    om: Client, body: dict[str, Any], field: str
) -> None:
    answer = await om.put(TERMS, json=body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_operators_have_no_terms(om: Client) -> None:
    answer = await om.put(f"/api/admin/users/{OM.id}/terms", json={"reason": "So"})

    assert answer.status_code == 404


async def test_who_changed_what_is_on_the_record(om: Client, world: World) -> None:
    await om.put(TERMS, json={"limits": {"open_postings": 5}, "reason": "So"})
    await om.post(PLANS, json={"plan": "premium", "name": "Gold"})
    await om.post("/api/admin/coupons", json={"code": "GOLD", "percent": 5})

    async with world.db.as_system("a test looks at the audit log", readonly=True) as tx:
        actions = await tx.value(
            list[str], "select array_agg(action order by id) from audit_log where actor_id = $1", OM.id
        )
    assert actions == ["agree_terms", "change_plan", "make_coupon"]
    assert await plan_of(om) == "basic"
