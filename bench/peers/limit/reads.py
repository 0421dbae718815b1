"""The reads of `limit`: each is one statement, a page of messages two."""

from __future__ import annotations

from typing import Final

from bench.peers.limit.answers import (
    BRAND_OWNER,
    INFLUENCER,
    JSON,
    NOT_FOUND,
    Answer,
    Request,
    encoded,
    page,
)
from bench.peers.statements import SQL

NO_SEQ_IS_LARGER: Final = 2**63 - 1


async def campaign(request: Request, campaign_id: str) -> Answer:
    """Return one campaign: to its owner, or to an influencer who may see it."""
    name = "campaign_for_influencer" if request.role == INFLUENCER else "campaign_for_owner"
    row = await request.pool.fetchrow(SQL[name], campaign_id, request.user_id)
    return (200, JSON.encode({"success": True, "campaign": dict(row)})) if row else NOT_FOUND


async def campaigns(request: Request) -> Answer:
    """Return a page of campaigns: a brand owner's own, or those an influencer may see."""
    name = "campaigns_of_owner" if request.role == BRAND_OWNER else "campaigns_for_influencer"
    limit = request.limit(20)
    platform = request.query.get("platform")
    rows = await request.pool.fetch(SQL[name], request.user_id, platform, *request.after(), limit + 1)
    return page("campaigns", rows, limit, "created_at")


async def conversations(request: Request) -> Answer:
    """Return a page of conversations, newest activity first."""
    limit = request.limit(20)
    rows = await request.pool.fetch(
        SQL["conversation_page"], request.user_id, request.role, *request.after(), limit + 1
    )
    return page("conversations", rows, limit, "updated_at")


async def messages(request: Request, conversation_id: str) -> Answer:
    """Return the newest messages of a conversation, or those before a seq, and the conversation."""
    limit = request.limit(50)
    before = int(request.query.get("before_seq", NO_SEQ_IS_LARGER))
    async with request.pool.acquire() as connection:
        conversation = await connection.fetchrow(
            SQL["conversation_row"], request.user_id, request.role, conversation_id
        )
        rows = await connection.fetch(
            SQL["message_page"], request.user_id, request.role, conversation_id, before, limit
        )
    if conversation is None:
        return NOT_FOUND
    found = [dict(row) for row in reversed(rows)]
    first, last = (found[0]["seq"], found[-1]["seq"]) if found else (1, 0)
    has_more = first > 1
    pagination = {
        "limit": limit,
        "next_cursor": encoded(f"[{first},null]") if has_more else None,
        "has_more": has_more,
        "before_seq": first if has_more else None,
        "after_seq": last,
    }
    data = {"messages": found, "conversation": dict(conversation), "pagination": pagination}
    return 200, JSON.encode({"success": True, "data": data})


async def unread_count(request: Request) -> Answer:
    """Return how much is unread: in all, and in each conversation that has some."""
    rows = await request.pool.fetch(SQL["unread"], request.user_id)
    conversations = {str(row["id"]): row["count"] for row in rows}
    total = sum(conversations.values())
    return 200, JSON.encode({"success": True, "unread_count": total, "conversations": conversations})
