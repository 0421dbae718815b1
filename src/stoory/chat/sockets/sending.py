"""Writing what people send over sockets: many at once, in one transaction, when many send at once.

Nobody waits for company: what comes while some is being written is written next, together. Whatever is not plain (a
repeated send, a conversation that is held, a session that has ended, a database that fails) is sent alone, and alone
gets the answer it gets over HTTP.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final
from uuid import UUID

import structlog

from stoory.actor import Actor
from stoory.chat import actions, drafts
from stoory.chat.actions import Sent
from stoory.chat.drafts import Draft
from stoory.chat.hints import MessageSent
from stoory.chat.queries.sending import Letter, send_messages, stored
from stoory.chat.rows import StoredMessage
from stoory.chat.rules import message_shown
from stoory.errors import Busy, Deadlocked, StooryError
from stoory.platform.database import Database

LETTERS_AT_ONCE: Final = 64
WRITERS: Final = 2
"""While one waits for the database another writes what has come since."""

log = structlog.get_logger("stoory.sockets")

Tell = Callable[[StoredMessage, Iterable[tuple[UUID, int]]], None]
"""Tells people of a message, each under the number of their news."""

Waiting = tuple[Letter, "asyncio.Future[StoredMessage | None]"]


class Outbox:
    """What waits to be written."""

    def __init__(self, db: Database, tell: Tell) -> None:
        """Take where it is written, and who tells both people of it."""
        self._db = db
        self._tell = tell
        self._waiting: deque[Waiting] = deque()
        self._is_wanted = asyncio.Event()

    async def send(self, actor: Actor, draft: Draft) -> Sent:
        """Write a message, once for each client_msg_id. Raises as `actions.send`; NotSignedIn."""
        draft = drafts.checked(draft)
        if draft.conversation_id is not None:
            message = await self._written(Letter.of(actor, draft.conversation_id, draft))
            if message is not None:
                return Sent(message_shown(message, actor, ()), is_new=True)
        async with self._db.as_user(actor) as tx:
            return await actions.send(tx, actor, draft)

    async def _written(self, letter: Letter) -> StoredMessage | None:
        written: asyncio.Future[StoredMessage | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, written))
        self._is_wanted.set()
        return await written

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on as long as the application runs."""
        return [self._write() for _ in range(WRITERS)]

    async def _write(self) -> None:
        """Write what waits, for ever."""
        while True:
            await self._is_wanted.wait()
            some = [self._waiting.popleft() for _ in range(min(LETTERS_AT_ONCE, len(self._waiting)))]
            if not self._waiting:
                self._is_wanted.clear()
            await self._write_some(some)

    async def _write_some(self, some: list[Waiting]) -> None:
        """Write these, and let whoever waits know; None for what must be sent alone."""
        try:
            messages = await self._at_once([letter for letter, _ in some])
        except BaseException as problem:
            self._give_up(some, problem)
            if not isinstance(problem, Exception):
                raise
            return
        for letter, written in some:
            written.set_result(messages.get(letter.id))

    async def _at_once(self, letters: list[Letter]) -> dict[UUID, StoredMessage]:
        """Write these in one transaction; those it has written are committed, and told to who is connected here."""
        async with self._db.at_once("write what several people send") as tx:
            written = await send_messages(tx, letters)
            messages: dict[UUID, StoredMessage] = {}
            for letter in letters:
                if (one := written.get(letter.id)) is not None:
                    message = messages[letter.id] = stored(tx, letter, one)
                    both, numbers = (letter.actor.id, one.sent_to), (one.sender_number, one.receiver_number)
                    self._tell(message, zip(both, numbers, strict=True))
                    tx.tell(MessageSent(both, message.conversation_id, message.seq, numbers))
        return messages

    def _give_up(self, some: list[Waiting], problem: BaseException) -> None:
        """Have each sent alone, but for what may be there already: without an id of its own it might be there twice."""
        if not isinstance(problem, StooryError):
            log.error("unforeseen", exc_info=problem)
        for letter, written in some:
            if isinstance(problem, Deadlocked) or letter.draft.client_msg_id is not None:
                written.set_result(None)
            else:
                written.set_exception(problem if isinstance(problem, StooryError) else Busy())
