"""What somebody missed: everything up to where their socket is told live, nothing missing and nothing double.

A socket is told live what is numbered above where its user's news had come when it connected. So the first resume of a
connection answers what lies up to there, and a later one, from a client that has lost something, what lies up to what
it has been told. While it is answered the socket is held back, so that what is older comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final
from uuid import UUID

from msgspec import Meta, Struct

from stoory.actor import Actor
from stoory.chat.queries import conversations_for
from stoory.chat.queries.news import (
    Reader,
    cursors_of_several,
    first_sent_after,
    inbox,
    messages_after,
    messages_at,
    news_between,
    news_since_known,
)
from stoory.chat.rows import ConversationRow, Message, StoredMessage
from stoory.chat.rules import message_shown
from stoory.chat.sockets import told
from stoory.errors import Conflict, Invalid
from stoory.platform.database import Database, Tx
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import decode_cursor
from stoory.platform.sockets import Connection

NEWS_A_PAGE: Final = 100
MESSAGES_A_PAGE: Final = 100
CHARACTERS_A_PAGE: Final = 64 * 1024
"""Of messages; the one that goes beyond is the page's last."""
MOST_CONVERSATIONS: Final = 500
LARGEST_SEQ: Final = 2**53 - 1

OF_MESSAGES: Final = ("sent", "answered", "deleted")
CHANGED: Final = ("answered", "deleted")

Seq = Annotated[int, Meta(ge=0, le=LARGEST_SEQ)]


class Resume(Body):
    """Where the client stands: a cursor, or the last seq it has of some conversations; with neither it asks for one."""

    EXAMPLE: ClassVar = {"since": "WzQyXQ"}

    since: Annotated[str, Meta(max_length=100)] | None = None
    conversations: Annotated[dict[UUID, Seq], Meta(max_length=MOST_CONVERSATIONS)] | None = None


class Read(Struct):
    """How far somebody has read a conversation."""

    conversation_id: UUID
    user_id: UUID
    up_to_seq: int


class Resumed(Answer, kw_only=True):
    """What was missed.

    `messages` are new, in order; `changed` are older ones that were answered or deleted; `conversations` are the rows
    of everything that changed, `seen` how far it has been read. With `has_more`, resume again: from `cursor`, or from
    the last seqs that are known now.
    """

    messages: list[Message]
    changed: list[Message]
    conversations: list[ConversationRow]
    seen: list[Read]
    cursor: told.Cursor
    has_more: bool


class Missed(Struct):
    """What is to be answered, as it is stored."""

    messages: list[StoredMessage]
    changed: list[StoredMessage]
    conversation_ids: set[UUID]
    up_to: int
    has_more: bool


async def resume(db: Database, actor: Actor, connection: Connection, asked: Resume) -> Resumed:
    """Answer what a client missed.

    Raises Invalid; Conflict `cursor_expired` when so much has happened since that it is not kept: begin anew.
    """
    if asked.since is not None and asked.conversations is not None:
        raise Invalid.field("since", "send since or conversations, not both")
    since = decode_cursor(tuple[int], asked.since, field="since")
    connection.hold()
    is_held_on = False
    try:
        async with db.as_user_at_one_instant(actor) as tx:
            missed = await _missed(tx, connection, since, asked.conversations or {})
            answer = await _written(tx, actor, missed)
        is_held_on = answer.has_more
        if not answer.has_more:
            connection.joined_at = None
    finally:
        connection.go_on(when_resumed_again=is_held_on)
    return answer


async def _missed(tx: Tx, connection: Connection, since: tuple[int] | None, known: dict[UUID, int]) -> Missed:
    told_live_from = connection.told if connection.joined_at is None else connection.joined_at
    if known:
        return await _missed_of_conversations(tx, connection, known, told_live_from)
    if since is None:
        return Missed([], [], set(), connection.told, has_more=False)
    return await _missed_since(tx, connection, since[0], told_live_from)


async def _missed_since(tx: Tx, connection: Connection, since: int, told_live_from: int) -> Missed:
    user_id = connection.actor.id
    kept = await inbox(tx, user_id)
    if not kept.first_number - 1 <= since <= kept.last_number:
        raise Conflict("Too much has happened since; begin with the lists.", code="cursor_expired")
    found = await news_between(tx, user_id, since, told_live_from, limit=NEWS_A_PAGE + 1)
    messages = await messages_at(tx, {entry.place for entry in found if entry.kind in OF_MESSAGES})
    fitting = _fitting([messages.get(entry.place) for entry in found[:NEWS_A_PAGE]])
    entries, has_more = found[:fitting], len(found) > fitting
    sent = {entry.place: None for entry in entries if entry.kind == "sent" and entry.place in messages}
    changed = {entry.place for entry in entries if entry.kind in CHANGED and entry.place in messages}
    return Missed(
        messages=[messages[place] for place in sent],
        changed=[messages[place] for place in sorted(changed - sent.keys())],
        conversation_ids={entry.conversation_id for entry in entries},
        up_to=entries[-1].number if has_more else max(connection.told, since),
        has_more=has_more,
    )


async def _missed_of_conversations(
    tx: Tx, connection: Connection, known: dict[UUID, int], told_live_from: int
) -> Missed:
    """Return what follows the last seq of each up to what is told live, and what of the known ones has changed."""
    user_id = connection.actor.id
    live = await first_sent_after(tx, user_id, told_live_from, list(known))
    found = await messages_after(tx, known, live, limit=MESSAGES_A_PAGE + 1)
    messages = found[: _fitting(found[:MESSAGES_A_PAGE])]
    since = [entry for entry in await news_since_known(tx, user_id, known) if entry.number <= told_live_from]
    older = {
        entry.place
        for entry in since
        if entry.kind in CHANGED and (entry.seq or 0) <= known[entry.conversation_id]
    }
    changed = await messages_at(tx, older)
    return Missed(
        messages=messages,
        changed=list(changed.values()),
        conversation_ids={each.conversation_id for each in (*messages, *since)},
        up_to=connection.told,
        has_more=len(found) > len(messages),
    )


def _fitting(messages: Sequence[StoredMessage | None]) -> int:
    """Return how many of them make a page."""
    characters = 0
    for position, message in enumerate(messages, 1):
        characters += 0 if message is None else len(message.message)
        if characters >= CHARACTERS_A_PAGE:
            return position
    return len(messages)


async def _written(tx: Tx, actor: Actor, missed: Missed) -> Resumed:
    """Write all of it as the actor sees it."""
    ids = missed.conversation_ids
    readers: dict[UUID, list[Reader]] = await cursors_of_several(tx, ids) if ids else {}

    def shown(messages: list[StoredMessage]) -> list[Message]:
        return [message_shown(each, actor, readers.get(each.conversation_id, ())) for each in messages]

    return Resumed(
        messages=shown(missed.messages),
        changed=shown(missed.changed),
        conversations=await conversations_for(tx, actor, list(ids)) if ids else [],
        seen=[Read(id_, reader.user_id, reader.seq) for id_, both in readers.items() for reader in both],
        cursor=told.cursor(missed.up_to),
        has_more=missed.has_more,
    )
