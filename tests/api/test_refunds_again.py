"""Refunds that fail, or are told of late: money leaves once, is owed until it has left, and nobody is pressed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from stoory.errors import Upstream
from stoory.payments.actions.refunds import apply_refund, try_again_what_is_due
from stoory.payments.jobs.refunds import send_refund
from stoory.payments.queries.refunds import Found
from stoory.payments.rules import Source
from stoory.platform import razorpay
from tests.money import Market, balances, books_agree, submitted
from tests.till import Delivery

Json = dict[str, Any]


async def promised(market: Market, **body: Any) -> tuple[Json, Json]:
    """Let Om give back 1,500 of a deal, all else heard; return the order and the refund that is to be sent."""
    _, order = await submitted(market.asha, market.ravi, market.till)
    await market.hear()
    path = f"/api/payments/orders/{order['id']}/refund"
    answer = await market.om.post(path, json={"amount": 1500, "reason": "One video less", **body})
    return order, answer.json()["refund"]


async def refund_of(market: Market, order: Json) -> Json:
    """Return the refund of an order, as it stands."""
    [refund] = (await market.order(order))["refunds"]
    return refund


async def at_razorpay(market: Market) -> list[Json]:
    """Return every refund Razorpay was asked for, the first one first."""
    return list(reversed(await market.till.everything("refunds")))


async def arrives(market: Market, delivery: Delivery) -> None:
    """Let a webhook that was taken away arrive after all, and be applied."""
    await market.nobody.post("/api/payments/webhook", content=delivery.body, headers=delivery.headers)
    await market.world.apply_webhooks()


async def quarantined(market: Market) -> list[tuple[str, str]]:
    """Return what waits for Om."""
    told = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    return [(each["kind"], each["subject"]) for each in told]


async def test_what_is_told_late_of_a_failed_attempt_does_not_send_the_money_twice(market: Market) -> None:
    await market.till.quirk(refund_seconds=None)
    order, promise = await promised(market)
    await market.world.do_jobs()
    [late] = await market.till.take()
    await market.till.fail_refund((await refund_of(market, order))["razorpay_refund_id"])
    await market.hear()
    market.world.db.clock.advance(360)
    async with market.world.db.as_system("the second try") as tx:
        await try_again_what_is_due(tx)
    await market.till.fault("lost_response", path=".*/refund", times=3)
    with pytest.raises(Upstream):
        await send_refund(market.world.app.till, market.world.db, {"refund_id": promise["id"]})

    await arrives(market, late)
    market.world.app.gateway.breaker.went_well()
    await market.world.pass_time(minutes=16)

    first, second = await at_razorpay(market)
    assert (first["status"], second["status"]) == ("failed", "pending")
    assert (await refund_of(market, order))["razorpay_refund_id"] == second["id"]
    await market.till.settle_refund(second["id"])
    await market.hear(is_reversed=True)
    assert (await refund_of(market, order))["status"] == "processed"
    await books_agree(market.om, market.till)


async def test_a_failure_heard_before_the_making_is_followed_by_another_try(market: Market) -> None:
    await market.till.quirk(refund_seconds=None)
    order, _ = await promised(market)
    await market.world.do_jobs()
    await market.till.fail_refund((await refund_of(market, order))["razorpay_refund_id"])

    await market.hear(times=2, is_reversed=True)
    await market.world.pass_time(minutes=6)

    first, second = await at_razorpay(market)
    known = await refund_of(market, order)
    assert (first["status"], known["razorpay_refund_id"]) == ("failed", second["id"])
    assert (known["status"], known["attempts"]) == ("processing", 1)


async def test_a_failure_is_heard_before_the_answer_that_was_lost(market: Market) -> None:
    await market.till.quirk(refund_seconds=None)
    order, promise = await promised(market)
    await market.till.fault("lost_response", path=".*/refund", times=3)
    with pytest.raises(Upstream):
        await send_refund(market.world.app.till, market.world.db, {"refund_id": promise["id"]})
    [made] = await at_razorpay(market)
    await market.till.fail_refund(made["id"])

    await market.hear(is_reversed=True)

    known = await refund_of(market, order)
    assert (known["status"], known["attempts"]) == ("requested", 1)


async def test_an_answer_that_is_older_than_the_failure_does_not_count(market: Market) -> None:
    await market.till.quirk(refund_seconds=None)
    order, _ = await promised(market)
    await market.world.do_jobs()
    made, till = await refund_of(market, order), market.world.app.till
    answer = await till.gateway.refund_with_id(made["razorpay_refund_id"])
    await market.till.fail_refund(answer.id)
    await market.hear()

    async with market.world.db.as_system("an answer that was slow") as tx:
        found = Found(UUID(made["id"]), UUID(order["id"]))
        await apply_refund(tx, till, found, structs.replace(answer, status="processed"), Source.PROCESS)

    assert (await refund_of(market, order))["status"] == "requested"


async def test_an_answer_without_a_receipt_answers_what_was_asked(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = market.world.app.till.gateway
    ask = gateway.refund

    async def answered(*args: Any, **kwargs: Any) -> razorpay.Refund:
        return structs.replace(await ask(*args, **kwargs), receipt=None)

    monkeypatch.setattr(gateway, "refund", answered)
    order, _ = await promised(market)
    await market.world.do_jobs()

    assert (await refund_of(market, order))["status"] == "processed"


@pytest.mark.parametrize("body", [{}, {"amount": 5000}])
async def test_what_fails_after_an_answer_that_it_is_processed_is_owed_again(
    market: Market, body: Json
) -> None:
    order, _ = await promised(market, **body)
    await market.world.do_jobs()
    [made] = await at_razorpay(market)
    before = await market.order(order)

    await market.send(market.till.event("refund.failed", refund={**made, "status": "failed"}))

    after, known = await market.order(order), await refund_of(market, order)
    assert before["refunds"][0]["status"] == "processed"
    assert (known["status"], known["attempts"], known["processed_at"]) == ("requested", 1, None)
    assert (after["order"]["status"], after["payments"][0]["status"]) == ("paid", "captured")
    assert (await balances(market.om))["refunds_due"] == -known["amount"]


async def test_what_came_back_leaves_once_more(market: Market) -> None:
    order, _ = await promised(market)
    await market.world.do_jobs()
    [made] = await at_razorpay(market)
    failed = market.till.event("refund.failed", refund={**made, "status": "failed"})

    await market.send(failed)
    await market.world.pass_time(minutes=6)
    await market.hear()
    await market.send(failed + b" ")

    known = await refund_of(market, order)
    assert (known["status"], known["attempts"]) == ("processed", 1)
    kept = await balances(market.om)
    assert "refunds_due" not in kept
    assert kept["gateway"] == 5000 - 1500 - 118


async def test_money_that_left_twice_is_told_to_an_operator(market: Market) -> None:
    order, _ = await promised(market)
    await market.world.do_jobs()
    [made] = await at_razorpay(market)

    await market.send(market.till.event("refund.processed", refund={**made, "id": "rfnd_AAAAAAAAAAAAAA"}))

    assert await quarantined(market) == [("refund_twice", "rfnd_AAAAAAAAAAAAAA")]
    assert (await refund_of(market, order))["razorpay_refund_id"] == made["id"]


@pytest.mark.parametrize(
    "changes", [{"amount": 100}, {"currency": "USD"}, {"payment_id": "pay_AAAAAAAAAAAAAA"}]
)
async def test_a_refund_that_is_not_what_was_asked_for_changes_nothing(market: Market, changes: Json) -> None:
    await market.till.quirk(refund_seconds=None)
    order, _ = await promised(market)
    await market.world.do_jobs()
    [made] = await at_razorpay(market)
    told = {**made, "status": "processed", **changes}

    await market.send(market.till.event("refund.processed", refund=told))

    assert await quarantined(market) == [("refund_mismatch", made["id"])]
    assert (await refund_of(market, order))["status"] == "processing"
    assert (await balances(market.om))["refunds_due"] == -1500


@pytest.mark.parametrize("changes", [{"currency": None}, {"notes": {"refund_id": "nonsense"}}, {"notes": []}])
async def test_a_refund_is_known_by_its_receipt_alone(market: Market, changes: Json) -> None:
    await market.till.quirk(refund_seconds=None)
    order, promise = await promised(market)
    await market.till.fault("lost_response", path=".*/refund", times=3)
    with pytest.raises(Upstream):
        await send_refund(market.world.app.till, market.world.db, {"refund_id": promise["id"]})
    [made] = await at_razorpay(market)
    told = {**made, "status": "processed", **changes}

    await market.send(market.till.event("refund.processed", refund=told))

    assert (await refund_of(market, order))["status"] == "processed"


async def test_a_refund_that_failed_is_asked_for_again_after_minutes_and_then_hours(market: Market) -> None:
    await market.till.quirk(refund_seconds=None)
    order, promise = await promised(market)
    await market.world.do_jobs()
    tries = [len(await at_razorpay(market))]

    for too_early in (4, 59, 359):
        await market.till.fail_refund((await refund_of(market, order))["razorpay_refund_id"])
        await market.hear()
        for minutes in (too_early, 1):
            await market.world.pass_time(minutes=minutes)
            await market.world.reconcile()
            await send_refund(market.world.app.till, market.world.db, {"refund_id": promise["id"]})
            tries.append(len(await at_razorpay(market)))

    assert tries == [1, 1, 2, 2, 3, 3, 4]


async def test_om_cannot_send_what_has_left_after_all(market: Market) -> None:
    await market.till.quirk(refund_seconds=None)
    order, _ = await promised(market)
    for _ in range(4):
        await market.world.pass_time(hours=7)
        await market.till.fail_refund((await refund_of(market, order))["razorpay_refund_id"])
        await market.hear()
    *_, last = await at_razorpay(market)
    [waiting] = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]

    await market.send(market.till.event("refund.processed", refund={**last, "status": "processed"}))
    again = await market.om.post(f"/api/admin/quarantine/{waiting['id']}/retry")

    assert waiting["kind"] == "refund_failed"
    assert (again.status_code, again.json()["code"]) == (409, "not_retryable")
    assert (await refund_of(market, order))["status"] == "processed"
