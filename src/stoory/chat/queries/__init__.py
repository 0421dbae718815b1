"""What is asked of conversations, messages and cursors, and what is written to them."""

from __future__ import annotations

from stoory.chat.queries.changes import (
    add_automated_message,
    add_conversation,
    add_message,
    add_participations,
    advance_cursor,
    bury_message,
    lock_conversation,
    save_answer,
    save_flow,
)
from stoory.chat.queries.conversations import (
    conversation,
    conversation_between,
    conversation_for,
    conversation_with_action,
    conversations,
    every_count,
    every_key,
    is_active,
    own_count,
    own_keys,
    profile,
)
from stoory.chat.queries.cursors import cursors, reading_position, unread
from stoory.chat.queries.messages import (
    message_in,
    message_sent_as,
    messages_after,
    messages_before,
    open_action,
    own_message,
)
from stoory.chat.rows import ConversationRow

__all__ = [
    "ConversationRow",
    "add_automated_message",
    "add_conversation",
    "add_message",
    "add_participations",
    "advance_cursor",
    "bury_message",
    "conversation",
    "conversation_between",
    "conversation_for",
    "conversation_with_action",
    "conversations",
    "cursors",
    "every_count",
    "every_key",
    "is_active",
    "lock_conversation",
    "message_in",
    "message_sent_as",
    "messages_after",
    "messages_before",
    "open_action",
    "own_count",
    "own_keys",
    "own_message",
    "profile",
    "reading_position",
    "save_answer",
    "save_flow",
    "unread",
]
