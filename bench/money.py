"""What money costs: webhooks stored, applied, and presses that move money, against a running `stoory up`.

    STOORY_LIMIT_API=unlimited STOORY_LIMIT_AUTH=unlimited .venv/bin/stoory up
    .venv/bin/python bench/money.py [--deals 300] [--url http://127.0.0.1:8000] [--sandbox http://127.0.0.1:8001]

Webhooks are signed here, since the sandbox alone would be the bottleneck; its own are held. Figures are of one run on
one machine: repeat it, and compare medians.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import random
import statistics
import time
from typing import Any

import httpx

SECRET = b"sandbox-webhook"
PASSWORD = "stoory-demo-1"  # noqa: S105 - of the demo world
RATE = 200

Json = dict[str, Any]


async def main() -> None:
    """Make deals, pay them by webhooks, approve some, and print what it took."""
    options = argparse.ArgumentParser()
    options.add_argument("--deals", type=int, default=300)
    options.add_argument("--url", default="http://127.0.0.1:8000")
    options.add_argument("--sandbox", default="http://127.0.0.1:8001")
    told = options.parse_args()
    async with httpx.AsyncClient(
        base_url=told.url, timeout=60, limits=httpx.Limits(max_connections=50)
    ) as client:
        await client.put(f"{told.sandbox}/__sandbox/webhook", json={"is_held": True})
        people = {name: await signed_in(client, phone) for name, phone in PHONES.items()}
        began = time.perf_counter()
        deals = [await agreed(client, people) for _ in range(told.deals)]
        print(f"{told.deals} deals with an order each: {time.perf_counter() - began:.1f} s")
        await webhooks(client, deals)
        await applied(client, people, deals)
        await presses(client, people, deals[: min(200, told.deals)])


PHONES = {"asha": "+919800000001", "ravi": "+919800000002", "om": "+919800000005"}


async def signed_in(client: httpx.AsyncClient, phone: str) -> dict[str, str]:
    """Return the headers of somebody of the demo world."""
    answer = await client.post("/api/auth/login", json={"phone": phone, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def agreed(client: httpx.AsyncClient, people: dict[str, dict[str, str]]) -> Json:
    """Return an accepted deal that waits for its payment."""
    bid = {"title": "Bench", "min_budget": 1000, "max_budget": 9000}
    made = (await client.post("/api/bids", json=bid, headers=people["asha"])).json()["bid"]
    body = {"bid_id": made["id"], "proposed_amount": 5000}
    request = (await client.post("/api/requests", json=body, headers=people["ravi"])).json()["request"]
    status = {"status": "approved"}
    await client.put(f"/api/requests/{request['id']}/status", json=status, headers=people["asha"])
    paid = await client.post(f"/api/requests/{request['id']}/payment", headers=people["asha"])
    return {"request": request, "order": paid.json()["order"]}


def events(deals: list[Json]) -> list[tuple[str, bytes]]:
    """Return three webhooks a deal, each three times, shuffled, with their event ids."""
    made: list[tuple[str, bytes]] = []
    for number, deal in enumerate(deals):
        order = deal["order"]
        payment = {"id": f"pay_{number:014d}", "order_id": order["razorpay_order_id"], "amount": order["amount_paise"],
                   "currency": "INR", "method": "upi", "status": "captured", "captured": True, "fee": 11800,
                   "tax": 1800}  # fmt: skip
        for name in ("payment.captured", "order.paid", "payment.captured"):
            body = json.dumps({"event": name, "payload": {"payment": {"entity": payment}}}).encode()
            made += [(f"{number}-{len(made)}", body)] * 3
    random.Random(1).shuffle(made)  # noqa: S311 - the same in every run
    return made


async def webhooks(client: httpx.AsyncClient, deals: list[Json]) -> None:
    """Send them at a steady rate and print how long the acknowledgement took."""
    took: list[float] = []

    async def send(event_id: str, body: bytes) -> None:
        signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        headers = {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id}
        began = time.perf_counter()
        answer = await client.post("/api/payments/webhook", content=body, headers=headers)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text

    began = time.perf_counter()
    waiting: list[asyncio.Task[None]] = []
    for number, (event_id, body) in enumerate(events(deals)):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        waiting.append(asyncio.create_task(send(event_id, body)))
    await asyncio.gather(*waiting)
    print(f"{len(took)} webhooks at {len(took) / (time.perf_counter() - began):.0f}/s: {spread(took)}")


async def applied(client: httpx.AsyncClient, people: dict[str, dict[str, str]], deals: list[Json]) -> None:
    """Wait until every deal is funded, and print when that was."""
    began = time.perf_counter()
    while True:
        text = (await client.get("/metrics")).text
        due = next(
            float(line.split()[1]) for line in text.splitlines() if line.startswith("stoory_webhooks_due")
        )
        if not due:
            break
        await asyncio.sleep(0.1)
    funded = [
        (await client.get(f"/api/requests/{deal['request']['id']}", headers=people["asha"])).json()["request"]
        for deal in deals[:20]
    ]
    assert {request["status"] for request in funded} == {"in_progress"}
    print(f"the last one was applied {time.perf_counter() - began:.1f} s after the last was sent")


async def presses(client: httpx.AsyncClient, people: dict[str, dict[str, str]], deals: list[Json]) -> None:
    """Approve one deal after another and print how long a press took."""
    took: list[float] = []
    for deal in deals:
        path = f"/api/messages/conversations/{deal['request']['conversation_id']}/button-click"
        began = time.perf_counter()
        answer = await client.post(path, json={"action": "approve_work"}, headers=people["asha"])
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    print(f"{len(took)} approvals, each releasing an escrow: {spread(took)}")


def spread(took: list[float]) -> str:
    """Return median and 99th percentile in milliseconds."""
    return f"median {statistics.median(took):.1f} ms, p99 {statistics.quantiles(took, n=100)[98]:.1f} ms"


if __name__ == "__main__":
    asyncio.run(main())
