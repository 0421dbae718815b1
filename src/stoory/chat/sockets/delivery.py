"""Telling those who are connected what is new for them: each piece once, in order, and nothing before its commit.

A hint only says for whom there is something; what it is stands in the table `news`, numbered for each person. Hints
that come late, twice, out of order or not at all therefore change nothing: whoever is looked at is told what follows
the number they were told last. While one look is under way the next ones gather, so that under load one is for many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog
from msgspec import Struct

from stoory.actor import Actor
from stoory.chat.hints import MessageSent, News
from stoory.chat.queries import conversations_for
from stoory.chat.queries.news import Entry, messages_at, news_of_several
from stoory.chat.rows import ConversationRow, StoredMessage
from stoory.chat.rules import message_shown
from stoory.chat.sockets import told
from stoory.chat.sockets.unread import UnreadCounts
from stoory.errors import StooryError
from stoory.platform.bus import Hint
from stoory.platform.database import Database, Tx
from stoory.platform.sockets import Connection, Connections, Outgoing, outgoing

PEOPLE_A_LOOK: Final = 100
NEWS_A_LOOK: Final = 100
"""For each of them."""
AGAIN_AFTER_SECONDS: Final = 0.25
"""When the database could not be asked."""

log = structlog.get_logger("stoory.sockets")

Place = tuple[UUID, int]


class Delivery:
    """What stands between the news and the sockets of this process."""

    def __init__(self, db: Database, connections: Connections) -> None:
        """Take where news is, and who is there to be told."""
        self._db = db
        self._connections = connections
        self._waiting: set[UUID] = set()
        self._is_wanted = asyncio.Event()
        self.unread = UnreadCounts(db, connections)

    def tell(self, message: StoredMessage, numbers: Iterable[tuple[UUID, int]]) -> None:
        """Tell people of a message that has just been written here and committed: it need not be read again.

        Whoever has not been told all before it is looked at instead.
        """
        for user_id, number in numbers:
            connections = self._connections.of(user_id)
            if not connections:
                continue
            place = message.conversation_id, message.seq
            entry = Entry(user_id, number, message.conversation_id, "sent", message.seq, None)
            page = Page(connections[0].actor, [entry], {place: message}, {})
            self._send(page, entry, [one for one in connections if one.told == number - 1])
            self.unread.note(user_id, read=page.read, written=page.written_in)

    def hear(self, hint: Hint) -> None:
        """Look at whoever has news that they have not been told."""
        if isinstance(hint, MessageSent) and len(hint.numbers) == len(hint.user_ids):
            behind = zip(hint.user_ids, hint.numbers, strict=True)
            self.look_at(user_id for user_id, number in behind if self._is_behind(user_id, number))
        elif isinstance(hint, News):
            self.look_at(hint.user_ids)

    def _is_behind(self, user_id: UUID, number: int) -> bool:
        return any(connection.told < number for connection in self._connections.of(user_id))

    def look_at(self, user_ids: Iterable[UUID]) -> None:
        """See soon what these people have not been told yet."""
        waiting = self._connections.among(user_ids)
        if waiting:
            self._waiting.update(waiting)
            self._is_wanted.set()

    def look_at_all(self) -> None:
        """See soon what anybody has not been told yet: hints may have been lost."""
        self.look_at(self._connections.user_ids)

    async def welcome(self, connection: Connection) -> None:
        """Begin to tell somebody, and go on when their socket takes more."""
        user_ids = (connection.actor.id,)
        connection.socket.when_ready(lambda: self.look_at(user_ids))
        self.look_at(user_ids)

    async def run(self) -> None:
        """Look and tell, for ever."""
        while True:
            await self._is_wanted.wait()
            user_ids = [self._waiting.pop() for _ in range(min(PEOPLE_A_LOOK, len(self._waiting)))]
            if not self._waiting:
                self._is_wanted.clear()
            try:
                await self._tell(user_ids)
            except StooryError:
                await asyncio.sleep(AGAIN_AFTER_SECONDS)
                self.look_at(user_ids)
            except Exception:
                log.exception("unforeseen")

    async def _tell(self, user_ids: list[UUID]) -> None:
        """Read what is new for these people, and send it to the sockets that were ready when it was read."""
        ready = {user_id: self._ready(user_id) for user_id in user_ids}
        known = {user_id: min(one.told for one in some) for user_id, some in ready.items() if some}
        if not known:
            return
        async with self._db.at_once("tell people what is new for them") as tx:
            news = await news_of_several(tx, known, limit=NEWS_A_LOOK)
            actors = {user_id: ready[user_id][0].actor for user_id in known}
            pages = await _pages(tx, news, actors)
        for page in pages:
            for entry in page.entries:
                self._send(page, entry, ready[entry.user_id])
            self.unread.note(page.actor.id, read=page.read, written=page.written_in)
            if len(page.entries) == NEWS_A_LOOK:
                self.look_at((page.actor.id,))

    def _ready(self, user_id: UUID) -> list[Connection]:
        return [connection for connection in self._connections.of(user_id) if connection.is_ready]

    def _send(self, page: Page, entry: Entry, connections: list[Connection]) -> None:
        """Send one piece of news to each socket that has been told all before it."""
        written: Outgoing | None = None
        for connection in connections:
            if not connection.is_ready or connection.told >= entry.number:
                continue
            if connection.told < entry.number - 1:  # what lies between is not kept any more
                connection.socket.cut_soon()
                continue
            written = written or page.written(entry)
            if written is not None:
                connection.socket.put(written)
            connection.told = entry.number


class Page(Struct):
    """News of one person, and everything needed to write it as that person sees it."""

    actor: Actor
    entries: list[Entry]
    messages: dict[Place, StoredMessage]
    conversations: dict[UUID, ConversationRow]

    @property
    def read(self) -> list[UUID]:
        """Where others have written, or their person has read."""
        return [
            entry.conversation_id
            for entry in self.entries
            if (entry.kind == "sent" and not self._is_own(entry))
            or (entry.kind == "seen" and entry.seen_by == self.actor.id)
        ]

    @property
    def written_in(self) -> list[UUID]:
        """Where their person has written."""
        return [
            entry.conversation_id for entry in self.entries if entry.kind == "sent" and self._is_own(entry)
        ]

    def _is_own(self, entry: Entry) -> bool:
        message = self.messages.get(entry.place)
        return message is not None and message.sender_id == self.actor.id

    def _is_gone(self, entry: Entry) -> bool:
        """Tell whether what it is about is not there any more."""
        is_of_message = entry.kind in ("sent", "answered", "deleted")
        is_of_conversation = entry.kind in ("opened", "moved", "answered")
        return (is_of_message and entry.place not in self.messages) or (
            is_of_conversation and entry.conversation_id not in self.conversations
        )

    def written(self, entry: Entry) -> Outgoing | None:
        """Return the event that tells a piece of news; None of what is gone."""
        if self._is_gone(entry):
            return None
        id_, seq, number = entry.conversation_id, entry.seq or 0, told.cursor(entry.number)
        if entry.kind == "seen" and entry.seen_by is not None:
            seen = told.MessageSeen(conversation_id=id_, user_id=entry.seen_by, up_to_seq=seq, cursor=number)
            return outgoing("message_seen", seen)
        if entry.kind == "sent":
            message = message_shown(self.messages[entry.place], self.actor, ())
            new = told.NewMessage(conversation_id=id_, seq=seq, message=message, cursor=number)
            return outgoing("new_message", new)
        if entry.kind == "deleted":
            deleted_id = self.messages[entry.place].id
            gone = told.MessageDeleted(conversation_id=id_, message_id=deleted_id, seq=seq, cursor=number)
            return outgoing("message_deleted", gone)
        return outgoing("conversation_updated", self._updated(entry, number))

    def _updated(self, entry: Entry, number: str) -> told.ConversationUpdated:
        reason = "answered" if entry.kind == "answered" else "opened" if entry.kind == "opened" else "moved"
        updated = told.ConversationUpdated(
            conversation_id=entry.conversation_id,
            reason=reason,
            conversation=self.conversations[entry.conversation_id],
            cursor=number,
        )
        if entry.kind == "answered":
            updated.message = message_shown(self.messages[entry.place], self.actor, ())
        return updated


async def _pages(tx: Tx, news: list[Entry], actors: dict[UUID, Actor]) -> list[Page]:
    """Return each person's news with what it is about; a message is read once for both of its people."""
    entries: dict[UUID, list[Entry]] = {}
    for entry in news:
        entries.setdefault(entry.user_id, []).append(entry)
    places = {entry.place for entry in news if entry.kind in ("sent", "answered", "deleted")}
    messages = await messages_at(tx, places) if places else {}
    pages: list[Page] = []
    for user_id, own in entries.items():
        actor = actors[user_id]
        ids = {entry.conversation_id for entry in own if entry.kind in ("opened", "moved", "answered")}
        rows = await conversations_for(tx, actor, list(ids)) if ids else []
        pages.append(Page(actor, own, messages, {row.id: row for row in rows}))
    return pages
