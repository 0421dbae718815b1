"""What people do in a chat, and what a deal writes into its conversation.

The deal's half (`open_for_deal` and below) runs outside the walls: its callers have loaded the deal as the
user and gone on with `tx.as_system`.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from stoory.actor import Role
from stoory.chat import queries
from stoory.chat.hints import ConversationChanged, MessageSent, Seen
from stoory.chat.queries.changes import Announcement, Flow, Seats
from stoory.chat.rows import Opaque, StoredMessage
from stoory.errors import Conflict
from stoory.platform.database import Tx


async def open_for_deal(
    tx: Tx,
    *,
    request_id: UUID,
    campaign_id: UUID | None,
    bid_id: UUID | None,
    brand_owner_id: UUID,
    influencer_id: UUID,
) -> UUID:
    """Open the conversation of a new request; Conflict if the two have an open one about that posting."""
    conversation_id = uuid4()
    seats = Seats(
        request_id=request_id,
        campaign_id=campaign_id,
        bid_id=bid_id,
        brand_owner_id=brand_owner_id,
        influencer_id=influencer_id,
    )
    if not await queries.add_conversation(tx, conversation_id, seats):
        raise Conflict("There is an open conversation about this already.", code="already_applied")
    await queries.add_participations(tx, conversation_id, brand_owner_id, influencer_id)

    tx.tell(ConversationChanged((brand_owner_id, influencer_id), conversation_id, "opened"))
    return conversation_id


async def project(
    tx: Tx,
    conversation_id: UUID,
    *,
    chat_status: str,
    flow_state: str,
    awaiting_role: str | None,
    flow_data: object,
    automation_enabled: bool,
    payment_required: bool,
    payment_completed: bool,
) -> None:
    """Show in the conversation where its deal stands. `flow_data` is any Struct or dict with a JSON form."""
    people = await queries.save_flow(
        tx,
        conversation_id,
        Flow(
            chat_status=chat_status,
            flow_state=flow_state,
            awaiting_role=awaiting_role,
            flow_data=flow_data,
            automation_enabled=automation_enabled,
            payment_required=payment_required,
            payment_completed=payment_completed,
        ),
    )
    tx.tell(ConversationChanged(people.ids, conversation_id, "moved"))


async def announce(
    tx: Tx,
    conversation_id: UUID,
    *,
    text: str,
    action_data: object | None = None,
    action_role: Role | None = None,
    flow_context: object | None = None,
    receiver_id: UUID | None = None,
    metadata: object | None = None,
) -> StoredMessage:
    """Write an automated message; with `action_role` it asks that side for an answer.

    A conversation has one open action at most, so the one before must have been closed. `action_data`,
    `flow_context` and `metadata` are any Structs or dicts with a JSON form.
    """
    said = Announcement(
        text=text,
        action_data=action_data,
        action_role=action_role,
        flow_context=flow_context,
        receiver_id=receiver_id,
        metadata=metadata,
    )
    people = await queries.lock_conversation(tx, conversation_id)
    message = await queries.add_automated_message(tx, conversation_id, uuid4(), said)
    tx.tell(MessageSent(people.ids, conversation_id, message.seq))
    return message


async def close_action(tx: Tx, conversation_id: UUID, *, answered: Opaque) -> UUID | None:
    """Put the answer in place of the buttons that waited for it.

    Returns that message's id; None if none waited. `answered` is {action, by_role, at}.
    """
    people = await queries.lock_conversation(tx, conversation_id)
    closed = await queries.save_answer(tx, conversation_id, answered)
    if closed is None:
        return None
    tx.tell(ConversationChanged(people.ids, conversation_id, "answered"))
    return closed.id


async def mark_read(tx: Tx, conversation_id: UUID, user_id: UUID) -> None:
    """Note that this person has read everything so far; nothing for an operator who takes no part."""
    position = await queries.reading_position(tx, conversation_id, user_id)
    if position is None or position.seen_seq == position.last_seq:
        return
    seq = await queries.advance_cursor(tx, conversation_id, user_id, position.last_seq)
    tx.tell(Seen((user_id, position.other_user_id), conversation_id, user_id, seq))
