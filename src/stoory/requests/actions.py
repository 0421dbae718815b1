"""Writing requests. Their deal decides; what stands here is called by it alone."""

from __future__ import annotations

from uuid import UUID

from stoory.errors import Conflict
from stoory.platform.database import Tx
from stoory.requests import queries


async def open_request(tx: Tx, draft: queries.Draft) -> UUID:
    """Store a new request and return its id; Conflict `already_applied` when a live one exists."""
    request_id = await queries.insert_request(tx, draft)
    if request_id is None:
        live = await queries.live_request(
            tx, campaign_id=draft.campaign_id, bid_id=draft.bid_id, influencer_id=draft.influencer_id
        )
        raise already_applied(live)
    return request_id


def already_applied(live: queries.Live | None) -> Conflict:
    """Return the refusal of a second request for the same posting, with the first one's id."""
    return Conflict(
        "There already is a live request for this posting.",
        code="already_applied",
        request=live and {"id": live.id, "conversation_id": live.conversation_id},
    )


async def edit_words(tx: Tx, request_id: UUID, changes: queries.Changes) -> None:
    """Change the message and the links of an application."""
    await queries.update_words(tx, request_id, changes)


async def project(tx: Tx, request_id: UUID, shown: queries.Shown) -> None:
    """Show on the request what its deal has come to."""
    await queries.update_projection(tx, request_id, shown)
