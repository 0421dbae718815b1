"""The reads of `limit`: each is one statement, whose rows are JSON already."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final

from bench.peers.limit.answers import BRAND_OWNER, INFLUENCER, NOT_FOUND, Answer, Request, page
from bench.peers.statements import SQL

NO_SEQ_IS_LARGER: Final = 2**63 - 1


async def campaign(request: Request, campaign_id: str) -> Answer:
    """Return one campaign: to its owner, or to an influencer who may see it."""
    name = "campaign_for_influencer" if request.role == INFLUENCER else "campaign_for_owner"
    body = await request.pool.fetchval(SQL[name], campaign_id, request.user_id)
    return (200, f'{{"success":true,"campaign":{body}}}'.encode()) if body else NOT_FOUND


async def campaigns(request: Request) -> Answer:
    """Return a page of campaigns: a brand owner's own, or those an influencer may see."""
    name = "campaigns_of_owner" if request.role == BRAND_OWNER else "campaigns_for_influencer"
    limit = request.limit(20)
    platform = request.query.get("platform")
    rows = await request.pool.fetch(SQL[name], request.user_id, platform, *request.after(), limit + 1)
    return page("campaigns", rows, limit)


async def conversations(request: Request) -> Answer:
    """Return a page of conversations, newest activity first."""
    limit = request.limit(20)
    rows = await request.pool.fetch(
        SQL["conversation_page"], request.user_id, request.role, *request.after(), limit + 1
    )
    return page("conversations", rows, limit)


async def messages(request: Request, conversation_id: str) -> Answer:
    """Return the newest messages of a conversation, or those before a seq, and the conversation."""
    limit = request.limit(50)
    before = int(request.query.get("before_seq", NO_SEQ_IS_LARGER))
    row = await request.pool.fetchrow(
        SQL["message_page"], request.user_id, request.role, conversation_id, before, limit
    )
    if row is None:
        return NOT_FOUND
    first, last = row["first_seq"] or 1, row["last_seq"] or 0
    has_more = first > 1
    before_seq = str(first) if has_more else "null"
    cursor = f'"{urlsafe_b64encode(f"[{first},null]".encode()).decode().rstrip("=")}"' if has_more else "null"
    body = (
        f'{{"success":true,"data":{{"messages":{row["messages"]},"conversation":{row["conversation"]},'
        f'"pagination":{{"limit":{limit},"next_cursor":{cursor},"has_more":{"true" if has_more else "false"},'
        f'"before_seq":{before_seq},"after_seq":{last}}}}}}}'
    )
    return 200, body.encode()


async def unread_count(request: Request) -> Answer:
    """Return how much is unread: in all, and in each conversation that has some."""
    row = await request.pool.fetchrow(SQL["unread"], request.user_id)
    if row is None:
        return NOT_FOUND
    body = f'{{"success":true,"unread_count":{row["unread_count"]},"conversations":{row["conversations"]}}}'
    return 200, body.encode()
