"""How a test gets a deal that is agreed, paid, worked for; and how it reads what became of the money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import httpx
from msgspec import Struct

from tests.deals import applied
from tests.till import Till
from tests.world import World

Client = httpx.AsyncClient
Json = dict[str, Any]

WORK: Final = {"description": "Two videos of 20 seconds", "links": ["https://example.com/video-1"]}


async def agreed(asha: Client, ravi: Client, amount: float = 5000) -> Json:
    """Let Ravi apply to Asha's bid and Asha accept; return the request."""
    request = await applied(ravi, amount)
    await pressed(asha, request, "accept_proposal")
    return request


async def ordered(asha: Client, request: Json) -> Json:
    """Let Asha proceed to payment; return the order."""
    answer = await asha.post(f"/api/requests/{request['id']}/payment")
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["order"]


async def funded(asha: Client, ravi: Client, till: Till, amount: float = 5000) -> tuple[Json, Json]:
    """Let Ravi apply, Asha accept and pay; return the request and the order."""
    request = await agreed(asha, ravi, amount)
    order = await ordered(asha, request)
    fields = await till.pay(order["razorpay_order_id"])
    answer = await asha.post("/api/payments/verify-payment", json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()["request"], answer.json()["order"]


async def submitted(asha: Client, ravi: Client, till: Till, amount: float = 5000) -> tuple[Json, Json]:
    """Let Ravi hand in the work of a funded deal; return the request and the order."""
    request, order = await funded(asha, ravi, till, amount)
    await entered(ravi, request, "work_submission", WORK)
    return request, order


async def pressed(
    client: Client, request: Json, action: str, data: Json | None = None, *, expect: int = 200
) -> Json:
    """Press a button of the request's conversation."""
    path = f"/api/messages/conversations/{request['conversation_id']}/button-click"
    answer = await client.post(path, json={"action": action, "data": data or {}})
    assert answer.status_code == expect, answer.text
    return answer.json()


async def entered(client: Client, request: Json, input_type: str, values: Json, *, expect: int = 200) -> Json:
    """Send a form of the request's conversation."""
    path = f"/api/messages/conversations/{request['conversation_id']}/text-input"
    answer = await client.post(path, json={"input_type": input_type, "values": values})
    assert answer.status_code == expect, answer.text
    return answer.json()


async def state_of(client: Client, request: Json) -> str:
    """Return where the deal of a request stands."""
    return (await client.get(f"/api/requests/{request['id']}")).json()["request"]["flow_state"]


async def balances(om: Client) -> dict[str, float]:
    """Return every balance of the ledger, in rupees: debit +, credit -."""
    books = (await om.get("/api/admin/ledger/balance")).json()
    assert books["total"] == 0
    return {row["account"]: row["balance"] for row in books["accounts"] if row["balance"]}


async def books_agree(om: Client, till: Till, *, elsewhere: int = 0) -> None:
    """Raise AssertionError unless Razorpay holds for us what our books say it does, to the paisa.

    `elsewhere` is what it has sent to our bank, or a payer's bank has taken back, in paise.
    """
    told = [each for each in await till.everything("payments") if each["captured"]]
    held = sum(each["amount"] - each["amount_refunded"] - (each["fee"] or 0) for each in told)
    ours = Decimal(str((await balances(om)).get("gateway", 0))) * 100
    assert held - elsewhere == ours, "Razorpay's books tell otherwise"


class Market(Struct):
    """Everybody a payment is about, and Razorpay."""

    world: World
    asha: Client
    ravi: Client
    om: Client
    nobody: Client
    till: Till

    async def hear(self, *, times: int = 1, is_reversed: bool = False) -> None:
        """Let the webhooks that wait arrive, so often and in that order, and be applied."""
        answers = await self.till.deliver(self.nobody, times=times, is_reversed=is_reversed)
        assert {answer.status_code for answer in answers} <= {200}
        await self.world.apply_webhooks()

    async def send(self, body: bytes) -> None:
        """Let a webhook of our own making arrive, well signed, and be applied."""
        answer = await self.nobody.post("/api/payments/webhook", content=body, headers=self.till.signed(body))
        assert answer.status_code == 200, answer.text
        await self.world.apply_webhooks()

    async def ordered(self, amount: float = 5000) -> tuple[Json, Json]:
        """Let Asha proceed to the payment of an agreed deal; return the request and the order."""
        request = await agreed(self.asha, self.ravi, amount)
        return request, await ordered(self.asha, request)

    async def order(self, order: Json) -> Json:
        """Return an order with its payments and refunds."""
        return (await self.asha.get(f"/api/payments/orders/{order['id']}")).json()
