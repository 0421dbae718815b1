"""What is written: conversations, messages, and how far they were read."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from stoory.actor import SYSTEM_USER_ID, Role
from stoory.chat.drafts import Draft
from stoory.chat.rows import Opaque, StoredMessage
from stoory.chat.rules import Seats
from stoory.platform.database import Tx


class People(Struct, frozen=True):
    """Who takes part in a conversation; one of the three seats is empty."""

    brand_owner_id: UUID | None
    influencer_id: UUID | None
    admin_id: UUID | None

    @property
    def ids(self) -> tuple[UUID, ...]:
        """Return the two."""
        return tuple(
            id_ for id_ in (self.brand_owner_id, self.influencer_id, self.admin_id) if id_ is not None
        )


async def lock_conversation(tx: Tx, conversation_id: UUID) -> People:
    """Lock a conversation until the transaction ends: the first lock of every move. Needs `tx.as_system`."""
    return await tx.one(
        People,
        """
        select brand_owner_id, influencer_id, admin_id
          from conversations
         where id = $1
           for update
        """,
        conversation_id,
    )


async def try_lock_conversation(tx: Tx, conversation_id: UUID) -> bool:
    """Lock a conversation as `lock_conversation` does; False, at once, while somebody else holds it."""
    return bool(
        await tx.run(
            """
            select
              from conversations
             where id = $1
               for update skip locked
            """,
            conversation_id,
        )
    )


class Flow(Struct, frozen=True, kw_only=True):
    """What a deal shows of itself in its conversation; without one there is no deal."""

    chat_status: str = "direct"
    flow_state: str | None = None
    awaiting_role: str | None = None
    flow_data: object = None
    automation_enabled: bool = False
    payment_required: bool = False
    payment_completed: bool = False


async def add_conversation(tx: Tx, conversation_id: UUID, seats: Seats, flow: Flow) -> bool:
    """Write a conversation; False if the two have one already. Needs `tx.as_system`."""
    added = await tx.run(
        """
        insert into conversations (id, campaign_id, bid_id, request_id, brand_owner_id, influencer_id, admin_id,
                                   created_at, updated_at, chat_status, flow_state, awaiting_role, flow_data,
                                   automation_enabled, payment_required, payment_completed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14, $15)
   on conflict do nothing
        """,
        conversation_id,
        seats.campaign_id,
        seats.bid_id,
        seats.request_id,
        seats.brand_owner_id,
        seats.influencer_id,
        seats.admin_id,
        tx.now,
        *astuple(flow),
    )
    return added == 1


async def add_participations(tx: Tx, conversation_id: UUID, one_id: UUID, other_id: UUID) -> None:
    """Give both people of a new conversation a cursor. Needs `tx.as_system`."""
    await tx.run(
        """
        insert into participations (conversation_id, user_id, other_user_id)
        values ($1, $2, $3),
               ($1, $3, $2)
        """,
        conversation_id,
        one_id,
        other_id,
    )


async def save_flow(tx: Tx, conversation_id: UUID, flow: Flow) -> People:
    """Write a deal's projection. Needs `tx.as_system`."""
    return await tx.one(
        People,
        """
        update conversations
           set updated_at = greatest(updated_at, $2),
               chat_status = $3,
               flow_state = $4,
               awaiting_role = $5,
               flow_data = $6,
               automation_enabled = $7,
               payment_required = $8,
               payment_completed = $9
         where id = $1
     returning brand_owner_id, influencer_id, admin_id
        """,
        conversation_id,
        tx.now,
        *astuple(flow),
    )


async def add_message(tx: Tx, sender_id: UUID, message_id: UUID, draft: Draft) -> StoredMessage | None:
    """Write a person's message and number it, in one statement.

    None if the sender does not take part in the conversation, or has used that client_msg_id before.
    """
    return await tx.maybe(
        StoredMessage,
        """
        insert into messages (id, conversation_id, sender_id, receiver_id, message, media_url, client_msg_id,
                              created_at)
        select $1, p.conversation_id, p.user_id, p.other_user_id, $4, $5, $6, $7
          from participations p
         where p.conversation_id = $2
           and p.user_id = $3
     returning id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
        """,
        message_id,
        draft.conversation_id,
        sender_id,
        draft.message,
        draft.media_url,
        draft.client_msg_id,
        tx.now,
    )


