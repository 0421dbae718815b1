"""Who is typing: kept nowhere, told to the other one, and over by itself after some seconds."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from stoory.actor import Actor
from stoory.chat.hints import TypingChanged
from stoory.chat.sockets.people import People
from stoory.chat.sockets.told import TypingNow
from stoory.errors import NotFound, StooryError
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.sockets import Connections, outgoing

TYPING_SECONDS: Final = 6


class Typing:
    """Who types where, of those who are connected to this process."""

    def __init__(self, db: Database, connections: Connections, people: People) -> None:
        """Take how it is told, to whom, and who takes part in what."""
        self._db = db
        self._connections = connections
        self._people = people
        self._ends: dict[tuple[UUID, UUID], asyncio.TimerHandle] = {}
        self._told: set[asyncio.Task[None]] = set()

    async def change(self, actor: Actor, conversation_id: UUID, *, is_typing: bool) -> None:
        """Note that somebody types or has stopped; NotFound unless they take part."""
        others = await self._others(conversation_id, actor.id)
        key = conversation_id, actor.id
        if (end := self._ends.pop(key, None)) is not None:
            end.cancel()
        elif not is_typing:
            return
        if is_typing:
            loop = asyncio.get_running_loop()
            self._ends[key] = loop.call_later(TYPING_SECONDS, self._end, key, others)
        self._tell(key, others, is_typing=is_typing)

    def hear(self, hint: Hint) -> None:
        """Tell whom it concerns here, if they do share that conversation."""
        if isinstance(hint, TypingChanged) and self._connections.among(hint.user_ids):
            task = asyncio.create_task(self._show(hint))
            self._told.add(task)
            task.add_done_callback(self._told.discard)

    async def _show(self, hint: TypingChanged) -> None:
        try:
            others = await self._others(hint.conversation_id, hint.typing_id)
        except StooryError:
            return
        now = TypingNow(
            conversation_id=hint.conversation_id, user_id=hint.typing_id, is_typing=hint.is_typing
        )
        self._connections.say(others, outgoing("typing", now))

    def _end(self, key: tuple[UUID, UUID], others: tuple[UUID, ...]) -> None:
        del self._ends[key]
        self._tell(key, others, is_typing=False)

    def _tell(self, key: tuple[UUID, UUID], others: tuple[UUID, ...], *, is_typing: bool) -> None:
        self._db.bus.publish([TypingChanged(others, *key, is_typing)])

    async def _others(self, conversation_id: UUID, user_id: UUID) -> tuple[UUID, ...]:
        people = await self._people.of(conversation_id)
        if user_id not in people:
            raise NotFound
        return tuple(other for other in people if other != user_id)
