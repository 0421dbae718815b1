"""Writing what people send over sockets: many at once, in one transaction, when many send at once.

Nobody waits for company: what comes while some is being written is written next, together. Whatever is not plain (a
repeated send, a conversation that is held, a session that has ended, a database that fails) is sent alone, and alone
gets the answer it gets over HTTP.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import structlog

from stoory.actor import Actor
from stoory.chat import actions, drafts
from stoory.chat.actions import Sent
from stoory.chat.drafts import Draft
from stoory.chat.hints import MessageSent
from stoory.chat.queries.sending import Letter, Written, send_messages, stored
from stoory.chat.rows import StoredMessage
from stoory.chat.rules import message_shown
from stoory.errors import Busy, Deadlocked, StooryError
from stoory.platform.database import Database, Tx

LETTERS_AT_ONCE: Final = 64
WRITERS: Final = 4
"""While some wait for the database another writes what has come since."""

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
        self._is_closed = False

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
        """Return the message once it is written and committed; None when it must be sent alone."""
        if self._is_closed:
            return None
        written: asyncio.Future[StoredMessage | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, written))
        self._is_wanted.set()
        return await written

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on as long as the application runs."""
        return [self._write() for _ in range(WRITERS)]

    async def _write(self) -> None:
        """Write what waits, until we are told to stop; what waits then is sent alone."""
        try:
            while True:
                await self._is_wanted.wait()
                some = [self._waiting.popleft() for _ in range(min(LETTERS_AT_ONCE, len(self._waiting)))]
                if not self._waiting:
                    self._is_wanted.clear()
                if some:
                    await self._write_some(some)
        finally:
            self._is_closed = True
            while self._waiting:
                _settle(self._waiting.popleft()[1], None)

    async def _write_some(self, some: list[Waiting]) -> None:
        """Write these in one transaction, and let both people and whoever waits know."""
        letters = [letter for letter, _ in some]
        try:
            async with self._db.at_once("write what several people send") as tx:
                written = await send_messages(tx, letters)
                messages = {
                    letter.id: stored(tx, letter, written[letter.id])
                    for letter in letters
                    if letter.id in written
                }
                self._tell_both(tx, messages, written)
        except BaseException as problem:
            _give_up(some, problem)
            if not isinstance(problem, Exception):
                raise
            return
        for letter, waiting in some:
            _settle(waiting, messages.get(letter.id))

    def _tell_both(
        self, tx: Tx, messages: Mapping[UUID, StoredMessage], written: Mapping[UUID, Written]
    ) -> None:
        """Tell who is connected here, and give a hint to the others. It is written, whatever goes wrong here."""
        for id_, message in messages.items():
            both = message.sender_id, written[id_].sent_to
            numbers = written[id_].sender_number, written[id_].receiver_number
            try:
                self._tell(message, zip(both, numbers, strict=True))
            except Exception:
                log.exception("unforeseen")
            tx.tell(MessageSent(both, message.conversation_id, message.seq, numbers))


def _give_up(some: list[Waiting], problem: BaseException) -> None:
    """Have each sent alone, but for what may be there already: without an id of its own it might be there twice."""
    if not isinstance(problem, StooryError | asyncio.CancelledError):
        log.error("unforeseen", exc_info=problem)
    for letter, waiting in some:
        if isinstance(problem, Deadlocked) or letter.draft.client_msg_id is not None:
            _settle(waiting, None)
        elif not waiting.done():
            waiting.set_exception(problem if isinstance(problem, StooryError) else Busy())


def _settle(waiting: asyncio.Future[StoredMessage | None], message: StoredMessage | None) -> None:
    """Let whoever waits go on, if they still do."""
    if not waiting.done():
        waiting.set_result(message)
