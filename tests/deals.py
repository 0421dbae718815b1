"""How a test gets a deal."""

from __future__ import annotations

from typing import Any, Final

import httpx

from tests.world import RAVI, VIDEO_BID

INITIALIZE: Final = {"bid_id": str(VIDEO_BID), "influencer_id": str(RAVI.id), "proposed_amount": 5000}


async def applied(ravi: httpx.AsyncClient, amount: float = 5000) -> dict[str, Any]:
    """Let Ravi apply to Asha's bid."""
    body = {
        "bid_id": str(VIDEO_BID),
        "proposed_amount": amount,
        "message": "I'm interested in this campaign!",
        "portfolio_links": ["https://example.com/portfolio"],
    }
    answer = await ravi.post("/api/requests", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["request"]
