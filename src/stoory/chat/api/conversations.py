"""Lists of conversations, one of them, opening one, and how far it was read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Final
from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from msgspec import Meta, Struct

from stoory.actor import Actor
from stoory.chat import actions, queries
from stoory.chat.drafts import Draft
from stoory.chat.queries import ConversationRow, Kind
from stoory.platform.database import Database
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    Pagination,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get, post, put


class ConversationsAnswer(Answer):
    """A page of conversations, newest activity first."""

    conversations: list[ConversationRow]
    pagination: Pagination


class ConversationAnswer(Answer):
    """One conversation."""

    conversation: ConversationRow


class SeenAnswer(Answer):
    """How far the reader has now read."""

    seen_up_to: int


class UnreadAnswer(Answer):
    """How many messages are unread: in all, and in each conversation that has some."""

    unread_count: int
    conversations: dict[str, int]


class OpenConversation(Body):
    """Whom to talk to, and perhaps a first message."""

    EXAMPLE: ClassVar = {
        "user_id": "a5000000-0000-4000-8000-000000000002",
        "message": "Hello! How are you doing?",
    }

    user_id: UUID
    message: Annotated[str | None, Meta(description="1 to 4000 characters once trimmed")] = None


class SeenUpTo(Body):
    """How far somebody has read."""

    EXAMPLE: ClassVar = {"up_to_seq": 12}

    up_to_seq: Annotated[int, Meta(ge=0)] | None = None


class Asked(Struct):
    """Which page of a list."""

    after: tuple[datetime, UUID] | None
    limit: int
    include_total: bool


async def read_page(
    *, limit: Limit = DEFAULT_PAGE_ROWS, cursor: CursorParam = None, include_total: IncludeTotal = False
) -> Asked:
    """Read the query of a list, the same for all four."""
    return Asked(decode_cursor(tuple[datetime, UUID], cursor), limit, include_total)


PAGE: Final = {"asked": Provide(read_page)}


@get("/api/messages/conversations", who=SIGNED_IN, dependencies=PAGE)
async def list_conversations(db: Db, actor: Me, asked: NamedDependency[Asked]) -> ConversationsAnswer:
    """List all conversations, newest activity first; an operator's list holds everybody's."""
    return await _page(db, actor, None, asked)


@get("/api/messages/conversations/direct", who=SIGNED_IN, dependencies=PAGE)
async def list_direct_conversations(db: Db, actor: Me, asked: NamedDependency[Asked]) -> ConversationsAnswer:
    """List the conversations outside any deal, newest activity first; support threads are among them."""
    return await _page(db, actor, "direct", asked)


@get("/api/messages/conversations/bids", who=SIGNED_IN, dependencies=PAGE)
async def list_bid_conversations(db: Db, actor: Me, asked: NamedDependency[Asked]) -> ConversationsAnswer:
    """List the conversations about bids, newest activity first."""
    return await _page(db, actor, "bids", asked)


@get("/api/messages/conversations/campaigns", who=SIGNED_IN, dependencies=PAGE)
async def list_campaign_conversations(
    db: Db, actor: Me, asked: NamedDependency[Asked]
) -> ConversationsAnswer:
    """List the conversations about campaigns, newest activity first."""
    return await _page(db, actor, "campaigns", asked)


@post("/api/messages/conversations", who=SIGNED_IN, status=201, fails=(404,))
async def open_conversation(
    db: Db, actor: Me, data: JSONBody[OpenConversation]
) -> Response[ConversationAnswer]:
    """Open the direct conversation with somebody, or find it (200); with a message, say it there.

    A brand owner talks to influencers and an influencer to brand owners; either may talk to an operator.
    """
    async with db.as_user(actor) as tx:
        opened = await actions.open_direct(tx, actor, data.user_id)
        if data.message is not None:
            await actions.send(tx, actor, Draft(conversation_id=opened.conversation_id, message=data.message))
        row = await queries.conversation_for(tx, actor, opened.conversation_id)
    return Response(ConversationAnswer(conversation=row), status_code=201 if opened.is_new else 200)


@get("/api/messages/conversations/{conversation_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_conversation(db: Db, actor: Me, conversation_id: Id) -> ConversationAnswer:
    """Return one conversation."""
    async with db.as_user(actor, readonly=True) as tx:
        return ConversationAnswer(conversation=await queries.conversation_for(tx, actor, conversation_id))


@put("/api/messages/conversations/{conversation_id:uuid}/seen", who=SIGNED_IN, fails=(404,))
async def mark_conversation_seen(
    db: Db, actor: Me, conversation_id: Id, data: JSONBody[SeenUpTo | None] = None
) -> SeenAnswer:
    """Note how far the reader has read: to the end, or up to a seq. Never back.

    Without a body everything is read.
    """
    async with db.as_user(actor) as tx:
        up_to_seq = None if data is None else data.up_to_seq
        return SeenAnswer(seen_up_to=await actions.mark_seen(tx, actor, conversation_id, up_to_seq))


@get("/api/messages/unread-count", who=SIGNED_IN)
async def show_unread_count(db: Db, actor: Me) -> UnreadAnswer:
    """Count what the reader has not read."""
    async with db.as_user(actor, readonly=True) as tx:
        unread = await queries.unread(tx, actor.id)
    counts = {str(conversation.conversation_id): conversation.count for conversation in unread}
    return UnreadAnswer(unread_count=sum(counts.values()), conversations=counts)


async def _page(db: Database, actor: Actor, kind: Kind | None, asked: Asked) -> ConversationsAnswer:
    """Return one page of a list: which conversations first, then everything about them at once."""
    async with db.as_user(actor, readonly=True) as tx:
        keys = await queries.keys(tx, actor, kind, after=asked.after, limit=asked.limit + 1)
        shown, pagination = page(keys, limit=asked.limit, key=lambda key: (key.updated_at, key.id))
        rows = await queries.conversations_for(tx, actor, [key.id for key in shown])
        if asked.include_total:
            pagination.total = await queries.count(tx, actor, kind)
    return ConversationsAnswer(conversations=rows, pagination=pagination)


ROUTES: Final = [
    list_conversations,
    list_direct_conversations,
    list_bid_conversations,
    list_campaign_conversations,
    open_conversation,
    show_conversation,
    mark_conversation_seen,
    show_unread_count,
]
