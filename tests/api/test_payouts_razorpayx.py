"""Payouts through RazorpayX: each is made once, by one of us, whatever gets lost, dies or is switched meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from stoory.errors import Upstream
from stoory.payouts import actions
from stoory.payouts.jobs import reconcile_payouts, reconcile_round, send_payout
from stoory.platform.razorpay import Razorpay
from stoory.settings import SANDBOX_KEY_ID, SANDBOX_KEY_SECRET
from tests.money import Json, Market
from tests.payouts import (
    A_WHILE,
    ACCOUNT,
    ARRIVED,
    LEFT,
    NUMBER,
    QUARTER,
    READY,
    asked_for,
    at_razorpayx,
    by_hand,
    looked_into,
    mine,
    oddities,
    paying,
    sent,
    wallet,
)


@pytest.fixture
def x(market: Market) -> Iterator[Razorpay]:
    """Return Razorpay with an account that payouts are made from."""
    with paying(market) as gateway:
        yield gateway


@pytest.mark.parametrize("fault", [None, "lost_response", "server_error"])
async def test_razorpayx_pays_once_whatever_gets_lost(market: Market, x: Razorpay, fault: str | None) -> None:
    payout = await asked_for(market)
    if fault:
        await market.till.fault(fault, path="/v1/payouts", times=1)

    for _ in range(2):
        await send_payout(x, market.world.db, {"payout_id": payout["id"]})
    processing = await wallet(market.ravi)
    await market.till.advance(A_WHILE)
    await market.hear(times=2)

    assert (processing, await wallet(market.ravi)) == (LEFT, ARRIVED)
    assert len(await at_razorpayx(market)) == 1
    told = await mine(market)
    assert (told["status"], told["method"]) == ("processed", "razorpayx")
    assert told["reference"]


@pytest.mark.usefixtures("x")
async def test_a_lost_payout_webhook_is_made_good(market: Market) -> None:
    await sent(market)
    await market.till.advance(A_WHILE)

    await market.world.pass_time(seconds=QUARTER)

    assert await wallet(market.ravi) == ARRIVED


@pytest.mark.usefixtures("x")
async def test_what_razorpayx_refuses_is_in_the_wallet_again(market: Market) -> None:
    await asked_for(market)
    await market.till.quirk(largest_amount=400_000)

    await market.world.do_jobs()

    assert await wallet(market.ravi) == READY
    refused = await mine(market)
    assert (refused["status"], refused["reason"]) == ("failed", "Amount exceeds maximum amount allowed.")


async def test_an_hour_without_razorpayx_holds_a_payout_up_and_pays_it_once(
    market: Market, x: Razorpay
) -> None:
    payout = await asked_for(market)
    await market.till.fault("bad_gateway", path="/v1/.*", times=1000)
    with pytest.raises(Upstream):
        await send_payout(x, market.world.db, {"payout_id": payout["id"]})
    for _ in range(3):
        await a_round_later(market)
    meanwhile = await wallet(market.ravi)

    await market.till.heal()
    x.breaker.went_well()
    await a_round_later(market)
    await market.till.advance(A_WHILE)
    await market.hear()

    assert meanwhile == LEFT
    assert await wallet(market.ravi) == ARRIVED
    assert [made["reference_id"] for made in await at_razorpayx(market)] == [payout["id"]]
    assert await oddities(market) == []


async def a_round_later(market: Market) -> None:
    """Let the reconciler come round, and no job be tried again."""
    market.world.db.clock.advance(QUARTER)
    await reconcile_round(market.world.app.gateway, market.world.db)


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("way", ["processed", "failed", "reversed", "take-over"])
async def test_om_records_nothing_of_what_razorpayx_is_paying(market: Market, way: str) -> None:
    await sent(market)

    refused = await by_hand(market, (await mine(market))["id"], way)
    await market.till.advance(A_WHILE)
    await market.hear()

    assert (refused.status_code, refused.json()["code"]) == (409, "paid_by_razorpayx")
    assert await wallet(market.ravi) == ARRIVED


@pytest.mark.parametrize("way", ["failed", "take-over"])
async def test_while_razorpayx_is_asked_om_cannot_get_between(market: Market, x: Razorpay, way: str) -> None:
    payout = await asked_for(market)
    await market.till.fault("slow", path="/v1/payouts", seconds=2)

    sending = asyncio.create_task(send_payout(x, market.world.db, {"payout_id": payout["id"]}))
    while await market.till.faults():
        pass
    refused = await by_hand(market, payout["id"], way)
    await sending

    assert (refused.status_code, refused.json()["code"]) == (409, "paid_by_razorpayx")
    assert (await mine(market))["status"] == "processing"


@pytest.mark.usefixtures("x")
async def test_a_payout_whose_sender_died_before_asking_is_sent_by_the_reconciler(market: Market) -> None:
    payout = await asked_for(market)
    async with market.world.db.as_system("dies after this") as tx:
        await actions.claim(tx, UUID(payout["id"]), NUMBER)
    refused = await by_hand(market, payout["id"], "take-over")

    await market.world.pass_time(seconds=QUARTER)

    assert refused.status_code == 409
    assert [made["reference_id"] for made in await at_razorpayx(market)] == [payout["id"]]
    assert (await mine(market))["status"] == "processing"


async def pay(market: Market, payout: Json, *, key: str, **otherwise: Any) -> None:
    """Let RazorpayX pay what was asked for, as a process of ours would that died, or had another version."""
    made = market.world.app.settings.gateway()
    auth = (SANDBOX_KEY_ID, SANDBOX_KEY_SECRET)
    async with httpx.AsyncClient(base_url=made.base_url, auth=auth) as client:
        contact = (await client.post("/v1/contacts", json={"name": "Ravi Kumar"})).json()
        account = {"account_type": "vpa", "vpa": {"address": ACCOUNT["vpa"]}, "contact_id": contact["id"]}
        body = {
            "account_number": NUMBER,
            "fund_account_id": (await client.post("/v1/fund_accounts", json=account)).json()["id"],
            "amount": 450_000,
            "currency": "INR",
            "mode": "UPI",
            "purpose": "payout",
            "reference_id": payout["id"],
            **otherwise,
        }
        answer = await client.post("/v1/payouts", json=body, headers={"X-Payout-Idempotency": key})
        assert answer.status_code == 200, answer.text


async def test_the_same_key_in_other_words_is_no_refusal_to_pay(market: Market, x: Razorpay) -> None:
    payout = await asked_for(market)
    await pay(market, payout, key=payout["id"])

    await send_payout(x, market.world.db, {"payout_id": payout["id"]})

    assert await wallet(market.ravi) == LEFT
    assert len(await at_razorpayx(market)) == 1


@pytest.mark.usefixtures("x")
async def test_a_payout_is_asked_about_before_it_is_asked_for_again(market: Market) -> None:
    """RazorpayX does not say for how long it remembers a key."""
    payout = await asked_for(market)
    async with market.world.db.as_system("dies after this") as tx:
        await actions.claim(tx, UUID(payout["id"]), NUMBER)
    await pay(market, payout, key="forgotten since")

    await market.world.pass_time(seconds=QUARTER)

    assert len(await at_razorpayx(market)) == 1
    assert (await mine(market))["status"] == "processing"


async def test_what_was_to_be_paid_by_hand_stays_so_when_razorpayx_is_switched_on(market: Market) -> None:
    payout = await asked_for(market)
    with paying(market) as x:
        asked = await reconcile_payouts(market.world.db, x)
        await send_payout(x, market.world.db, {"payout_id": payout["id"]})
        recorded = await by_hand(market, payout["id"], "processed")

        assert (asked.asked, recorded.status_code) == (0, 200)
        assert await wallet(market.ravi) == ARRIVED
        assert await at_razorpayx(market) == []


async def test_what_razorpayx_was_to_pay_waits_for_an_account_and_om_is_told_once(
    market: Market, x: Razorpay
) -> None:
    await asked_for(market)
    x.account_number = None
    await market.world.do_jobs()
    waiting, told = await wallet(market.ravi), await oddities(market)
    await looked_into(market)
    await a_round_later(market)
    again = await oddities(market)

    x.account_number = NUMBER
    await a_round_later(market)

    assert (waiting, told, again) == (LEFT, ["payout_without_account"], [])
    assert (await mine(market))["status"] == "processing"
    assert len(await at_razorpayx(market)) == 1


async def test_om_takes_over_what_razorpayx_was_never_asked_to_pay(market: Market, x: Razorpay) -> None:
    payout = await asked_for(market)
    x.account_number = None

    early = await by_hand(market, payout["id"], "processed")
    taken = await by_hand(market, payout["id"], "take-over")
    x.account_number = NUMBER
    await market.world.pass_time(seconds=QUARTER)
    paid = await by_hand(market, payout["id"], "processed")

    assert (early.status_code, taken.status_code, paid.status_code) == (409, 200, 200)
    assert taken.json()["payout"]["method"] == "manual"
    assert await wallet(market.ravi) == ARRIVED
    assert await at_razorpayx(market) == []


async def test_a_payout_is_sent_again_from_the_account_it_was_first_sent_from(
    market: Market, x: Razorpay
) -> None:
    payout = await asked_for(market)
    await market.till.fault("server_error", path="/v1/payouts", times=3)
    with pytest.raises(Upstream):
        await send_payout(x, market.world.db, {"payout_id": payout["id"]})

    x.account_number = "9999990000000000"
    await a_round_later(market)

    assert [made["reference_id"] for made in await at_razorpayx(market)] == [payout["id"]]


@pytest.mark.usefixtures("x")
async def test_a_payout_razorpayx_does_not_know_any_more_waits_for_om(market: Market) -> None:
    await sent(market)
    await market.till.reset()

    for _ in range(2):
        await a_round_later(market)

    assert await wallet(market.ravi) == LEFT
    assert await oddities(market) == ["payout_unclear"]
