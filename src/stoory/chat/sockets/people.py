"""Who takes part in a conversation: it never changes, and is asked for with every key that somebody presses."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from stoory.chat.queries import cursors_in
from stoory.platform.database import Database
from stoory.platform.remembered import Remembered

CONVERSATIONS_REMEMBERED: Final = 4_096
FOR_SECONDS: Final = 3_600


class People:
    """The participants of conversations, remembered."""

    def __init__(self, db: Database) -> None:
        """Take where they stand."""
        self._db = db
        self._remembered: Remembered[UUID, tuple[UUID, ...]] = Remembered(
            CONVERSATIONS_REMEMBERED, seconds=FOR_SECONDS
        )

    async def of(self, conversation_id: UUID) -> tuple[UUID, ...]:
        """Return the two of a conversation; nobody for one that does not exist, which is not remembered: it may yet."""
        people = await self._remembered.get(conversation_id, partial(self._load, conversation_id))
        if not people:
            self._remembered.forget(conversation_id)
        return people

    async def _load(self, conversation_id: UUID) -> tuple[UUID, ...]:
        async with self._db.as_system("see who takes part in a conversation", readonly=True) as tx:
            return tuple(cursor.user_id for cursor in await cursors_in(tx, conversation_id))
