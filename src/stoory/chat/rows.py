"""Conversations and messages, twice: as they are stored, and as one viewer sees them on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from stoory.actor import Role

ChatStatus = Literal["direct", "automated", "completed"]
MessageType = Literal["user", "system", "automated"]
Opaque = dict[str, Any]
"""JSON of the deal: kept and shown, never understood here."""


class Cursor(Struct, frozen=True):
    """How far one participant has read, and when they last read on."""

    user_id: UUID
    seq: int
    at: datetime | None


class StoredMessage(Struct, frozen=True, kw_only=True):
    """A message with everything in it: nobody is shown this."""

    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    receiver_id: UUID | None
    message: str
    message_type: MessageType
    action_required: bool
    action_data: Opaque | None
    action_role: Role | None
    flow_context: Opaque | None
    media_url: str | None
    metadata: Opaque | None
    client_msg_id: str | None
    deleted_at: datetime | None
    created_at: datetime


class Message(Struct, frozen=True, kw_only=True):
    """A message as one viewer sees it."""

    id: UUID
    conversation_id: UUID
    seq: int
    sender_id: UUID
    receiver_id: UUID | None
    message: str
    message_type: MessageType
    action_required: bool
    action_data: Opaque | None
    flow_context: Opaque | None
    media_url: str | None
    metadata: Opaque | None
    seen: bool
    seen_at: datetime | None
    deleted: bool
    client_msg_id: str | None
    created_at: datetime


class StoredLastMessage(Struct, frozen=True, kw_only=True):
    """The newest message of a conversation, with what depends on who looks."""

    id: UUID
    message: str
    message_type: MessageType
    sender_id: UUID
    created_at: datetime
    action_required: bool
    action_data: Opaque | None
    action_role: Role | None
    deleted_at: datetime | None


class StoredConversation(Struct, frozen=True, kw_only=True):
    """A conversation with its newest message, its two people's cursors and the profile of the far one.

    The near one is the viewer; for an operator looking on, the brand owner (or whoever is there instead).
    """

    id: UUID
    campaign_id: UUID | None
    bid_id: UUID | None
    request_id: UUID | None
    brand_owner_id: UUID | None
    influencer_id: UUID | None
    admin_id: UUID | None
    chat_status: ChatStatus
    flow_state: str | None
    awaiting_role: str | None
    automation_enabled: bool
    flow_data: Opaque | None
    payment_required: bool
    payment_completed: bool
    created_at: datetime
    updated_at: datetime
    last_seq: int
    near_id: UUID
    near_seen_seq: int
    near_seen_at: datetime | None
    far_id: UUID
    far_seen_seq: int
    far_seen_at: datetime | None
    far_name: str
    far_role: Role
    far_profile_image_url: str | None
    last_message: StoredLastMessage | None
    has_priority: bool | None = None
    """Whether the customer of a support thread has a plan with priority; None in any other."""

    @property
    def customer_id(self) -> UUID | None:
        """Whose support thread it is; None of any other conversation."""
        return None if self.admin_id is None else self.brand_owner_id or self.influencer_id

    @property
    def cursors(self) -> tuple[Cursor, Cursor]:
        """Return how far the two have read."""
        return (
            Cursor(self.near_id, self.near_seen_seq, self.near_seen_at),
            Cursor(self.far_id, self.far_seen_seq, self.far_seen_at),
        )


class LastMessage(Struct, frozen=True, kw_only=True):
    """The newest message of a conversation, as the viewer of a list sees it."""

    id: UUID
    message: str
    message_type: MessageType
    sender_id: UUID
    created_at: datetime
    action_required: bool
    action_data: Opaque | None


class OtherUser(Struct, frozen=True, kw_only=True):
    """Whom the viewer talks to."""

    id: UUID
    name: str
    role: Role
    profile_image_url: str | None


class ConversationRow(Struct, frozen=True, kw_only=True):
    """A conversation as one viewer sees it.

    `support` is there, and true, in a thread with an operator; `priority` too, true where the customer's plan has it.
    """

    id: UUID
    campaign_id: UUID | None
    bid_id: UUID | None
    request_id: UUID | None
    brand_owner_id: UUID | None
    influencer_id: UUID | None
    chat_status: ChatStatus
    flow_state: str | None
    awaiting_role: str | None
    automation_enabled: bool
    flow_data: Opaque | None
    payment_required: bool
    payment_completed: bool
    created_at: datetime
    updated_at: datetime
    last_message: LastMessage | None
    other_user: OtherUser
    unread_count: int
    last_seq: int
    support: Literal[True] | UnsetType = UNSET
    priority: bool | UnsetType = UNSET
