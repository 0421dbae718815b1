"""What the shop hears of Razorpay: signed, at least once, in no certain order, and not for ever."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.sandbox.shop import DAY, SECRET, START, Client, Shop


async def test_a_captured_payment_tells_three_events(razorpay: Client, shop: Shop):
    payment = await razorpay.paid()
    assert await razorpay.deliver() == 3
    assert sorted(shop.events) == ["order.paid", "payment.authorized", "payment.captured"]
    body = next(json.loads(told.content) for told in shop.taken if b"order.paid" in told.content)
    assert (body["entity"], body["contains"], body["created_at"]) == ("event", ["payment", "order"], START)
    assert body["account_id"].startswith("acc_")
    assert body["payload"]["payment"]["entity"] == payment
    assert body["payload"]["order"]["entity"]["status"] == "paid"


async def test_an_entity_is_shown_as_it_was_at_the_event(razorpay: Client, shop: Shop):
    await razorpay.paid()
    await razorpay.deliver()
    entity = shop.last("payment.authorized")["payment"]["entity"]
    assert (entity["status"], entity["fee"]) == ("authorized", None)


async def test_a_webhook_is_signed_over_its_raw_bytes(razorpay: Client, shop: Shop):
    await razorpay.pay(await razorpay.order(notes={"brand": "Asha/Rao ₹"}), "failed")
    await razorpay.deliver()
    [told] = shop.taken
    signature = hmac.new(SECRET.encode(), told.content, hashlib.sha256).hexdigest()
    assert told.headers["x-razorpay-signature"] == signature
    assert rb"Asha\/Rao \u20b9" in told.content
    assert json.dumps(json.loads(told.content), separators=(",", ":")).encode() != told.content


async def test_every_event_has_an_id_that_retries_keep(razorpay: Client, shop: Shop):
    shop.answer = 500
    await razorpay.pay(await razorpay.order(), "authorized")
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.deliver()
    await razorpay.wait(60)
    await razorpay.deliver()
    ids = [told.headers["x-razorpay-event-id"] for told in shop.taken]
    assert len(ids) == 4
    assert sorted(ids[:2]) == sorted(ids[2:])
    assert len({*ids}) == 2


@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        ("authorized", ["payment.authorized"]),
        ("failed", ["payment.failed"]),
        ("late", []),
    ],
)
async def test_each_outcome_tells_its_events(razorpay: Client, shop: Shop, outcome: str, events: list[str]):
    await razorpay.pay(await razorpay.order(), outcome)
    await razorpay.deliver()
    assert shop.events == events


async def test_a_refund_tells_its_beginning_and_its_end(razorpay: Client, shop: Shop):
    await razorpay.quirk(refund_seconds=None)
    payment = await razorpay.paid()
    refund = await razorpay.post(f"/v1/payments/{payment['id']}/refund", {"speed": "optimum"})
    await razorpay.post(f"/__sandbox/refunds/{refund['id']}/settle", {"speed": "normal"})
    await razorpay.deliver()
    assert sorted(shop.events[-3:]) == ["refund.created", "refund.processed", "refund.speed_changed"]
    told = shop.last("refund.processed")
    assert (told["refund"]["entity"]["status"], told["payment"]["entity"]["id"]) == (
        "processed",
        payment["id"],
    )


async def test_money_that_was_only_authorized_comes_back_recognisably(razorpay: Client, shop: Shop):
    order = await razorpay.order()
    await razorpay.pay(order)
    await razorpay.pay(order)
    await razorpay.deliver()
    assert shop.last("refund.processed")["payment"]["entity"]["captured"] is False


async def test_a_shop_that_is_not_there_is_a_failure(razorpay: Client, shop: Shop):
    shop.is_open = False
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.deliver()
    [delivery] = (await razorpay.get("/__sandbox/webhooks"))["items"]
    assert (delivery["status"], delivery["answered"]) == ("waiting", "ConnectError")


async def test_events_on_their_way_keep_the_old_secret(razorpay: Client):
    await razorpay.pay(await razorpay.order(), "failed")
    await razorpay.put("/__sandbox/webhook", {"secret": "new"})
    await razorpay.pay(await razorpay.order(), "failed")
    waiting = (await razorpay.get("/__sandbox/webhooks"))["items"]
    for delivery, secret in zip(waiting, (SECRET, "new"), strict=True):
        signature = hmac.new(secret.encode(), delivery["body"].encode(), hashlib.sha256).hexdigest()
        assert delivery["signature"] == signature


async def test_only_the_events_asked_for_are_told(razorpay: Client, shop: Shop):
    await razorpay.put("/__sandbox/webhook", {"events": ["order.paid"]})
    await razorpay.paid()
    await razorpay.deliver()
    assert shop.events == ["order.paid"]


async def test_held_webhooks_wait_and_are_reordered(razorpay: Client, shop: Shop):
    await razorpay.put("/__sandbox/webhook", {"is_held": True})
    await razorpay.paid()
    assert await razorpay.deliver() == 0
    waiting = [told["id"] for told in (await razorpay.get("/__sandbox/webhooks", status="waiting"))["items"]]
    assert (await razorpay.post("/__sandbox/webhooks/reorder", {"order": "reverse"}))["ids"] == waiting[::-1]
    await razorpay.put("/__sandbox/webhook", {"is_held": False})
    await razorpay.deliver()
    assert shop.events == ["order.paid", "payment.captured", "payment.authorized"]


@pytest.mark.parametrize("body", [{"ids": [3]}, {"order": "shuffle", "seed": 2}])
async def test_an_order_of_arrival_can_be_chosen(razorpay: Client, body: dict[str, Any]):
    await razorpay.paid()
    ids = (await razorpay.post("/__sandbox/webhooks/reorder", body))["ids"]
    assert sorted(ids) == [1, 2, 3]
    assert ids != [1, 2, 3]


async def failed_payment(razorpay: Client) -> str:
    """Return the address of the one delivery of a failed payment."""
    await razorpay.pay(await razorpay.order(), "failed")
    [delivery] = (await razorpay.get("/__sandbox/webhooks", event="payment.failed"))["items"]
    return f"/__sandbox/webhooks/{delivery['id']}"


async def test_a_webhook_is_replayed(razorpay: Client, shop: Shop):
    delivery = await failed_payment(razorpay)
    await razorpay.deliver()
    await razorpay.post(f"{delivery}/replay")
    await razorpay.deliver()
    first, second = shop.taken
    assert (first.content, first.headers) == (second.content, second.headers)


async def test_a_webhook_is_doubled(razorpay: Client, shop: Shop):
    delivery = await failed_payment(razorpay)
    assert (await razorpay.post(f"{delivery}/duplicate", {"times": 2}))["count"] == 2
    await razorpay.deliver()
    assert len({told.headers["x-razorpay-event-id"] for told in shop.taken}) == 1
    assert len(shop.taken) == 3


async def test_a_webhook_is_late(razorpay: Client, shop: Shop):
    await razorpay.post(f"{await failed_payment(razorpay)}/delay", {"seconds": 600})
    assert await razorpay.deliver() == 0
    await razorpay.wait(600)
    await razorpay.deliver()
    assert shop.events == ["payment.failed"]


async def test_a_webhook_is_lost(razorpay: Client, shop: Shop):
    await razorpay.post(f"{await failed_payment(razorpay)}/drop")
    await razorpay.wait(2 * DAY)
    await razorpay.deliver()
    assert shop.taken == []


async def test_a_webhook_is_tampered_with_and_its_signature_no_longer_fits(razorpay: Client, shop: Shop):
    await razorpay.post(f"{await failed_payment(razorpay)}/tamper")
    await razorpay.deliver()
    [told] = shop.taken
    assert shop.last("payment.failed")["payment"]["entity"]["amount"] == 5_000_000
    signature = hmac.new(SECRET.encode(), told.content, hashlib.sha256).hexdigest()
    assert told.headers["x-razorpay-signature"] != signature


async def test_a_delivery_that_is_not_there_is_told(razorpay: Client):
    assert await razorpay.refusal("/__sandbox/webhooks/7/replay", status=404) == "There is no such delivery."


async def test_a_misspelt_control_is_told(razorpay: Client):
    assert "nothing at /__sandbox/clok" in await razorpay.refusal("/__sandbox/clok", status=404)
