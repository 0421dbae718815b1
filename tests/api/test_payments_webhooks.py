"""Webhooks: stored before they are acknowledged, applied once whatever arrives twice, late or out of order."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from tests.money import Market, balances, funded, pressed, state_of

WEBHOOK: Final = "/api/payments/webhook"


def payment(order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a payment of an order as a webhook tells of it."""
    return {
        "id": "pay_ZZZZZZZZZZZZZZ",
        "order_id": order["razorpay_order_id"],
        "amount": order["amount_paise"],
        "currency": "INR",
        "status": "captured",
        "captured": True,
        "method": "upi",
        "created_at": 1,
        **changes,
    }


async def test_a_webhook_alone_funds_the_deal(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])

    await market.hear()

    assert await state_of(market.asha, request) == "in_progress"


@pytest.mark.parametrize("is_reversed", [False, True])
async def test_arriving_three_times_and_in_any_order_it_is_one_capture(
    market: Market, *, is_reversed: bool
) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"], outcome="failed")
    await market.till.pay(order["razorpay_order_id"])

    await market.hear(times=3, is_reversed=is_reversed)

    assert await state_of(market.asha, request) == "in_progress"
    assert (await balances(market.om))[f"escrow:{request['id']}"] == -5000


async def test_verify_webhook_and_reconciler_at_once_are_one_capture(market: Market) -> None:
    request, order = await market.ordered()
    fields = await market.till.pay(order["razorpay_order_id"])
    await market.till.deliver(market.nobody)

    verified, *_ = await asyncio.gather(
        market.asha.post("/api/payments/verify-payment", json=fields),
        market.asha.post("/api/payments/verify-payment", json=fields),
        market.world.apply_webhooks(),
        market.world.reconcile(),
    )

    assert verified.status_code == 200
    assert (await balances(market.om))[f"escrow:{request['id']}"] == -5000


async def test_a_lost_webhook_is_made_good_by_the_reconciler(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])

    await market.world.pass_time(minutes=16)

    assert await state_of(market.asha, request) == "in_progress"


async def test_money_for_a_withdrawn_deal_goes_back_by_itself(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])
    await pressed(market.ravi, request, "withdraw_proposal")

    await market.hear()
    await market.world.do_jobs()

    assert await state_of(market.asha, request) == "withdrawn"
    shown = await market.order(order)
    assert shown["order"]["status"] == "refunded"
    [refund] = shown["refunds"]
    assert (refund["cause"], refund["amount"], refund["status"]) == ("surplus", 5000, "processed")
    assert await balances(market.om) == {"gateway": -118, "fees": 118}


async def test_late_money_of_an_expired_deal_is_found_by_the_reconciler_and_goes_back(market: Market) -> None:
    request, order = await market.ordered()
    await market.world.pass_time(days=4)
    await market.till.pay(order["razorpay_order_id"])

    await market.world.pass_time(minutes=16)

    assert await state_of(market.asha, request) == "expired"
    assert (await market.order(order))["order"]["status"] == "refunded"


async def test_a_second_payment_of_a_funded_deal_goes_back(market: Market) -> None:
    await market.till.quirk(duplicates="capture")
    request, order = await funded(market.asha, market.ravi, market.till)
    await market.till.pay(order["razorpay_order_id"])

    await market.hear()
    await market.world.do_jobs()

    shown = await market.order(order)
    assert await state_of(market.asha, request) == "in_progress"
    assert shown["order"]["status"] == "paid"
    assert sorted(each["status"] for each in shown["payments"]) == ["captured", "refunded"]
    assert (await balances(market.om))[f"escrow:{request['id']}"] == -5000


@pytest.mark.parametrize("signature", [None, "0" * 64, "ünsigned", ""])
async def test_an_unsigned_webhook_is_refused_and_not_kept(market: Market, signature: str | None) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])
    delivery = (await market.till.waiting())[0]
    headers = [] if signature is None else [(b"x-razorpay-signature", signature.encode())]

    answer = await market.nobody.post(WEBHOOK, content=delivery.body, headers=headers)
    await market.world.apply_webhooks()

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert await state_of(market.asha, request) == "payment_pending"


async def test_a_changed_webhook_is_refused(market: Market) -> None:
    _, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"])
    delivery = (await market.till.waiting())[0]
    changed = delivery.body.replace(b"500000", b"500001")

    answer = await market.nobody.post(WEBHOOK, content=changed, headers=delivery.headers)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"event":"payment.downtime.started","payload":{}}', "ignored"),
        (b"[]", "unreadable"),
        (b'{"event":7}', "unreadable"),
        (b"no json", "unreadable"),
        (b"{}", "unreadable"),
    ],
)
async def test_a_signed_event_nobody_knows_is_kept_and_does_nothing(
    market: Market, body: bytes, outcome: str
) -> None:
    await market.send(body)

    async with market.world.db.as_system("a test looks", readonly=True) as tx:
        assert await tx.value(str, "select outcome from webhook_events") == outcome


