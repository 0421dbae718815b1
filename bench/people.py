"""What every measurement of this folder begins and ends with: people who are signed in, figures that are shown."""

from __future__ import annotations

import statistics
from typing import Any

import httpx

Json = dict[str, Any]
Headers = dict[str, str]

PASSWORD = "stoory-demo-1"  # noqa: S105 - of the demo world
PHONES = {"asha": "+919800000001", "ravi": "+919800000002", "om": "+919800000005"}


NO_PLAN_LIMITS = {"limits": {"open_postings": None, "live_applications": None}, "reason": "measured"}


async def signed_in(client: httpx.AsyncClient) -> dict[str, Headers]:
    """Return the headers of people of the demo world, by name; no plan limits them."""
    people: dict[str, Headers] = {}
    limits: dict[str, str] = {}
    for name, phone in PHONES.items():
        answer = await client.post("/api/auth/login", json={"phone": phone, "password": PASSWORD})
        people[name] = {"Authorization": f"Bearer {answer.json()['token']}"}
        if name != "om":
            limits[name] = f"/api/admin/users/{answer.json()['user']['id']}/terms"
    for address in limits.values():
        (await client.put(address, json=NO_PLAN_LIMITS, headers=people["om"])).raise_for_status()
    return people


async def applied(client: httpx.AsyncClient, people: dict[str, Headers]) -> Json:
    """Let Asha post a bid and Ravi apply to it; return the request."""
    bid = {"title": "Bench", "min_budget": 1000, "max_budget": 9000}
    made = (await client.post("/api/bids", json=bid, headers=people["asha"])).json()["bid"]
    body = {"bid_id": made["id"], "proposed_amount": 5000}
    return (await client.post("/api/requests", json=body, headers=people["ravi"])).json()["request"]


def spread(took: list[float], unit: str = "ms") -> str:
    """Return the median, the 99th percentile and the worst."""
    p99 = statistics.quantiles(took, n=100)[98]
    return f"median {statistics.median(took):.1f} {unit}, p99 {p99:.1f} {unit}, worst {max(took):.1f} {unit}"
