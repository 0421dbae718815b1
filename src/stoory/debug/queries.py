"""Rows as they are stored, for the people who have to find out why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.platform.database import Tx


class StoredConversation(Struct, kw_only=True):
    """A conversation and how far its people have read."""

    id: UUID
    campaign_id: UUID | None
    bid_id: UUID | None
    request_id: UUID | None
    brand_owner_id: UUID | None
    influencer_id: UUID | None
    admin_id: UUID | None
    chat_status: str
    flow_state: str | None
    awaiting_role: str | None
    automation_enabled: bool
    last_seq: int
    messages: int
    open_actions: int
    participations: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class StoredMessage(Struct, kw_only=True):
    """A message with everything but its words: those belong to the two who wrote them."""

    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    receiver_id: UUID | None
    message_type: str
    characters: int
    action_required: bool
    action_role: str | None
    action_data: dict[str, Any] | None
    flow_context: dict[str, Any] | None
    metadata: dict[str, Any] | None
    client_msg_id: str | None
    deleted_at: datetime | None
    created_at: datetime


async def conversation(tx: Tx, conversation_id: UUID) -> StoredConversation:
    """Return a conversation as it is stored; NotFound."""
    return await tx.one(
        StoredConversation,
        """
        select c.id, c.campaign_id, c.bid_id, c.request_id, c.brand_owner_id, c.influencer_id, c.admin_id,
               c.chat_status, c.flow_state, c.awaiting_role, c.automation_enabled, c.last_seq,
               (select count(*) from messages m where m.conversation_id = c.id) as messages,
               (select count(*) from messages m where m.conversation_id = c.id and m.action_required) as open_actions,
               (select coalesce(jsonb_agg(jsonb_build_object('user_id', p.user_id, 'seen_seq', p.seen_seq,
                                                             'seen_at', p.seen_at)), '[]')
                  from participations p
                 where p.conversation_id = c.id) as participations,
               c.created_at, c.updated_at
          from conversations c
         where c.id = $1
        """,
        conversation_id,
    )


async def message(tx: Tx, message_id: UUID) -> StoredMessage:
    """Return a message as it is stored, but for its words; NotFound."""
    return await tx.one(
        StoredMessage,
        """
        select id, conversation_id, seq, sender_id, receiver_id, message_type, length(message) as characters,
               action_required, action_role, action_data, flow_context, metadata, client_msg_id, deleted_at, created_at
          from messages
         where id = $1
        """,
        message_id,
    )
