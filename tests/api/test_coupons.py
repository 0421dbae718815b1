"""Coupons: a share or an amount off the first payment, for those they are for, as often as they may be used."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.subscriptions import created, done, invoices, paid, plan_of, renewed, subscribed
from tests.till import Till
from tests.world import World

Client = httpx.AsyncClient

COUPONS = "/api/admin/coupons"


async def made(om: Client, **fields: Any) -> dict[str, Any]:
    """Let Om make a coupon: 10 % off unless it is said otherwise."""
    body = {"code": "SPRING", **({} if "amount" in fields else {"percent": 10}), **fields}
    answer = await om.post(COUPONS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["coupon"]


async def refused(client: Client, **wish: Any) -> str:
    """Return why a coupon is refused."""
    answer = await created(client, expect=422, **({"coupon": "SPRING"} | wish))
    assert (answer["code"], [error["field"] for error in answer["errors"]]) == ("coupon_refused", ["coupon"])
    return answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("coupon", "amount"),
    [
        ({"percent": 10}, 449.1),
        ({"percent": 33}, 334.33),
        ({"amount": 100}, 399),
        ({"amount": 498}, 1),
        ({"amount": 0.01}, 498.99),
    ],
)
async def test_it_lowers_the_first_payment(
    asha: Client, om: Client, till: Till, coupon: dict[str, Any], amount: float
) -> None:
    await made(om, **coupon)

    asked = await created(asha, coupon=" spring ")

    assert asked["order"]["amount"] == amount
    assert asked["invoice"]["price"] - asked["invoice"]["discount"] == pytest.approx(amount)
    await paid(asha, till, asked["order"])
    assert await plan_of(asha) == "premium"


@pytest.mark.parametrize("coupon", [{"percent": 100}, {"amount": 498.5}, {"amount": 5000}], ids=str)
async def test_less_than_a_rupee_is_waived_and_the_plan_holds_at_once(
    asha: Client, om: Client, coupon: dict[str, Any]
) -> None:
    await made(om, **coupon)

    asked = await created(asha, coupon="SPRING")

    assert (asked["subscription"]["status"], asked["order"], asked["key_id"]) == ("active", None, None)
    assert (asked["invoice"]["status"], asked["invoice"]["amount"]) == ("paid", 0)
    assert await plan_of(asha) == "premium"


async def test_the_renewal_costs_the_price(asha: Client, om: Client, till: Till, world: World) -> None:
    await made(om, percent=50)
    premium = await subscribed(asha, till, coupon="SPRING")

    await world.pass_time(days=29)
    await renewed(asha, till, premium)

    assert [each["amount"] for each in await invoices(asha, premium)] == [499, 249.5]


async def test_only_what_was_paid_is_credited_at_an_upgrade(asha: Client, om: Client) -> None:
    await made(om, percent=100)
    asked = await created(asha, coupon="SPRING")

    up = await done(asha, asked["subscription"], "upgrade", {"plan": "enterprise"}, expect=201)

    assert (up["invoice"]["credit"], round(up["invoice"]["price"])) == (0, 4999)


async def test_a_code_nobody_made_and_one_that_has_not_begun_are_no_coupons(
    asha: Client, om: Client, world: World
) -> None:
    begins = world.db.clock.now() + timedelta(days=1)
    await made(om, valid_from=begins.isoformat())

    assert await refused(asha) == await refused(asha, coupon="NEVER-MADE") == "is no coupon"


async def test_what_has_ended_is_refused(asha: Client, om: Client, world: World) -> None:
    ends = world.db.clock.now() + timedelta(days=1)
    await made(om, valid_until=ends.isoformat())
    other = await made(om, code="WINTER")
    await world.pass_time(days=1)

    assert await refused(asha) == "has ended"
    for _ in range(2):
        assert (await om.delete(f"{COUPONS}/{other['id']}")).status_code == 200
    assert await refused(asha, coupon="winter") == "has ended"


async def test_it_is_for_the_plans_it_names(asha: Client, om: Client) -> None:
    await made(om, plans=["enterprise"])

    assert await refused(asha) == "is not for premium"
    await created(asha, plan="enterprise", coupon="SPRING")


async def test_each_uses_it_as_often_as_each_may(asha: Client, kabir: Client, om: Client, till: Till) -> None:
    await made(om, max_uses_per_user=1)
    first = await subscribed(asha, till, coupon="SPRING")
    await done(asha, first, "cancel", {"at_period_end": False})

    assert await refused(asha) == "has been used by you as often as it may be"
    await created(kabir, coupon="SPRING")


async def test_what_is_given_up_is_not_used(asha: Client, kabir: Client, om: Client) -> None:
    coupon = await made(om, max_uses=1)
    asked = await created(asha, coupon="SPRING")
    assert await refused(kabir) == "has been used up"

    await done(asha, asked["subscription"], "cancel")

    await created(kabir, coupon="SPRING")
    [listed] = (await om.get(COUPONS)).json()["coupons"]
    assert (listed["id"], listed["uses"]) == (coupon["id"], 1)


async def test_of_many_at_once_only_as_many_get_it_as_it_is_for(
    asha: Client, ravi: Client, meera: Client, kabir: Client, om: Client
) -> None:
    await made(om, max_uses=2)
    wish = {"plan": "premium", "coupon": "SPRING"}

    answers = await asyncio.gather(
        *(client.post("/api/subscriptions/create", json=wish) for client in (asha, ravi, meera, kabir))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["percent"]),
        ({"percent": 10, "amount": 5}, ["percent"]),
        ({"percent": 0}, ["percent"]),
        ({"percent": 101}, ["percent"]),
        ({"percent": 10, "valid_until": "2020-01-01T00:00:00Z"}, ["valid_until"]),
        ({"percent": 10, "plans": ["basic"]}, ["plans[0]"]),
        ({"percent": 10, "max_uses": 0, "max_uses_per_user": 0}, ["max_uses", "max_uses_per_user"]),
        ({"percent": 10, "code": "a b"}, ["code"]),
    ],
)
async def test_a_coupon_that_makes_no_sense_is_refused_by_name(
    om: Client, body: dict[str, Any], fields: list[str]
) -> None:
    answer = await om.post(COUPONS, json={"code": "SPRING"} | body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, fields)


async def test_a_code_is_taken_once_however_it_is_written(om: Client) -> None:
    await made(om)

    answer = await om.post(COUPONS, json={"code": "Spring", "percent": 5})

    assert (answer.status_code, answer.json()["code"]) == (409, "code_taken")
