"""What RazorpayX tells of payouts: heard in any order, believed where it fits, set aside for Om where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from stoory.payouts import jobs
from stoory.platform.razorpay import Razorpay
from tests.house.source import statements
from tests.money import Json, Market, balances
from tests.payouts import (
    A_WHILE,
    ARRIVED,
    LEFT,
    QUARTER,
    READY,
    asked_for,
    by_hand,
    mine,
    oddities,
    paying,
    sent,
    tell,
    wallet,
)


@pytest.fixture
def x(market: Market) -> Iterator[Razorpay]:
    """Return Razorpay with an account that payouts are made from."""
    with paying(market) as gateway:
        yield gateway


@pytest.mark.usefixtures("x")
async def test_what_razorpayx_returns_days_later_is_in_the_wallet_again(market: Market) -> None:
    made = await sent(market)
    await market.till.advance(A_WHILE)
    await market.hear()

    await market.till.move_payout(made["id"], "reversed")
    await market.hear(times=3)

    assert await wallet(market.ravi) == READY
    assert (await balances(market.om)).get("payouts") is None


@pytest.mark.usefixtures("x")
async def test_a_return_heard_of_before_the_arrival_is_in_the_wallet_once(market: Market) -> None:
    made = await sent(market)
    await market.till.advance(A_WHILE)
    await market.till.move_payout(made["id"], "reversed")

    await market.hear(times=2, is_reversed=True)

    assert await wallet(market.ravi) == READY
    assert ((await mine(market))["status"], await oddities(market)) == ("reversed", [])


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize("status", ["failed", "rejected", "reversed"])
async def test_what_razorpayx_has_not_paid_is_in_the_wallet_again(market: Market, status: str) -> None:
    made = await sent(market)

    for _ in range(2):
        await tell(market, status, made)

    assert await wallet(market.ravi) == READY
    assert await oddities(market) == []


@pytest.mark.usefixtures("x")
async def test_a_payout_cancelled_at_razorpayx_is_in_the_wallet_again(market: Market) -> None:
    await market.till.quirk(x_balance=0)
    made = await sent(market)
    queued = await wallet(market.ravi)
    await market.till.move_payout(made["id"], "cancelled")

    await market.world.pass_time(seconds=QUARTER)

    assert (made["status"], queued) == ("queued", LEFT)
    assert await wallet(market.ravi) == READY


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    ("start", "ways", "after"),
    [
        ("pending", ["rejected"], READY),
        ("pending", ["processing", "processed"], ARRIVED),
        ("scheduled", ["cancelled"], READY),
        ("scheduled", ["processing", "reversed"], READY),
        ("processing", ["failed", "reversed"], READY),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
async def test_whatever_way_a_payout_takes_at_razorpayx_the_wallet_says_where_the_money_is(
    *, market: Market, start: str, ways: list[str], after: dict[str, float], is_reversed: bool
) -> None:
    await market.till.quirk(payout_starts=start)
    made = await sent(market)
    waiting = await wallet(market.ravi)
    for way in ways:
        await market.till.move_payout(made["id"], way)

    await market.hear(times=2, is_reversed=is_reversed)
    await market.world.pass_time(seconds=QUARTER)

    assert (waiting, await wallet(market.ravi)) == (LEFT, after)
    assert await oddities(market) == []


@pytest.mark.usefixtures("x")
async def test_a_failed_payout_that_is_returned_is_in_the_wallet_once(market: Market) -> None:
    made = await sent(market)

    for status in ("failed", "reversed"):
        await tell(market, status, made)

    assert await wallet(market.ravi) == READY
    assert await oddities(market) == []


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(
    "otherwise",
    [
        {"amount": 100},
        {"currency": "USD"},
        {"reference_id": "00000000-0000-4000-8000-000000000000"},
        {"id": "pout_AnotherPayout0"},
        {"status": "a word nobody knows"},
    ],
)
async def test_what_is_not_the_payout_we_asked_for_changes_nothing_and_waits_for_om(
    market: Market, otherwise: Json
) -> None:
    made = await sent(market)

    for _ in range(2):
        await tell(market, "processed", made, **otherwise)

    assert await wallet(market.ravi) == LEFT
    assert await oddities(market) == ["payout_mismatch"]


@pytest.mark.usefixtures("x")
@pytest.mark.parametrize(("known", "told"), [("failed", "processed"), ("processed", "failed")])
async def test_what_contradicts_what_was_told_changes_nothing_and_waits_for_om(
    market: Market, known: str, told: str
) -> None:
    made = await sent(market)
    await tell(market, known, made)
    before = await wallet(market.ravi)

    await tell(market, told, made)

    assert await wallet(market.ravi) == before
    assert await oddities(market) == ["payout_contradiction"]
    async with market.world.db.as_system("a test looks", readonly=True) as tx:
        assert await tx.value(int, "select count(*) from notifications where kind = 'quarantined'") == 1


@pytest.mark.usefixtures("x")
async def test_what_razorpayx_refused_and_is_making_all_the_same_waits_for_om(market: Market) -> None:
    payout = await asked_for(market)
    await market.till.quirk(largest_amount=400_000)
    await market.world.do_jobs()

    entity = {"id": "pout_Unexpected0000", "amount": 450_000, "currency": "INR"}
    await tell(market, "processing", {**entity, "reference_id": payout["id"]})

    assert await wallet(market.ravi) == READY
    assert await oddities(market) == ["payout_contradiction"]


@pytest.mark.parametrize("told", ["processing", "processed", "failed", "reversed"])
async def test_what_razorpayx_tells_of_a_payout_paid_by_hand_waits_for_om(market: Market, told: str) -> None:
    payout = await asked_for(market)
    await by_hand(market, payout["id"], "processed")

    entity = {"id": "pout_Unexpected0000", "amount": 450_000, "currency": "INR"}
    await tell(market, told, {**entity, "reference_id": payout["id"]})

    assert await wallet(market.ravi) == ARRIVED
    assert await oddities(market) == ["payout_contradiction"]


@pytest.mark.parametrize(
    ("event", "entities"),
    [
        ("payout.downtime.started", {"payout.downtime": {"id": "down_1"}}),
        ("payout.downtime.resolved", {"payout": {"id": "down_1", "status": "resolved"}}),
        ("payout.processed", {}),
        ("payout.processed", {"payout": None}),
        ("payout.processed", {"payout": ["pout_1"]}),
    ],
)
async def test_an_event_about_no_payout_is_ignored(market: Market, event: str, entities: Json) -> None:
    await market.send(market.till.event(event, **entities))

    async with market.world.db.as_system("a test looks", readonly=True) as tx:
        outcome = await tx.value(str, "select coalesce(outcome, 'waits') from webhook_events")
    assert outcome == jobs.IGNORED


async def test_a_payout_somebody_else_makes_from_our_account_is_none_of_ours(market: Market) -> None:
    salary = {"id": "pout_Salary00000000", "amount": 450_000, "currency": "INR", "reference_id": "Salary May"}

    await tell(market, "processed", salary)

    assert await oddities(market) == []


async def test_the_payout_something_is_told_of_is_found_by_its_keys(market: Market) -> None:
    [sql] = [each.sql for each in statements() if "where razorpay_payout_id = $1" in each.sql]

    async with market.world.db.as_system("a test looks", readonly=True) as tx:
        await tx.run("set local enable_seqscan = off")
        rows = await tx.connection.fetch(f"explain {sql}", "pout_1", UUID(int=1))

    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    assert "razorpay_payout_id)::text = " in plan, plan
    assert "Index Cond: (id = " in plan, plan
