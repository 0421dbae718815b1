"""What money costs: webhooks acknowledged and applied, presses that move money, against a running `stoory up`.

    export STOORY_HOME=/tmp/bench STOORY_LIMIT_API=unlimited STOORY_LIMIT_AUTH=unlimited
    .venv/bin/stoory up
    .venv/bin/python bench/money.py [--deals 400] [--url http://127.0.0.1:8000] [--sandbox http://127.0.0.1:8001]

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
import time

import httpx
from loader import post, send_all
from people import Headers, Json, applied, signed_in, spread

SECRET = b"sandbox-webhook"
RATE = 200
PACED = 200
"""Of how many deals the webhooks are sent at that rate; those of the others come as fast as they are taken."""
COPIES = 3

People = dict[str, Headers]


async def main() -> None:
    """Make deals, pay them by webhooks, approve some, and print what it took."""
    options = argparse.ArgumentParser()
    options.add_argument("--deals", type=int, default=400)
    options.add_argument("--url", default="http://127.0.0.1:8000")
    options.add_argument("--sandbox", default="http://127.0.0.1:8001")
    told = options.parse_args()
    async with httpx.AsyncClient(base_url=told.url, timeout=60) as client:
        await client.put(f"{told.sandbox}/__sandbox/webhook", json={"is_held": True})
        people = await signed_in(client)
        began = time.perf_counter()
        deals = [await agreed(client, people) for _ in range(told.deals)]
        print(f"{told.deals} deals with an order each: {time.perf_counter() - began:.1f} s")
        first = min(PACED, told.deals // 2)
        await acknowledged(told.url, deals[:first])
        await until_applied(client)
        await applied_each(client, told.url, deals[first:])
        await check(client, people, deals)
        await presses(client, people, deals[:200])


async def agreed(client: httpx.AsyncClient, people: People) -> Json:
    """Return an accepted deal that waits for its payment."""
    request = await applied(client, people)
    status = {"status": "approved"}
    await client.put(f"/api/requests/{request['id']}/status", json=status, headers=people["asha"])
    paid = await client.post(f"/api/requests/{request['id']}/payment", headers=people["asha"])
    return {"request": request, "order": paid.json()["order"]}


def events(deals: list[Json]) -> list[tuple[str, bytes]]:
    """Return three webhooks a deal, each three times, shuffled, with their event ids."""
    made: list[tuple[str, bytes]] = []
    for deal in deals:
        order_id = deal["order"]["razorpay_order_id"]
        payment = {"id": order_id.replace("order", "pay"), "order_id": order_id, "currency": "INR", "method": "upi",
                   "amount": deal["order"]["amount_paise"], "status": "captured", "captured": True, "fee": 11800,
                   "tax": 1800}  # fmt: skip
        for number, name in enumerate(("payment.captured", "order.paid", "payment.captured")):
            body = json.dumps({"event": name, "payload": {"payment": {"entity": payment}}}).encode()
            made += [(f"{order_id}-{number}", body)] * COPIES
    random.Random(1).shuffle(made)  # noqa: S311 - the same in every run
    return made


def signed(url: str, sent: list[tuple[str, bytes]]) -> list[bytes]:
    """Return webhooks as the requests they come in."""
    made: list[bytes] = []
    for event_id, body in sent:
        signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        headers = {"x-razorpay-signature": signature, "x-razorpay-event-id": event_id}
        made.append(post(url, "/api/payments/webhook", body, headers))
    return made


async def acknowledged(url: str, deals: list[Json]) -> None:
    """Send webhooks at a steady rate and print how long the acknowledgement took."""
    requests = signed(url, events(deals))
    began = time.perf_counter()
    took = await send_all(url, requests, rate=RATE)
    print(f"{len(took)} webhooks at {len(took) / (time.perf_counter() - began):.0f}/s: {spread(took)}")


async def applied_each(client: httpx.AsyncClient, url: str, deals: list[Json]) -> None:
    """Send webhooks as fast as they are taken, and print how long it took until each had its effect."""
    requests = signed(url, events(deals))
    began = time.perf_counter()
    await send_all(url, requests)
    stored = time.perf_counter() - began
    await until_applied(client)
    took = time.perf_counter() - began
    print(
        f"{len(requests)} webhooks stored in {stored:.1f} s, applied in {took:.1f} s: {len(requests) / took:.0f}/s"
    )


async def until_applied(client: httpx.AsyncClient) -> None:
    """Wait until no webhook is due any more."""
    while True:
        text = (await client.get("/metrics")).text
        lines = (line.split() for line in text.splitlines() if line.startswith("stoory_webhooks_due"))
        if not any(float(count) for _, count in lines):
            return
        await asyncio.sleep(0.1)


async def check(client: httpx.AsyncClient, people: People, deals: list[Json]) -> None:
    """See that every deal was paid, and once: the books hold what their orders were for."""
    for deal in deals:
        shown = await client.get(f"/api/requests/{deal['request']['id']}", headers=people["asha"])
        assert shown.json()["request"]["status"] == "in_progress", shown.text
    books = (await client.get("/api/admin/ledger/balance", headers=people["om"])).json()
    assert books["total"] == 0


async def presses(client: httpx.AsyncClient, people: People, deals: list[Json]) -> None:
    """Approve one deal after another and print how long a press took."""
    took: list[float] = []
    for deal in deals:
        path = f"/api/messages/conversations/{deal['request']['conversation_id']}/button-click"
        began = time.perf_counter()
        answer = await client.post(path, json={"action": "approve_work"}, headers=people["asha"])
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.text
    print(f"{len(took)} approvals, each releasing an escrow: {spread(took)}")


if __name__ == "__main__":
    asyncio.run(main())
