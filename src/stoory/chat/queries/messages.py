"""Messages: pages of them, and single ones."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from stoory.chat.pages import Span
from stoory.chat.rows import StoredMessage
from stoory.platform.database import Tx

BEYOND_EVERY_SEQ: Final = 2**63 - 1
"""Stands for no seq in particular: an expression would not be looked up in the index, as a plain parameter is."""


async def message_page(tx: Tx, conversation_id: UUID, span: Span, *, limit: int) -> list[StoredMessage]:
    """Return the messages of a span in ascending order, those nearest to where it begins."""
    if span.after is not None:
        return await _messages_after(tx, conversation_id, span.after, limit)
    return (await _messages_before(tx, conversation_id, span.before, limit))[::-1]


async def _messages_before(
    tx: Tx, conversation_id: UUID, before_seq: int | None, limit: int
) -> list[StoredMessage]:
    """Return the newest messages before that seq (None: the newest of all), newest first."""
    return await tx.all(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
          from messages
         where conversation_id = $1
           and seq < $2
      order by seq desc
         limit $3
        """,
        conversation_id,
        BEYOND_EVERY_SEQ if before_seq is None else before_seq,
        limit,
    )


async def _messages_after(tx: Tx, conversation_id: UUID, after_seq: int, limit: int) -> list[StoredMessage]:
    return await tx.all(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
          from messages
         where conversation_id = $1
           and seq > $2
      order by seq
         limit $3
        """,
        conversation_id,
        after_seq,
        limit,
    )


async def message_in(tx: Tx, conversation_id: UUID, message_id: UUID) -> StoredMessage | None:
    """Return a message of that conversation, if it is one."""
    return await tx.maybe(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
          from messages
         where conversation_id = $1
           and id = $2
        """,
        conversation_id,
        message_id,
    )


async def open_action(tx: Tx, conversation_id: UUID) -> StoredMessage | None:
    """Return the one message that still waits for an answer, if any."""
    return await tx.maybe(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
          from messages
         where conversation_id = $1
           and action_required
        """,
        conversation_id,
    )


async def message_sent_as(tx: Tx, sender_id: UUID, client_msg_id: str) -> StoredMessage:
    """Return the message somebody sent under that id of their own; NotFound if they never did."""
    return await tx.one(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
          from messages
         where sender_id = $1
           and client_msg_id = $2
        """,
        sender_id,
        client_msg_id,
    )


async def own_message(tx: Tx, sender_id: UUID, message_id: UUID) -> StoredMessage:
    """Return a message this person wrote; NotFound for anybody else's, and for automated ones."""
    return await tx.one(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
          from messages
         where id = $1
           and sender_id = $2
           and message_type = 'user'
        """,
        message_id,
        sender_id,
    )
