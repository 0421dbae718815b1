"""What people do in a chat, and what a deal writes into its conversation.

The deal's half (`open_for_deal` and below) runs outside the walls: its callers have loaded the deal as the
user and gone on with `tx.as_system`.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from msgspec import Struct
from msgspec.structs import replace

from stoory.actor import Actor, Role
from stoory.chat import drafts, queries, rules
from stoory.chat.drafts import Draft
from stoory.chat.hints import ConversationChanged, MessageDeleted, MessageSent, Seen
from stoory.chat.queries import Flow
from stoory.chat.queries.changes import Announcement
from stoory.chat.rows import Message, Opaque, StoredMessage
from stoory.chat.rules import Seats
from stoory.errors import Conflict, Invalid, NotFound
from stoory.platform.database import Tx


class Sent(Struct, frozen=True):
    """A message as its sender sees it; not new when this is a repeated send."""

    message: Message
    is_new: bool


async def send(tx: Tx, actor: Actor, draft: Draft) -> Sent:
    """Write a message, once for each client_msg_id.

    Raises Invalid; NotFound unless the actor takes part in the conversation; Conflict `client_msg_id_reused`.
    """
    draft = await _addressed(tx, actor, drafts.checked(draft))
    message = await queries.add_message(tx, actor.id, uuid4(), draft)
    if message is None:
        return await _sent_before(tx, actor, draft)
    tx.tell(MessageSent(people(message), message.conversation_id, message.seq))
    return Sent(rules.message_shown(message, actor, ()), is_new=True)


async def _addressed(tx: Tx, actor: Actor, draft: Draft) -> Draft:
    """Return the draft with a conversation to go to."""
    if draft.receiver_id is None:
        return draft
    opened = await open_direct(tx, actor, draft.receiver_id, field="receiver_id")
    return replace(draft, conversation_id=opened.conversation_id)


async def _sent_before(tx: Tx, actor: Actor, draft: Draft) -> Sent:
    """Return what was sent under that id the first time."""
    if draft.client_msg_id is None:
        raise NotFound
    message = await queries.message_sent_as(tx, actor.id, draft.client_msg_id)
    if not drafts.says_the_same(message, draft):
        raise Conflict("This client_msg_id belongs to another message of yours.", code="client_msg_id_reused")
    cursors = await queries.cursors_in(tx, message.conversation_id)
    return Sent(rules.message_shown(message, actor, cursors), is_new=False)


class Opened(Struct, frozen=True):
    """The conversation two people have now."""

    conversation_id: UUID
    is_new: bool


async def open_direct(tx: Tx, actor: Actor, user_id: UUID, *, field: str = "user_id") -> Opened:
    """Find or open the one conversation of two people outside any deal; with an operator it is a support thread.

    Raises Invalid for oneself and for somebody of one's own role, NotFound for nobody and for the suspended.
    """
    if user_id == actor.id:
        raise Invalid.field(field, "must be somebody else")
    existing = await queries.conversation_between(tx, actor.id, user_id)
    if existing is not None:
        return Opened(existing.id, is_new=False)
    other = await queries.profile(tx, user_id)
    seats = rules.seats(actor, other.id, other.role, field=field)

    await tx.as_system("open a conversation: both people's rows")
    if not await queries.is_active(tx, other.id):
        raise NotFound
    conversation_id = uuid4()
    if not await queries.add_conversation(tx, conversation_id, seats, Flow()):
        return Opened(await _opened_meanwhile(tx, actor, other.id), is_new=False)
    await queries.add_participations(tx, conversation_id, actor.id, other.id)
    tx.tell(ConversationChanged((actor.id, other.id), conversation_id, "opened"))
    return Opened(conversation_id, is_new=True)


async def _opened_meanwhile(tx: Tx, actor: Actor, other_id: UUID) -> UUID:
    """Return the conversation that a request at the same time has opened and committed."""
    existing = await queries.conversation_between(tx, actor.id, other_id)
    if existing is None:
        raise NotFound
    return existing.id


async def mark_seen(tx: Tx, actor: Actor, conversation_id: UUID, up_to_seq: int | None) -> int:
    """Move the actor's cursor on, to the end unless told how far, and return where it is."""
    position = await queries.reading_position(tx, conversation_id, actor.id)
    if position is None:
        raise NotFound
    seq = rules.read_up_to(up_to_seq, seen_seq=position.seen_seq, last_seq=position.last_seq)
    if seq == position.seen_seq:
        return seq
    seq = await queries.advance_cursor(tx, conversation_id, actor.id, seq)
    tx.tell(Seen((actor.id, position.other_user_id), conversation_id, actor.id, seq))
    return seq


async def delete_message(tx: Tx, actor: Actor, message_id: UUID) -> None:
    """Leave a tombstone where the actor's own message was; the row stays, for disputes. Twice changes nothing."""
    message = await queries.own_message(tx, actor.id, message_id)
    if await queries.bury_message(tx, actor.id, message_id):
        tx.tell(MessageDeleted(people(message), message.conversation_id, message.id, message.seq))


async def open_for_deal(
    tx: Tx,
    *,
    request_id: UUID,
    campaign_id: UUID | None,
    bid_id: UUID | None,
    brand_owner_id: UUID,
    influencer_id: UUID,
    flow: Flow,
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
    if not await queries.add_conversation(tx, conversation_id, seats, flow):
        raise Conflict("There is an open conversation about this already.", code="already_applied")
    await queries.add_participations(tx, conversation_id, brand_owner_id, influencer_id)

    tx.tell(ConversationChanged((brand_owner_id, influencer_id), conversation_id, "opened"))
    return conversation_id


async def project(tx: Tx, conversation_id: UUID, flow: Flow) -> None:
    """Show in the conversation where its deal stands."""
    people = await queries.save_flow(tx, conversation_id, flow)
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
) -> None:
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
    message = await queries.add_automated_message(tx, conversation_id, uuid4(), said)
    tx.tell(MessageSent(message.ids, conversation_id, message.seq))


async def close_action(tx: Tx, conversation_id: UUID, *, answered: Opaque) -> UUID | None:
    """Put the answer in place of the buttons that waited for it; whoever calls holds the conversation.

    Returns that message's id; None if none waited. `answered` is {action, by_role, at}.
    """
    closed = await queries.save_answer(tx, conversation_id, answered)
    if closed is None:
        return None
    tx.tell(ConversationChanged(closed.ids, conversation_id, "answered"))
    return closed.id


async def mark_read(tx: Tx, conversation_id: UUID, user_id: UUID) -> None:
    """Note that this person has read everything so far; nothing for an operator who takes no part."""
    read = await queries.read_all(tx, conversation_id, user_id)
    if read is not None:
        tx.tell(Seen((user_id, read.other_user_id), conversation_id, user_id, read.seen_seq))


def people(message: StoredMessage) -> tuple[UUID, ...]:
    """Return the two whom a person's message is between."""
    return (message.sender_id,) if message.receiver_id is None else (message.sender_id, message.receiver_id)
