"""What is asked of conversations, messages and cursors, and what is written to them."""

from __future__ import annotations

from stoory.chat.queries.changes import (
    Flow,
    add_automated_message,
    add_conversation,
    add_message,
    add_participations,
    advance_cursor,
    bury_message,
    lock_conversation,
    read_all,
    save_answer,
    save_flow,
    try_lock_conversation,
)
from stoory.chat.queries.conversations import (
    Key,
    Kind,
    conversation,
    conversation_between,
    conversation_for,
    conversation_with_action,
    conversations_for,
    count,
    is_active,
    keys,
    profile,
    stored_conversations,
)
from stoory.chat.queries.cursors import cursors_in, reading_position, unread, unread_in, unread_of_several
from stoory.chat.queries.messages import (
    message_in,
    message_page,
    message_sent_as,
    open_action,
    own_message,
)
from stoory.chat.rows import ConversationRow

__all__ = [
    "ConversationRow",
    "Flow",
    "Key",
    "Kind",
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
    "conversations_for",
    "count",
    "cursors_in",
    "is_active",
    "keys",
    "lock_conversation",
    "message_in",
    "message_page",
    "message_sent_as",
    "open_action",
    "own_message",
    "profile",
    "read_all",
    "reading_position",
    "save_answer",
    "save_flow",
    "stored_conversations",
    "try_lock_conversation",
    "unread",
    "unread_in",
    "unread_of_several",
]
