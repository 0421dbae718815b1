"""Messages: pages of them, sending one, deleting one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from uuid import UUID

from litestar import Response
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import asdict

from stoory.chat import actions, queries
from stoory.chat.drafts import Draft
from stoory.chat.pages import Span, edges, span
from stoory.chat.queries import ConversationRow
from stoory.chat.rows import Message
from stoory.chat.rules import conversation_shown, message_shown
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import (
    CursorParam,
    IncludeTotal,
    Limit,
    Pagination,
    decode_cursor,
    encode_cursor,
)
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, delete, get, post

DEFAULT_PAGE_MESSAGES: Final = 50
LARGEST_SEQ: Final = 2**53 - 1
"""What every client's numbers hold exactly."""

BeforeSeq = Annotated[
    int | None,
    QueryParameter(ge=1, le=LARGEST_SEQ, description="only messages before this seq, the newest of them"),
]
AfterSeq = Annotated[
    int | None,
    QueryParameter(ge=0, le=LARGEST_SEQ, description="only messages after this seq, the oldest of them"),
]


class MessagePagination(Pagination, kw_only=True):
    """Where the next pages begin.

    `has_more` and `next_cursor` go on in the direction asked for: to newer messages after `after_seq`, otherwise
    to older ones. `before_seq` and `after_seq` are what to send for the pages on either side; `before_seq` is null
    where the conversation begins. `after_seq` sent again later brings what has come since.
    """

    before_seq: int | None
    after_seq: int


class MessagePage(Struct):
    """Messages in ascending order of seq, and the conversation they belong to."""

    messages: list[Message]
    conversation: ConversationRow
    pagination: MessagePagination


class MessagesAnswer(Answer):
    """A page of messages."""

    data: MessagePage


class SentMessage(Struct):
    """The message as its sender sees it."""

    message: Message


class SentAnswer(Answer):
    """A message is sent."""

    data: SentMessage


class SendMessage(Body):
    """A message, to a conversation or to a person."""

    EXAMPLE: ClassVar = {
        "conversation_id": "c0000000-0000-4000-8000-000000000001",
        "message": "Hello! This is my message",
        "media_url": "https://example.com/image.jpg",
    }

    conversation_id: UUID | None = None
    receiver_id: UUID | None = None
    message: Annotated[
        str, Meta(description="1 to 4000 characters once trimmed; may be empty with a media_url")
    ] = ""
    media_url: Annotated[str | None, Meta(description="an https URL of at most 2000 characters")] = None
    client_msg_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


@get("/api/messages/conversations/{conversation_id:uuid}/messages", who=SIGNED_IN, fails=(404,))
async def list_messages(
    db: Db,
    actor: Me,
    conversation_id: Id,
    *,
    before_seq: BeforeSeq = None,
    after_seq: AfterSeq = None,
    limit: Limit = DEFAULT_PAGE_MESSAGES,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> MessagesAnswer:
    """Return messages in ascending order: the latest, or those before or after a seq.

    Reading marks nothing as seen.
    """
    asked = span(*(decode_cursor(tuple[int | None, int | None], cursor) or (before_seq, after_seq)))
    async with db.as_user(actor, readonly=True) as tx:
        # The conversation is read after its messages, so that its last_seq is never behind them.
        stored = await queries.message_page(tx, conversation_id, asked, limit=limit)
        conversation = await queries.conversation(tx, actor, conversation_id)
    cursors = conversation.cursors
    page = MessagePage(
        messages=[message_shown(message, actor, cursors) for message in stored],
        conversation=conversation_shown(conversation, actor),
        pagination=_pagination(asked, [message.seq for message in stored], conversation.last_seq, limit),
    )
    if include_total:
        page.pagination.total = conversation.last_seq
    return MessagesAnswer(data=page)


@post("/api/messages", who=SIGNED_IN, status=201, fails=(404, 409))
async def send_message(db: Db, actor: Me, data: JSONBody[SendMessage]) -> Response[SentAnswer]:
    """Send a message to a conversation, or to a person with whom it opens one.

    `client_msg_id` makes a repeated send harmless: it answers the message that is there (200), and 409
    `client_msg_id_reused` if that one said something else. `media_url` is shown, never fetched.
    """
    async with db.as_user(actor) as tx:
        sent = await actions.send(tx, actor, Draft(**asdict(data)))
    return Response(SentAnswer(data=SentMessage(sent.message)), status_code=201 if sent.is_new else 200)


@delete("/api/messages/{message_id:uuid}", who=SIGNED_IN, fails=(404,))
async def delete_message(db: Db, actor: Me, message_id: Id) -> Answer:
    """Delete one's own message; it leaves an empty one in its place. Twice changes nothing."""
    async with db.as_user(actor) as tx:
        await actions.delete_message(tx, actor, message_id)
    return Answer(message="The message is deleted.")


def _pagination(asked: Span, seqs: list[int], last_seq: int, limit: int) -> MessagePagination:
    at = edges(asked, seqs, last_seq)
    cursor = None if at.onward is None else encode_cursor((at.onward.before, at.onward.after))
    return MessagePagination(
        limit=limit, next_cursor=cursor, has_more=cursor is not None, before_seq=at.before, after_seq=at.after
    )


ROUTES: Final = [list_messages, send_message, delete_message]
