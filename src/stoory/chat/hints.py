"""What chat lets people know after a commit: where to look again, never what is there."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from stoory.platform.bus import Hint


class News(Hint, frozen=True):
    """There is something new for these people; what, stands numbered in the table of that name."""


class MessageSent(News, frozen=True):
    """The conversation has a new message, numbered `seq`; where it is known, as which of each one's news."""

    conversation_id: UUID
    seq: int
    numbers: tuple[int, ...] = ()


class MessageDeleted(News, frozen=True):
    """Message `seq` is now a tombstone."""

    conversation_id: UUID
    message_id: UUID
    seq: int


class Seen(News, frozen=True):
    """This person has read up to `seq`."""

    conversation_id: UUID
    seen_by: UUID
    seq: int


class ConversationChanged(News, frozen=True):
    """The conversation's own row has changed, or an older message's buttons were answered."""

    conversation_id: UUID
    reason: Literal["opened", "moved", "answered"]


class TypingChanged(Hint, frozen=True):
    """Somebody types to these people, or has stopped. Not kept anywhere: it matters for seconds only."""

    conversation_id: UUID
    typing_id: UUID
    is_typing: bool


class PresenceChanged(Hint, frozen=True):
    """These people have come or gone."""
