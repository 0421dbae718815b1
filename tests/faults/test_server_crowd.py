"""Many people at once, all about the same few things."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from stoory.platform import driver
from tests import invariants
from tests.faults.hurt import SEED, Own
from tests.world import ASHA, COFFEE_BID, KABIR, MEERA, OM, RAVI, SUMMER_CAMPAIGN, VIDEO_BID


async def test_five_hundred_at_once_are_all_answered(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    # How fast they are is not what is asked here.
    monkeypatch.setattr(driver, "ACQUIRE_TIMEOUT_SECONDS", 60)
    chance = random.Random(SEED)
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(own.client(person)) for person in (ASHA, RAVI, MEERA, KABIR, OM)
        ]
        started = [
            await people[1].post("/api/requests", json={"bid_id": str(VIDEO_BID), "proposed_amount": 5000}),
            await people[2].post("/api/requests", json={"bid_id": str(COFFEE_BID), "proposed_amount": 2000}),
            await people[2].post(
                "/api/requests", json={"campaign_id": str(SUMMER_CAMPAIGN), "proposed_amount": 90}
            ),
        ]
        requests = [answer.json()["request"] for answer in started]
        asked = [_ask(chance, chance.choice(people), chance.choice(requests)) for _ in range(500)]
        answers = await asyncio.gather(*asked)

    failed = [(str(answer.request.url), answer.text) for answer in answers if answer.status_code >= 500]
    assert failed == []
    assert {200, 201, 404, 409} <= {answer.status_code for answer in answers}
    await own.settle()
    await invariants.check(own.db)


def _ask(chance: random.Random, client: httpx.AsyncClient, request: dict[str, Any]) -> Any:
    """Return one request of many kinds, about something many others ask about too."""
    chat = f"/api/messages/conversations/{request['conversation_id']}"
    amount = chance.randrange(80, 8000)
    return chance.choice(
        [
            lambda: client.get("/api/bids", params={"include_total": "true", "search": "video"}),
            lambda: client.get("/api/messages/conversations"),
            lambda: client.get(f"{chat}/messages"),
            lambda: client.get(f"{chat}/context"),
            lambda: client.put(f"{chat}/seen"),
            lambda: client.post("/api/messages", json={"conversation_id": chat[-36:], "message": "Hello"}),
            lambda: client.post("/api/messages", json={"receiver_id": str(RAVI.id), "message": "Hello"}),
            lambda: client.post("/api/requests", json={"bid_id": str(VIDEO_BID), "proposed_amount": amount}),
            lambda: client.post(f"{chat}/button-click", json={"action": "accept_proposal"}),
            lambda: client.post(
                f"{chat}/text-input",
                json={"input_type": "negotiation_amount", "values": {"proposed_amount": amount}},
            ),
            lambda: client.put(f"/api/requests/{request['id']}/status", json={"status": "approved"}),
            lambda: client.put(f"/api/requests/{request['id']}", json={"message": "Again"}),
            lambda: client.put(f"/api/bids/{VIDEO_BID}", json={"title": f"Videos {amount}"}),
            lambda: client.put("/api/auth/profile", json={"bio": str(amount)}),
            lambda: client.get("/api/admin/users"),
        ]
    )()
