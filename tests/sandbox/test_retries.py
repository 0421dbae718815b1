"""When a webhook that nobody takes is sent again, and when Razorpay has had enough."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.shop import DAY, START, Client, Shop

PAUSES = [60 * (2**n - 1) for n in range(11)]
"""The moments of all attempts but the last: after 0, 1, 3, 7 ... 1023 minutes."""


async def is_enabled(razorpay: Client) -> bool:
    return (await razorpay.get("/__sandbox/webhook"))["is_enabled"]


async def deliveries(razorpay: Client) -> list[dict[str, Any]]:
    return (await razorpay.get("/__sandbox/webhooks"))["items"]


@pytest.mark.parametrize("step", [7 * 60, 3600, DAY, 3 * DAY])
async def test_a_refused_webhook_is_tried_with_growing_pauses_and_a_last_time_after_a_day(
    razorpay: Client, shop: Shop, step: int
):
    shop.answer = 500
    await razorpay.pay(await razorpay.order(), "failed")
    for _ in range(2 * DAY // step + 1):
        await razorpay.wait(step)
    assert shop.moments == [*PAUSES, DAY]
    [delivery] = await deliveries(razorpay)
    assert (delivery["status"], delivery["attempts"], delivery["answered"]) == ("failed", 12, "500")
    assert not await is_enabled(razorpay)


async def test_the_webhook_is_disabled_by_the_last_attempt_and_not_before(razorpay: Client, shop: Shop):
    shop.answer = 500
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.wait(DAY)
    assert await is_enabled(razorpay)
    assert await razorpay.deliver() == 1
    assert not await is_enabled(razorpay)
    assert shop.moments[-1] == DAY


async def test_a_shop_that_recovers_gets_what_it_missed(razorpay: Client, shop: Shop):
    shop.answer = 503
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.wait(8 * 60)
    shop.answer = 200
    await razorpay.wait(3 * DAY)
    assert shop.moments == PAUSES[:5]
    [delivery] = await deliveries(razorpay)
    assert (delivery["status"], delivery["attempts"], delivery["answered"]) == ("delivered", 5, "200")
    assert await is_enabled(razorpay)


async def test_what_happens_on_the_way_is_told_at_its_moment(razorpay: Client, shop: Shop):
    await razorpay.pay(await razorpay.order(), "late")
    await razorpay.wait(3600)
    assert sorted(zip(shop.moments, shop.events, strict=True)) == [
        (600, "payment.failed"),
        (1200, "order.paid"),
        (1200, "payment.authorized"),
        (1200, "payment.captured"),
    ]
    assert json.loads(shop.taken[0].content)["created_at"] == START + 600


async def test_a_disabled_webhook_sends_nothing_not_even_what_waits(razorpay: Client, shop: Shop):
    shop.answer = 500
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.wait(DAY - 3600)
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.wait(5 * DAY)
    assert not await is_enabled(razorpay)
    assert shop.moments[-1] == DAY
    assert await razorpay.deliver() == 0
    await razorpay.paid()
    assert [delivery["status"] for delivery in await deliveries(razorpay)] == ["failed", "waiting"]


@pytest.mark.parametrize("before", [{"is_held": True}, {"is_enabled": False}])
async def test_what_waited_for_days_is_no_reason_to_disable_the_webhook_again(
    razorpay: Client, shop: Shop, before: dict[str, bool]
):
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.put("/__sandbox/webhook", before)
    await razorpay.wait(2 * DAY)
    shop.answer = 500
    await razorpay.put("/__sandbox/webhook", {"is_held": False, "is_enabled": True})
    await razorpay.wait(2 * DAY)
    assert shop.moments == [2 * DAY + pause for pause in (*PAUSES, DAY)]
    assert await is_enabled(razorpay)


@pytest.mark.parametrize(
    ("way", "body", "after"), [("replay", {}, 0), ("duplicate", {}, 0), ("delay", {"seconds": 600}, 600)]
)
async def test_an_old_event_sent_again_by_hand_is_tried_for_a_day_and_disables_nothing(
    razorpay: Client, shop: Shop, way: str, body: dict[str, int], after: int
):
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.wait(2 * DAY)
    shop.answer = 500
    await razorpay.post(f"/__sandbox/webhooks/1/{way}", body)
    await razorpay.wait(3 * DAY)
    assert (shop.moments[0], shop.moments[1], shop.moments[-1]) == (0, 2 * DAY + after, 3 * DAY + after)
    assert (await deliveries(razorpay))[-1]["status"] == "failed"
    assert await is_enabled(razorpay)