class Announcement(Struct, frozen=True, kw_only=True):
    """What the system says in a conversation."""

    text: str
    action_data: object | None = None
    action_role: Role | None = None
    flow_context: object | None = None
    receiver_id: UUID | None = None
    metadata: object | None = None


class Announced(People, frozen=True):
    """A message of the system's: its number, and who takes part."""

    seq: int


async def add_automated_message(
    tx: Tx, conversation_id: UUID, message_id: UUID, said: Announcement
) -> Announced:
    """Write a message of the system's and number it."""
    return await tx.one(
        Announced,
        """
        insert into messages (id, conversation_id, sender_id, receiver_id, message, message_type,
                              action_required, action_data, action_role, flow_context, metadata, created_at)
        values ($1, $2, $3, $4, $5, 'automated', $6::varchar is not null, $7, $6, $8, $9, $10)
     returning brand_owner_id, influencer_id, admin_id, seq
        """,
        message_id,
        conversation_id,
        SYSTEM_USER_ID,
        said.receiver_id,
        said.text,
        said.action_role,
        said.action_data,
        said.flow_context,
        said.metadata,
        tx.now,
    )


class Answered(People, frozen=True):
    """The message whose buttons were answered, and who takes part."""

    id: UUID


async def save_answer(tx: Tx, conversation_id: UUID, answered: Opaque) -> Answered | None:
    """Close the open action of a conversation; its buttons stay in the row, but are shown to nobody."""
    return await tx.maybe(
        Answered,
        """
        update messages
           set action_required = false,
               action_data = coalesce(action_data, '{}') || jsonb_build_object('answered', $2::jsonb)
         where conversation_id = $1
           and action_required
     returning id, brand_owner_id, influencer_id, admin_id
        """,
        conversation_id,
        answered,
    )


async def bury_message(tx: Tx, sender_id: UUID, message_id: UUID) -> bool:
    """Mark a person's own message as deleted; False if it is already."""
    buried = await tx.run(
        """
        update messages
           set deleted_at = $3
         where id = $1
           and sender_id = $2
           and message_type = 'user'
           and deleted_at is null
        """,
        message_id,
        sender_id,
        tx.now,
    )
    return buried == 1


class Advanced(Struct, frozen=True):
    """How far somebody has now read."""

    seen_seq: int


class ReadAll(Struct, frozen=True):
    """A cursor that was moved to the end."""

    other_user_id: UUID
    seen_seq: int


async def read_all(tx: Tx, conversation_id: UUID, user_id: UUID) -> ReadAll | None:
    """Move somebody's cursor to the end; None if it is there already, or if they take no part."""
    return await tx.maybe(
        ReadAll,
        """
        update participations p
           set seen_seq = c.last_seq,
               seen_at = $3
          from conversations c
         where c.id = p.conversation_id
           and p.conversation_id = $1
           and p.user_id = $2
           and p.seen_seq < c.last_seq
     returning p.other_user_id, p.seen_seq
        """,
        conversation_id,
        user_id,
        tx.now,
    )


async def advance_cursor(tx: Tx, conversation_id: UUID, user_id: UUID, seq: int) -> int:
    """Move somebody's cursor on, never back, and return where it is; NotFound for whoever takes no part."""
    moved = await tx.one(
        Advanced,
        """
        update participations
           set seen_seq = greatest(seen_seq, $3),
               seen_at = $4
         where conversation_id = $1
           and user_id = $2
     returning seen_seq
        """,
        conversation_id,
        user_id,
        seq,
        tx.now,
    )
    return moved.seen_seq
