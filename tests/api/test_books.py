"""Razorpay's books are held against ours: what nobody told us of is found, and what cannot be explained is told."""

from __future__ import annotations

from typing import Any

import pytest

from stoory.payments.jobs.books import compare_books
from stoory.platform.lookups import Tally
from tests.money import Market, funded, pressed, state_of

Json = dict[str, Any]


async def compared(market: Market) -> Tally:
    return await compare_books(market.world.db, market.world.app.till)


async def set_aside(market: Market) -> list[Json]:
    told = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    return [each for each in told if each["kind"] == "books_differ"]


async def test_books_that_agree_are_no_news(market: Market) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    await market.till.quirk(refund_seconds=None)
    await pressed(market.om, request, "refund", {"amount": 100, "reason": "So"})
    await market.world.do_jobs()

    assert await compared(market) == Tally(asked=1, failed=0)
    assert await set_aside(market) == []


async def test_a_payment_nobody_told_of_is_taken_in(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])
    await market.till.take()

    assert await compared(market) == Tally(asked=1, failed=0)
    assert await state_of(market.asha, request) == "in_progress"


async def test_a_razorpay_that_does_not_answer_is_nothing_learned(market: Market) -> None:
    await market.till.fault("server_error", path="/v1/payments", times=9)

    assert await compared(market) == Tally(asked=0, failed=1)


async def test_what_was_given_back_behind_our_back_is_told_once(market: Market) -> None:
    await funded(market.asha, market.ravi, market.till)
    await market.hear()
    [payment] = await market.till.everything("payments")
    await market.till.refund(payment["id"], 100_000)
    await market.till.take()

    assert [(await compared(market)).failed for _ in range(2)] == [1, 0]
    [oddity] = await set_aside(market)
    assert (oddity["subject"], oddity["details"]["given_back"]) == (payment["id"], 1000)


@pytest.mark.breaks_invariants
async def test_what_we_have_and_razorpay_has_not_is_told(market: Market) -> None:
    await funded(market.asha, market.ravi, market.till)
    async with market.world.db.as_system("a test makes money up") as tx:
        await tx.run("update payments set razorpay_payment_id = 'pay_00000000000000'")

    first, again = await compared(market), await compared(market)

    assert (first.failed, again.failed) == (1, 0)
    [oddity] = await set_aside(market)
    assert oddity["subject"] == "pay_00000000000000"
