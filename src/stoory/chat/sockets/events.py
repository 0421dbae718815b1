"""What clients may do over a socket: the same as over HTTP, and what only makes sense while both are there."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from uuid import UUID

from msgspec import Meta
from msgspec.structs import asdict

from stoory.actor import Actor
from stoory.chat import actions
from stoory.chat.api.conversations import SeenAnswer, SeenUpTo
from stoory.chat.api.messages import SendMessage, SentAnswer, SentMessage
from stoory.chat.drafts import Draft
from stoory.chat.sockets import resume as missed
from stoory.chat.sockets.presence import Presences
from stoory.chat.sockets.resume import Resume, Resumed
from stoory.chat.sockets.sending import Outbox
from stoory.chat.sockets.told import PresenceNow
from stoory.chat.sockets.typing import Typing
from stoory.platform.database import Database
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.sockets import Connection, Event, event

MOST_PEOPLE: Final = 100


class IsTyping(Body):
    """Whether somebody is typing in a conversation; to be sent again at least every six seconds."""

    EXAMPLE: ClassVar = {"conversation_id": "c0000000-0000-4000-8000-000000000001", "is_typing": True}

    conversation_id: UUID
    is_typing: bool


class MarkSeen(SeenUpTo, kw_only=True):
    """How far somebody has read in a conversation; without `up_to_seq`, everything."""

    EXAMPLE: ClassVar = {"conversation_id": "c0000000-0000-4000-8000-000000000001", "up_to_seq": 12}

    conversation_id: UUID


class AboutPeople(Body):
    """Of whom one wants to know whether they are there."""

    EXAMPLE: ClassVar = {"user_ids": ["a5000000-0000-4000-8000-000000000002"]}

    user_ids: Annotated[list[UUID], Meta(max_length=MOST_PEOPLE)]


class PresenceAnswer(Answer, kw_only=True):
    """Who of them is there; those with whom one shares no conversation are left out."""

    presences: list[PresenceNow]


@event(changes=True)
async def send_message(outbox: Outbox, actor: Actor, data: SendMessage) -> SentAnswer:
    """Send a message to a conversation, or to a person with whom it opens one.

    Acknowledged once it is stored for good. Sent again under the same `client_msg_id`, whenever and over whichever
    door, it is stored once and acknowledged with the message that is there.
    """
    sent = await outbox.send(actor, Draft(**asdict(data)))
    return SentAnswer(data=SentMessage(sent.message))


@event(changes=True)
async def mark_seen(db: Database, actor: Actor, data: MarkSeen) -> SeenAnswer:
    """Note how far one has read: to the end, or up to a seq. Never back."""
    async with db.as_user(actor) as tx:
        return SeenAnswer(seen_up_to=await actions.mark_seen(tx, actor, data.conversation_id, data.up_to_seq))


@event(changes=True)
async def typing(actor: Actor, whose_typing: Typing, data: IsTyping) -> Answer:
    """Let the other one know that one is typing, or has stopped."""
    await whose_typing.change(actor, data.conversation_id, is_typing=data.is_typing)
    return Answer()


@event(changes=False)
async def presence(actor: Actor, presences: Presences, data: AboutPeople) -> PresenceAnswer:
    """Ask who of the people one shares conversations with is there, and when the others were."""
    return PresenceAnswer(presences=await presences.of(actor.id, data.user_ids))


@event(changes=False)
async def resume(db: Database, actor: Actor, connection: Connection, data: Resume) -> Resumed:
    """Ask for everything that was missed; nothing is missing between the answer and what is told live."""
    return await missed.resume(db, actor, connection, data)


EVENTS: Final[list[Event]] = [send_message, mark_seen, typing, presence, resume]
