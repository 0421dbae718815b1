"""The process dies between Razorpay's doing and our noting it: of everything there is still one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.faults.hurt import until
from tests.faults.shops import ACCOUNT, Client, Json, Shop, opened
from tests.money import balances, ordered, pressed, state_of
from tests.world import PASSWORD

AMOUNT = 5000
PAISE = 500_000


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    async with opened() as shop:
        yield shop


async def agreed(shop: Shop) -> Json:
    """Let Ravi apply to a new bid of Asha's and Asha accept; return the request."""
    bid = {"title": "Two videos", "min_budget": AMOUNT, "max_budget": AMOUNT}
    posted = (await shop.asha.post("/api/bids", json=bid)).json()["bid"]
    body = {"bid_id": posted["id"], "proposed_amount": AMOUNT}
    request = (await shop.ravi.post("/api/requests", json=body)).json()["request"]
    await pressed(shop.asha, request, "accept_proposal")
    return request


async def paid(shop: Shop) -> Json:
    """Let Asha pay for a new deal; return what she was told: order, payment, request."""
    order = await ordered(shop.asha, await agreed(shop))
    fields = await shop.till.pay(order["razorpay_order_id"])
    verified = await shop.asha.post("/api/payments/verify-payment", json=fields)
    assert verified.status_code == 200, verified.text
    return verified.json()


@asynccontextmanager
async def killed_meanwhile(shop: Shop, path: str) -> AsyncIterator[None]:
    """Kill the process as soon as Razorpay has done what the block makes it ask for, and start it again.

    Razorpay does it at once and keeps the answer back, so that nothing of it can have been noted here.
    """
    await shop.till.fault("slow", path=path, method="POST", seconds=60)
    yield
    await until(lambda: _has_struck(shop))
    shop.kill()
    await shop.till.heal()
    await shop.open()


async def _has_struck(shop: Shop) -> bool:
    return not await shop.till.faults()


async def _dies(asked: Awaitable[httpx.Response]) -> None:
    with suppress(httpx.TransportError):
        answer = await asked
        pytest.fail(f"it was answered {answer.status_code}")


async def test_an_order_razorpay_has_made_is_gone_on_with(shop: Shop) -> None:
    request = await agreed(shop)

    async with killed_meanwhile(shop, "/v1/orders"):
        asked = asyncio.create_task(_dies(shop.asha.post(f"/api/requests/{request['id']}/payment")))
    await asked
    order = await ordered(shop.asha, request)

    made = [each for each in await shop.till.everything("orders") if each["receipt"] == order["receipt"]]
    assert [each["id"] for each in made] == [order["razorpay_order_id"]]
    await shop.run("doctor")


async def test_a_capture_razorpay_has_made_is_taken_in_by_the_reconciler(shop: Shop) -> None:
    await shop.till.hold()
    request = await agreed(shop)
    before = (await balances(shop.om)).get("gateway", 0)
    fields = await shop.till.pay((await ordered(shop.asha, request))["razorpay_order_id"], "authorized")

    async with killed_meanwhile(shop, "/v1/payments/.*/capture"):
        asked = asyncio.create_task(_dies(shop.asha.post("/api/payments/verify-payment", json=fields)))
    await asked
    assert await state_of(shop.asha, request) == "payment_pending"
    await shop.run("reconcile")

    assert await state_of(shop.asha, request) == "in_progress"
    once = (await balances(shop.om))["gateway"]
    assert before < once <= before + AMOUNT
    await shop.till.hold(is_held=False)
    await until(shop.is_at_rest)
    assert (await balances(shop.om))["gateway"] == once
    await shop.run("doctor")


async def test_a_refund_razorpay_has_made_is_not_made_again(shop: Shop) -> None:
    await shop.till.hold()
    told = await paid(shop)

    async with killed_meanwhile(shop, "/v1/payments/.*/refund"):
        body = {"amount": 1000, "reason": "So agreed"}
        assert (
            await shop.om.post(f"/api/payments/orders/{told['order']['id']}/refund", json=body)
        ).is_success
    await until(shop.is_at_rest)

    payment_id = told["payment"]["razorpay_payment_id"]
    made = [each for each in await shop.till.everything("refunds") if each["payment_id"] == payment_id]
    assert [(each["amount"], each["status"]) for each in made] == [(100_000, "processed")]
    await shop.till.hold(is_held=False)
    await shop.run("doctor")


async def test_a_payout_razorpayx_has_made_is_not_made_again(shop: Shop) -> None:
    request = (await paid(shop))["request"]
    await pressed(shop.asha, request, "approve_work")
    account = {"type": "vpa", "name": "Ravi Kumar", "vpa": "ravi@okaxis", "password": PASSWORD}
    assert (await shop.ravi.post("/api/wallet/payout-account", json=account)).is_success

    async with killed_meanwhile(shop, "/v1/payouts"):
        asked = await shop.ravi.post("/api/wallet/payouts", json={"amount": 4500})
    await until(shop.is_at_rest)

    made = [each["status"] for each in await payouts(shop.ravi) if each["id"] == asked.json()["payout"]["id"]]
    assert made == ["processed"]
    told = await shop.till.everything("payouts", account_number=ACCOUNT)
    assert [(each["amount"], each["status"]) for each in told] == [(450_000, "processed")]
    await shop.run("doctor")


async def payouts(client: Client) -> list[dict[str, Any]]:
    return (await client.get("/api/wallet/payouts")).json()["payouts"]
