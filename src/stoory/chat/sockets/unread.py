"""Telling people how many messages they have not read, a little later than what changed it: once for many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog

from stoory.chat.queries import unread_of_several
from stoory.chat.queries.news import Entry
from stoory.chat.sockets.told import UnreadCount
from stoory.errors import StooryError
from stoory.platform.database import Database
from stoory.platform.sockets import Connections, outgoing

GATHER_SECONDS: Final = 0.25

log = structlog.get_logger("stoory.sockets")


class UnreadCounts:
    """Whose counts have changed, and in which conversations."""

    def __init__(self, db: Database, connections: Connections) -> None:
        """Take where the counts are, and who is there to be told."""
        self._db = db
        self._connections = connections
        self._changed: dict[UUID, set[UUID]] = {}
        self._is_wanted = asyncio.Event()

    def note(self, user_id: UUID, entries: Iterable[Entry]) -> None:
        """Count again where messages have come or been read."""
        changed = {entry.conversation_id for entry in entries if _counts(entry)}
        if changed:
            self._changed.setdefault(user_id, set()).update(changed)
            self._is_wanted.set()

    async def run(self) -> None:
        """Count and tell, for ever."""
        while True:
            await self._is_wanted.wait()
            await asyncio.sleep(GATHER_SECONDS)
            changed, self._changed = self._changed, {}
            self._is_wanted.clear()
            try:
                await self._tell(changed)
            except StooryError:
                pass  # the next change brings the count
            except Exception:
                log.exception("unforeseen")

    async def _tell(self, changed: dict[UUID, set[UUID]]) -> None:
        async with self._db.at_once("count what people have not read") as tx:
            counts = await unread_of_several(tx, list(changed))
        unread: dict[UUID, dict[UUID, int]] = {}
        for count in counts:
            unread.setdefault(count.user_id, {})[count.conversation_id] = count.count
        for user_id, conversations in changed.items():
            own = unread.get(user_id, {})
            payload = UnreadCount(
                unread_count=sum(own.values()),
                conversations={str(id_): own.get(id_, 0) for id_ in conversations},
            )
            self._connections.say((user_id,), outgoing("unread_count", payload))


def _counts(entry: Entry) -> bool:
    """Tell whether that changes how much its person has not read."""
    return entry.kind == "sent" or (entry.kind == "seen" and entry.seen_by == entry.user_id)
