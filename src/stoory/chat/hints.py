"""What chat lets people know after a commit: where to look again, never what is there."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from stoory.platform.bus import Hint


class MessageSent(Hint, frozen=True):
    """The conversation has a new message, numbered `seq`."""

    conversation_id: UUID
    seq: int


class MessageDeleted(Hint, frozen=True):
    """Message `seq` is now a tombstone."""

    conversation_id: UUID
    message_id: UUID
    seq: int


class Seen(Hint, frozen=True):
    """This person has read up to `seq`."""

    conversation_id: UUID
    seen_by: UUID
    seq: int


class ConversationChanged(Hint, frozen=True):
    """The conversation's own row has changed, or an older message's buttons were answered."""

    conversation_id: UUID
    reason: Literal["opened", "moved", "answered"]