async def test_a_webhook_that_waits_for_razorpay_is_no_operators_business(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"], outcome="authorized")
    await market.till.deliver(market.nobody)
    await market.till.fault("server_error", path="/v1/payments/.*", times=999)
    for _ in range(10):
        market.world.db.clock.advance(301)
        await market.world.apply_webhooks()
    before = await state_of(market.asha, request)

    await market.till.heal()
    market.world.app.gateway.breaker.went_well()
    market.world.db.clock.advance(301)
    await market.world.apply_webhooks()

    assert (await market.om.get("/api/admin/quarantine")).json()["quarantine"] == []
    assert before != "in_progress"
    assert await state_of(market.asha, request) == "in_progress"


async def test_the_same_event_is_kept_once(market: Market) -> None:
    body = b'{"event":"payment.downtime.started","payload":{}}'
    for _ in range(3):
        await market.send(body)

    async with market.world.db.as_system("a test counts", readonly=True) as tx:
        assert await tx.value(int, "select count(*) from webhook_events") == 1


@pytest.mark.parametrize("changes", [{"amount": 100}, {"currency": "USD"}])
async def test_a_payment_that_does_not_fit_is_quarantined_and_operators_are_told(
    market: Market, changes: dict[str, Any]
) -> None:
    request, order = await market.ordered()

    await market.send(market.till.event("payment.captured", payment=payment(order, **changes)))

    assert await state_of(market.asha, request) == "payment_pending"
    [waiting] = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    assert (waiting["kind"], waiting["subject"]) == ("payment_mismatch", "pay_ZZZZZZZZZZZZZZ")
    resolved = await market.om.post(
        f"/api/admin/quarantine/{waiting['id']}/resolve", json={"note": "Looked at"}
    )
    assert resolved.status_code == 200
    assert (await market.om.get("/api/admin/quarantine")).json()["quarantine"] == []


async def test_money_for_an_order_nobody_made_is_quarantined(market: Market) -> None:
    strange = {"razorpay_order_id": "order_AAAAAAAAAAAAAA", "amount_paise": 100}

    await market.send(market.till.event("payment.captured", payment=payment(strange)))

    [waiting] = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    assert waiting["kind"] == "unknown_order"


async def test_a_failed_payment_may_be_captured_after_all(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.pay(order["razorpay_order_id"], outcome="late")
    await market.till.advance(700)
    await market.hear()
    after_timeout = await state_of(market.asha, request)

    await market.till.advance(700)
    await market.hear()

    assert after_timeout == "accepted"
    assert await state_of(market.asha, request) == "in_progress"


async def test_an_old_failure_does_not_undo_a_capture(market: Market) -> None:
    request, order = await funded(market.asha, market.ravi, market.till)
    [paid] = (await market.order(order))["payments"]
    told = payment(order, id=paid["razorpay_payment_id"], status="failed", captured=False)

    await market.send(market.till.event("payment.failed", payment=told))

    assert await state_of(market.asha, request) == "in_progress"
    assert [each["status"] for each in (await market.order(order))["payments"]] == ["captured"]


async def test_a_webhook_that_cannot_be_applied_waits_for_an_operator_who_tries_again(market: Market) -> None:
    await market.nobody.post(
        WEBHOOK,
        content=(body := market.till.event("payment.captured", payment={"id": "pay_ZZZZZZZZZZZZZZ"})),
        headers=market.till.signed(body),
    )
    for _ in range(9):
        await market.world.pass_time(minutes=6)

    [waiting] = (await market.om.get("/api/admin/quarantine")).json()["quarantine"]
    again = await market.om.post(f"/api/admin/quarantine/{waiting['id']}/retry")

    assert waiting["kind"] == "webhook_failed"
    assert again.json()["quarantined"]["resolved_at"] is not None


async def test_two_workers_that_fail_at_the_same_event_count_one_attempt(market: Market) -> None:
    body = market.till.event("payment.captured", payment={"id": "pay_ZZZZZZZZZZZZZZ"})
    await market.nobody.post(WEBHOOK, content=body, headers=market.till.signed(body))

    await asyncio.gather(*(market.world.apply_webhooks() for _ in range(3)))

    async with market.world.db.as_system("a test counts", readonly=True) as tx:
        assert await tx.value(int, "select attempts from webhook_events") == 1


async def test_an_order_razorpay_has_forgotten_is_told_of_and_changes_nothing(market: Market) -> None:
    request, order = await market.ordered()
    await market.till.reset()

    answer = await market.om.post(f"/api/admin/orders/{order['id']}/retry")

    assert (answer.status_code, answer.json()["code"]) == (409, "order_unknown")
    assert await state_of(market.asha, request) == "payment_pending"
