"""Telling people how many messages they have not read, a little later than what changed it: once for many.

What somebody who is connected has not read is kept, and only what changed is counted again: every change of it comes by
here as news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog

from stoory.chat.queries import unread_in, unread_of_several
from stoory.chat.queries.cursors import UnreadOf
from stoory.chat.sockets.told import UnreadCount
from stoory.errors import StooryError
from stoory.platform.database import Database
from stoory.platform.sockets import Connection, Connections, outgoing

GATHER_SECONDS: Final = 1.0

log = structlog.get_logger("stoory.sockets")

Counts = dict[UUID, int]
"""How much is unread, by conversation; none is 0."""


class UnreadCounts:
    """What those who are connected have not read, and where it has changed."""

    def __init__(self, db: Database, connections: Connections) -> None:
        """Take where the counts are, and who is there to be told."""
        self._db = db
        self._connections = connections
        self._known: dict[UUID, Counts] = {}
        self._changed: dict[UUID, set[UUID]] = {}
        self._is_wanted = asyncio.Event()

    def note(self, user_id: UUID, *, read: Iterable[UUID], written: Iterable[UUID]) -> None:
        """Count again where messages of others have come or been read, and where somebody has written.

        Whoever writes has read everything: where nothing was unread nothing changes.
        """
        known = self._known.get(user_id)
        changed = {*read, *(id_ for id_ in written if known is None or id_ in known)}
        if changed:
            self._changed.setdefault(user_id, set()).update(changed)
            self._is_wanted.set()

    async def farewell(self, connection: Connection) -> None:
        """Forget what somebody has not read who is not there any more."""
        if not self._connections.of(connection.actor.id):
            self._known.pop(connection.actor.id, None)

    async def run(self) -> None:
        """Count and tell, for ever."""
        while True:
            await self._is_wanted.wait()
            await asyncio.sleep(GATHER_SECONDS)
            changed, self._changed = self._changed, {}
            self._is_wanted.clear()
            try:
                await self._count(changed)
            except StooryError:
                for user_id in changed:  # all of it, with the next change
                    self._known.pop(user_id, None)
            except Exception:
                log.exception("unforeseen")

    async def _count(self, changed: dict[UUID, set[UUID]]) -> None:
        here = {user_id: changed[user_id] for user_id in self._connections.among(changed)}
        new = [user_id for user_id in here if user_id not in self._known]
        async with self._db.at_once("count what people have not read") as tx:
            counts = await unread_in(tx, [(user_id, id_) for user_id, ids in here.items() for id_ in ids])
            all_of_new = await unread_of_several(tx, new) if new else []
        self._known |= {user_id: {} for user_id in new}
        self._keep([*all_of_new, *counts])
        for user_id, ids in here.items():
            self._tell(user_id, ids)

    def _keep(self, counts: Iterable[UnreadOf]) -> None:
        for one in counts:
            known = self._known.get(one.user_id, {})
            if one.count:
                known[one.conversation_id] = one.count
            else:
                known.pop(one.conversation_id, None)

    def _tell(self, user_id: UUID, conversation_ids: set[UUID]) -> None:
        known = self._known.get(user_id, {})
        payload = UnreadCount(
            unread_count=sum(known.values()),
            conversations={str(id_): known.get(id_, 0) for id_ in conversation_ids},
        )
        self._connections.say((user_id,), outgoing("unread_count", payload))
        if not all(connection.socket.is_ready for connection in self._connections.of(user_id)):
            self._changed.setdefault(user_id, set()).update(conversation_ids)
            self._is_wanted.set()
