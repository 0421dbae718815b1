"""A market goes on while its process is killed and Razorpay's webhooks are lost, doubled and shuffled.

Whoever is not answered asks again with the same key. In the end, once what was lost has been looked up, every answer
that was given still holds, the doctor finds nothing, and Razorpay's books and ours tell the same.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import httpx
from msgspec import Struct

from tests.faults.hurt import SEED, until
from tests.faults.shops import Client, Json, Shop, opened
from tests.money import WORK, books_agree, state_of

KILLS: Final = 20 if os.environ.get("SOAK") else 2
BRANDS: Final = 4
"""How many deals are under way at the same time."""
SECONDS_BETWEEN_KILLS: Final = (1.0, 3.0)
PAUSE_SECONDS: Final = 0.2

FAULTS: Final = ("lost_response", "server_error", "bad_gateway", "too_many_requests", "slow")
ASKED_AGAIN: Final = {502, 503}
ENDS: Final = {"approve": "completed", "cancel": "cancelled", "split": "cancelled", "refund": "cancelled"}
MINUTES_OF_A_LATE_BANK: Final = 21


class Deal(Struct):
    """A request, and in which state somebody was told it is."""

    request: Json
    told: str | None = None


class GaveUp(Exception):
    """Somebody asks no more."""


class Chaos:
    """Deals under way, and what becomes of them."""

    def __init__(self, shop: Shop, luck: random.Random) -> None:
        """Begin with none."""
        self.shop = shop
        self.luck = luck
        self.deals: list[Deal] = []
        self.is_over = False

    async def trade(self) -> None:
        """Make one deal after another until it is over."""
        with suppress(GaveUp):
            while not self.is_over:
                deal = await self._agree()
                self.deals.append(deal)
                if await self._pay(deal):
                    await self._end(deal, self.luck.choice(list(ENDS)))

    async def _agree(self) -> Deal:
        amount = self.luck.choice([3000, 3000.01, 4999.99, 7777.77])
        bid = {"title": "Two videos", "min_budget": 1000, "max_budget": 9000}
        posted = await self._sure(self.shop.asha, "/api/bids", bid)
        body = {"bid_id": posted["bid"]["id"], "proposed_amount": amount}
        request = (await self._sure(self.shop.ravi, "/api/requests", body))["request"]
        await self._press(self.shop.asha, request, "accept_proposal")
        return Deal(request)

    async def _pay(self, deal: Deal) -> bool:
        """Pay as somebody with a bad connection does; return whether the money was seen to arrive."""
        path = f"/api/requests/{deal.request['id']}/payment"
        order = (await self._sure(self.shop.asha, path, None))["order"]
        outcome = self.luck.choice(["captured", "captured", "authorized", "late", "failed"])
        fields = await self.shop.till.pay(order["razorpay_order_id"], outcome)
        if outcome == "failed":
            fields = await self.shop.till.pay(order["razorpay_order_id"], "captured")
        if outcome == "late" or self.luck.random() < 0.3:
            return False  # the browser was closed: only a webhook or the reconciler can tell
        await self._sure(self.shop.asha, "/api/payments/verify-payment", fields)
        return True

    async def _end(self, deal: Deal, end: str) -> None:
        shop, request = self.shop, deal.request
        if end == "approve":
            await self._enter(shop.ravi, request, "work_submission", WORK)
            await self._press(shop.asha, request, "approve_work")
        elif end == "cancel":
            await self._press(shop.ravi, request, "cancel_deal")
        elif end == "split":
            await self._enter(shop.asha, request, "propose_cancel", {"refund_amount": 1000.01})
            await self._press(shop.ravi, request, "accept_cancel")
        else:
            reason = {"reason": "It is not what we agreed"}
            await self._enter(shop.asha, request, "dispute", reason)
            await self._press(shop.om, request, "refund", reason)
        deal.told = ENDS[end]

    async def _press(self, client: Client, request: Json, action: str, data: Json | None = None) -> None:
        body = {"action": action, "data": data or {}}
        await self._sure(
            client, f"/api/messages/conversations/{request['conversation_id']}/button-click", body
        )

    async def _enter(self, client: Client, request: Json, kind: str, values: Json) -> None:
        body = {"input_type": kind, "values": values}
        await self._sure(client, f"/api/messages/conversations/{request['conversation_id']}/text-input", body)

    async def _sure(self, client: Client, path: str, body: Json | None) -> Any:
        """Ask until there is an answer, always with the same key; AssertionError if it is a no.

        Raises GaveUp when it is over and a request that died still counts as running: nobody waits that minute here.
        """
        key = {"Idempotency-Key": str(UUID(int=self.luck.getrandbits(128)))}
        while True:
            try:
                answer = await client.post(path, json=body, headers=key)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            is_running = answer.status_code == 409 and answer.json()["code"] == "idempotency_in_progress"
            if is_running and self.is_over:
                raise GaveUp
            if answer.status_code in ASKED_AGAIN or is_running:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            assert answer.is_success, f"{path}: {answer.text}"
            return answer.json()

    async def havoc(self) -> None:
        """Kill the process again and again, and let webhooks and answers of Razorpay go astray."""
        for _ in range(KILLS):
            give_up_at = asyncio.get_running_loop().time() + self.luck.uniform(*SECONDS_BETWEEN_KILLS)
            while asyncio.get_running_loop().time() < give_up_at:
                await self._lead_webhooks_astray()
                await self.shop.till.fault(self.luck.choice(FAULTS), seconds=self.luck.uniform(0, 2))
                await asyncio.sleep(PAUSE_SECONDS)
            self.shop.kill()
            await self.shop.open()
        await self.shop.till.heal()
        self.is_over = True

    async def _lead_webhooks_astray(self) -> None:
        await self.shop.till.hold()
        waiting = await self.shop.till.waiting()
        for delivery in waiting:
            if way := self.luck.choice(["drop", "duplicate", "delay", "replay", None]):
                await self.shop.till.steer(delivery, way, times=2, seconds=60)
        await self.shop.till.shuffle(self.luck.randrange(1000))
        await self.shop.till.hold(is_held=False)

    async def settle(self) -> None:
        """Let late banks answer, and look up what was lost."""
        await self.shop.till.advance(MINUTES_OF_A_LATE_BANK * 60)
        await self.shop.run("reconcile")
        await until(self.shop.is_at_rest)


async def test_through_kills_and_lost_webhooks_every_answer_holds_and_every_paisa_is_there() -> None:
    async with opened() as shop:
        chaos = Chaos(shop, random.Random(SEED))
        async with asyncio.TaskGroup() as group:
            group.create_task(chaos.havoc())
            for _ in range(BRANDS):
                group.create_task(chaos.trade())
        await chaos.settle()

        ends = [(deal.told, await state_of(shop.asha, deal.request)) for deal in chaos.deals]
        assert [told for told, _ in ends if told] == [state for told, state in ends if told]
        receipts = [order["receipt"] for order in await shop.till.everything("orders")]
        assert len(receipts) == len(set(receipts)) <= len(chaos.deals)
        await books_agree(shop.om, shop.till)
        await shop.run("doctor")
