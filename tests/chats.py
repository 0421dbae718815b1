"""How the people of the tests talk, and how a deal begins to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from tests.world import SUMMER_CAMPAIGN, VIDEO_BID, Person


async def open_with(client: httpx.AsyncClient, person: Person) -> str:
    """Open the direct conversation with a person and return its id."""
    answer = await client.post("/api/messages/conversations", json={"user_id": str(person.id)})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["conversation"]["id"]


async def say(
    client: httpx.AsyncClient, conversation_id: str, text: str = "Hello!", **more: Any
) -> dict[str, Any]:
    """Send a message and return it as its sender sees it."""
    body = {"conversation_id": conversation_id, "message": text, **more}
    answer = await client.post("/api/messages", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]["message"]


async def read(client: httpx.AsyncClient, conversation_id: str, **params: Any) -> dict[str, Any]:
    """Return the data of a page of messages."""
    answer = await client.get(f"/api/messages/conversations/{conversation_id}/messages", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def rows(client: httpx.AsyncClient, kind: str = "", **params: Any) -> list[dict[str, Any]]:
    """Return the conversations of a list."""
    answer = await client.get(f"/api/messages/conversations{kind}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["conversations"]


def seqs(page: dict[str, Any]) -> Sequence[int]:
    """Return the seqs of a page of messages, in its order."""
    return [message["seq"] for message in page["messages"]]


async def apply(ravi: httpx.AsyncClient, *, on_campaign: bool = False) -> str:
    """Let Ravi apply to a posting of Asha's, and return the conversation of the deal, which waits for her."""
    posting = {"campaign_id": str(SUMMER_CAMPAIGN)} if on_campaign else {"bid_id": str(VIDEO_BID)}
    answer = await ravi.post("/api/requests", json={**posting, "proposed_amount": 5000, "message": "Hi!"})
    assert answer.status_code == 201, answer.text
    return answer.json()["request"]["conversation_id"]


async def press(client: httpx.AsyncClient, conversation_id: str, action: str) -> None:
    """Press a button."""
    answer = await client.post(
        f"/api/messages/conversations/{conversation_id}/button-click", json={"action": action}
    )
    assert answer.status_code == 200, answer.text
