"""What a viewer sees of a conversation, who may talk to whom, how far somebody has read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import UNSET, Struct

from stoory.actor import Actor, Role
from stoory.chat.rows import (
    ConversationRow,
    Cursor,
    LastMessage,
    Message,
    Opaque,
    OtherUser,
    StoredConversation,
    StoredLastMessage,
    StoredMessage,
)
from stoory.errors import Invalid

SEATS: Final = {
    Role.BRAND_OWNER: "brand_owner_id",
    Role.INFLUENCER: "influencer_id",
    Role.ADMIN: "admin_id",
}
"""The column of `conversations` in which somebody of that role sits."""

ANSWERED: Final = "answered"
"""The key of `action_data` under which its answer replaces what it asked."""
FOR_THE_INFLUENCER: Final = "you_receive"
"""The key of an offer that a brand is not shown: what is left of it after commission."""


def message_shown(message: StoredMessage, viewer: Actor, cursors: Sequence[Cursor]) -> Message:
    """Return a message as this viewer sees it; of a deleted one only that it was there."""
    seen, seen_at = _seen(message, cursors)
    is_deleted = message.deleted_at is not None
    return Message(
        id=message.id,
        conversation_id=message.conversation_id,
        seq=message.seq,
        sender_id=message.sender_id,
        receiver_id=message.receiver_id,
        message="" if is_deleted else message.message,
        message_type=message.message_type,
        action_required=message.action_required and is_asked(message.action_role, viewer.role),
        action_data=action_shown(message.action_data, message.action_role, viewer.role),
        flow_context=message.flow_context,
        media_url=None if is_deleted else message.media_url,
        metadata=None if is_deleted else message.metadata,
        seen=seen,
        seen_at=seen_at,
        deleted=is_deleted,
        client_msg_id=message.client_msg_id if message.sender_id == viewer.id else None,
        created_at=message.created_at,
    )


def conversation_shown(conversation: StoredConversation, viewer: Actor) -> ConversationRow:
    """Return a conversation as this viewer sees it; whoever only looks on has nothing unread."""
    takes_part = conversation.near_id == viewer.id
    return ConversationRow(
        id=conversation.id,
        campaign_id=conversation.campaign_id,
        bid_id=conversation.bid_id,
        request_id=conversation.request_id,
        brand_owner_id=conversation.brand_owner_id,
        influencer_id=conversation.influencer_id,
        chat_status=conversation.chat_status,
        flow_state=conversation.flow_state,
        awaiting_role=conversation.awaiting_role,
        automation_enabled=conversation.automation_enabled,
        flow_data=flow_data_shown(conversation.flow_data, viewer.role),
        payment_required=conversation.payment_required,
        payment_completed=conversation.payment_completed,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        last_message=_last_message(conversation.last_message, viewer.role),
        other_user=OtherUser(
            id=conversation.far_id,
            name=conversation.far_name,
            role=conversation.far_role,
            profile_image_url=conversation.far_profile_image_url,
        ),
        unread_count=conversation.last_seq - conversation.near_seen_seq if takes_part else 0,
        last_seq=conversation.last_seq,
        support=UNSET if conversation.admin_id is None else True,
        priority=UNSET if conversation.has_priority is None else conversation.has_priority,
    )


def as_last(message: StoredMessage) -> StoredLastMessage:
    """Return a message as a conversation carries its newest one."""
    return StoredLastMessage(
        id=message.id,
        message=message.message,
        message_type=message.message_type,
        sender_id=message.sender_id,
        created_at=message.created_at,
        action_required=message.action_required,
        action_data=message.action_data,
        action_role=message.action_role,
        deleted_at=message.deleted_at,
    )


def is_asked(awaited: Role | None, viewer: Role) -> bool:
    """Return whether a message's buttons are for this viewer: the awaited side, or an operator for it."""
    return awaited is not None and viewer in (awaited, Role.ADMIN)


def action_shown(action_data: Opaque | None, awaited: Role | None, viewer: Role) -> Opaque | None:
    """Return what a message asks of this viewer; once answered, the answer alone, and to everybody."""
    if action_data is None:
        return None
    if ANSWERED in action_data:
        return {ANSWERED: action_data[ANSWERED]}
    return action_data if is_asked(awaited, viewer) else None


def flow_data_shown(flow_data: Opaque | None, viewer: Role) -> Opaque | None:
    """Return the deal's data without what only the influencer is told."""
    if flow_data is None or "offers" not in flow_data or viewer is not Role.BRAND_OWNER:
        return flow_data
    return {**flow_data, "offers": [_without(offer, FOR_THE_INFLUENCER) for offer in flow_data["offers"]]}


class Seats(Struct, frozen=True, kw_only=True):
    """Who a new conversation is between, and the deal it belongs to, if to one."""

    brand_owner_id: UUID | None = None
    influencer_id: UUID | None = None
    admin_id: UUID | None = None
    campaign_id: UUID | None = None
    bid_id: UUID | None = None
    request_id: UUID | None = None


def seats(actor: Actor, other_id: UUID, other_role: Role, *, field: str) -> Seats:
    """Return where two people sit: a brand owner facing an influencer, or either facing an operator.

    Raises Invalid for two of one role: a conversation has one seat for each.
    """
    if actor.role is other_role:
        raise Invalid.field(field, "must be somebody of another role than yours")
    return Seats(**{SEATS[actor.role]: actor.id, SEATS[other_role]: other_id})


def read_up_to(asked: int | None, *, seen_seq: int, last_seq: int) -> int:
    """Return where a cursor moves: to the end unless asked for less, never back, never beyond what there is."""
    return max(seen_seq, last_seq if asked is None else min(asked, last_seq))


def _without(offer: Opaque, hidden: str) -> Opaque:
    return {key: value for key, value in offer.items() if key != hidden}


def _seen(message: StoredMessage, cursors: Sequence[Cursor]) -> tuple[bool, datetime | None]:
    """Return whether everybody a message was for has read it, and since when.

    It is for its receiver where it names one, otherwise for whoever did not send it.
    """
    is_read, latest = False, None
    for cursor in cursors:
        if cursor.user_id == message.sender_id or message.receiver_id not in (None, cursor.user_id):
            continue
        if cursor.seq < message.seq:
            return False, None
        is_read = True
        if cursor.at is not None and (latest is None or cursor.at > latest):
            latest = cursor.at
    return is_read, latest


def _last_message(last: StoredLastMessage | None, viewer: Role) -> LastMessage | None:
    if last is None:
        return None
    return LastMessage(
        id=last.id,
        message="" if last.deleted_at is not None else last.message,
        message_type=last.message_type,
        sender_id=last.sender_id,
        created_at=last.created_at,
        action_required=last.action_required and is_asked(last.action_role, viewer),
        action_data=action_shown(last.action_data, last.action_role, viewer),
    )
