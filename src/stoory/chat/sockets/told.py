"""What the server tells those who are connected, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from stoory.chat.rows import ConversationRow, Message
from stoory.platform.http.pages import encode_cursor
from stoory.platform.sockets import Told

Cursor = Annotated[str, Meta(description="what to send as `since` of the next resume", examples=["WzQyXQ"])]
Counts = Annotated[dict[str, int], Meta(examples=[{"c0000000-0000-4000-8000-000000000001": 1}])]


class NewMessage(Struct, kw_only=True):
    """A conversation has a new message. Goes to every socket of both people, the sender's own included.

    Whoever writes has read everything before it.
    """

    conversation_id: UUID
    seq: int
    message: Message
    cursor: Cursor


class ConversationUpdated(Struct, kw_only=True):
    """A conversation was opened, its deal has moved, or an older message was answered.

    When one was answered, `message` is that message as it is now.
    """

    conversation_id: UUID
    reason: Literal["opened", "moved", "answered"]
    conversation: ConversationRow
    message: Message | UnsetType = UNSET
    cursor: Cursor


class MessageSeen(Struct, kw_only=True):
    """Somebody has read a conversation up to that message; their own other sockets hear it too."""

    conversation_id: UUID
    user_id: UUID
    up_to_seq: int
    cursor: Cursor


class MessageDeleted(Struct, kw_only=True):
    """A message was deleted by who wrote it; an empty one stands in its place."""

    conversation_id: UUID
    message_id: UUID
    seq: int
    cursor: Cursor


class TypingNow(Struct, kw_only=True):
    """The other one is typing, or has stopped; unless renewed it ends after six seconds."""

    conversation_id: UUID
    user_id: UUID
    is_typing: bool


class PresenceNow(Struct, kw_only=True):
    """Somebody with whom one shares a conversation has come or gone.

    After connecting one is told of all of them who are there.
    """

    user_id: UUID
    online: bool
    last_seen_at: datetime | None


class UnreadCount(Struct, kw_only=True):
    """How many messages are unread has changed: in all, and in each conversation where it did."""

    unread_count: int
    conversations: Counts


TOLD: Final = [
    Told("new_message", NewMessage),
    Told("conversation_updated", ConversationUpdated),
    Told("message_seen", MessageSeen),
    Told("message_deleted", MessageDeleted),
    Told("typing", TypingNow),
    Told("presence", PresenceNow),
    Told("unread_count", UnreadCount),
]


def cursor(number: int) -> str:
    """Return what a client sends to be told everything after that number of its news."""
    return encode_cursor((number,))
