"""Conversations for the tests of chat: how people talk, and a deal that is nothing but what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from stoory.actor import Role
from stoory.chat import actions
from stoory.platform.database import Tx
from tests.world import ASHA, RAVI, SUMMER_CAMPAIGN, VIDEO_BID, Person, World

BUTTONS: Final[dict[str, Any]] = {
    "buttons": [
        {"id": "accept_proposal", "text": "Accept Proposal", "action": "accept_proposal", "style": "success"},
        {"id": "decline", "text": "Decline", "action": "decline_proposal", "style": "danger"},
    ]
}
FLOW_CONTEXT: Final[dict[str, Any]] = {
    "current_state": "initial",
    "next_states": ["negotiating", "accepted", "declined"],
    "business_rules": {"can_negotiate": True, "min_amount": 3000, "max_amount": 8000},
}
FLOW_DATA: Final[dict[str, Any]] = {
    "proposed_amount": 5000,
    "bid_title": "Quick Video Promotion",
    "offers": [{"n": 1, "by_role": "influencer", "amount": 5000, "you_receive": 4500.5}],
}


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


async def deal(
    world: World, *, on_campaign: bool = False, influencer: Person = RAVI, brand: Person = ASHA
) -> str:
    """Open a deal's conversation that waits for the brand owner's answer to its buttons."""
    async with world.db.as_system("a test's deal") as tx:
        conversation_id = await _open(tx, on_campaign=on_campaign, influencer=influencer, brand=brand)
        await actions.project(
            tx,
            conversation_id,
            chat_status="automated",
            flow_state="initial",
            awaiting_role=Role.BRAND_OWNER,
            flow_data=FLOW_DATA,
            automation_enabled=True,
            payment_required=False,
            payment_completed=False,
        )
        await actions.announce(
            tx,
            conversation_id,
            text="Welcome to the automated negotiation flow!",
            action_data=BUTTONS,
            action_role=Role.BRAND_OWNER,
            flow_context=FLOW_CONTEXT,
            receiver_id=brand.id,
        )
    return str(conversation_id)


async def _open(tx: Tx, *, on_campaign: bool, influencer: Person, brand: Person) -> UUID:
    campaign_id, bid_id = (SUMMER_CAMPAIGN, None) if on_campaign else (None, VIDEO_BID)
    request_id = uuid4()
    await tx.run(
        """
        insert into requests (id, campaign_id, bid_id, influencer_id, brand_owner_id, proposed_amount)
        values ($1, $2, $3, $4, $5, '5000')
        """,
        request_id,
        campaign_id,
        bid_id,
        influencer.id,
        brand.id,
    )
    return await actions.open_for_deal(
        tx,
        request_id=request_id,
        campaign_id=campaign_id,
        bid_id=bid_id,
        brand_owner_id=brand.id,
        influencer_id=influencer.id,
    )
