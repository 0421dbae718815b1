"""How a test gets a subscription that is paid, and reads what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from tests.till import Till

Client = httpx.AsyncClient
Json = dict[str, Any]

CREATE = "/api/subscriptions/create"
VERIFY = "/api/payments/verify-payment"


async def created(client: Client, *, expect: int = 201, **wish: Any) -> Json:
    """Ask for a plan, premium by the month unless it is said otherwise; return the answer."""
    answer = await client.post(CREATE, json={"plan": "premium", "period": "monthly"} | wish)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def paid(client: Client, till: Till, order: Json, *, expect: int = 200) -> Json:
    """Pay an order at the checkout and tell of it; return the answer."""
    fields = await till.pay(order["razorpay_order_id"])
    answer = await client.post(VERIFY, json=fields)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def subscribed(client: Client, till: Till, **wish: Any) -> Json:
    """Subscribe and pay; return the subscription."""
    asked = await created(client, **wish)
    await paid(client, till, asked["order"])
    return await seen(client, asked["subscription"])


async def seen(client: Client, subscription: Json) -> Json:
    """Return a subscription as it is now."""
    return (await shown(client, subscription))["subscription"]


async def shown(client: Client, subscription: Json) -> Json:
    """Return a subscription with what waits to be paid for it."""
    answer = await client.get(f"/api/subscriptions/{subscription['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def done(
    client: Client, subscription: Json, what: str, body: Json | None = None, *, expect: int = 200
) -> Json:
    """Let somebody do something with a subscription; return the answer."""
    method = client.put if what == "cancel" else client.post
    answer = await method(f"/api/subscriptions/{subscription['id']}/{what}", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def renewed(client: Client, till: Till, subscription: Json) -> Json:
    """Pay the renewal that was asked for; return the subscription."""
    asked = await done(client, subscription, "checkout")
    await paid(client, till, asked["order"])
    return await seen(client, subscription)


async def invoices(client: Client, subscription: Json) -> list[Json]:
    """Return the invoices of a subscription, newest first."""
    return (await client.get(f"/api/subscriptions/{subscription['id']}/invoices")).json()["invoices"]


async def plan_of(client: Client) -> str:
    """Return the plan somebody is on."""
    return (await client.get("/api/account/usage")).json()["usage"]["plan"]


def instant(text: str) -> datetime:
    """Return an instant of an answer."""
    return datetime.fromisoformat(text)
