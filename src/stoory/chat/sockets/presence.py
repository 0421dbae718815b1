"""Who is there: told to those with whom they share a conversation, and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog

from stoory.chat.hints import PresenceChanged
from stoory.chat.queries.presences import LastSeen, last_seen, note_last_seen, partners
from stoory.chat.sockets.told import PresenceNow
from stoory.errors import StooryError
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.presence import Presence
from stoory.platform.sockets import Connection, Connections, outgoing

AGAIN_AFTER_SECONDS: Final = 0.25

log = structlog.get_logger("stoory.sockets")


class Presences:
    """What stands between who comes and goes, and those who want to know."""

    def __init__(self, db: Database, connections: Connections, presence: Presence) -> None:
        """Take where last times are kept, who is there to be told, and who is there at all."""
        self._db = db
        self._connections = connections
        self._presence = presence
        self._changed: set[UUID] = set()
        self._gone: set[UUID] = set()
        self._is_wanted = asyncio.Event()

    async def welcome(self, connection: Connection) -> None:
        """Tell others that somebody has come, and somebody who of the others is there."""
        if await self._presence.arrived(connection.actor.id):
            self.note_back((connection.actor.id,))
        for shown in await self.of(connection.actor.id):
            if shown.online:
                connection.say(outgoing("presence", shown))

    async def farewell(self, connection: Connection) -> None:
        """Note that a socket is gone, and if it was the person's last, that they are."""
        if await self._presence.left(connection.actor.id):
            self.note_gone((connection.actor.id,))

    def note_gone(self, user_ids: Iterable[UUID]) -> None:
        """Keep when these people were last seen, and tell."""
        self._gone.update(user_ids)
        self._is_wanted.set()

    def note_back(self, user_ids: Iterable[UUID]) -> None:
        """Tell that these people are there."""
        self._gone.difference_update(user_ids)
        self._db.bus.publish([PresenceChanged(tuple(user_ids))])

    def hear(self, hint: Hint) -> None:
        """Tell whoever shares a conversation with them and is connected here."""
        if isinstance(hint, PresenceChanged) and len(self._connections):
            self._changed.update(hint.user_ids)
            self._is_wanted.set()

    async def of(self, user_id: UUID, among: list[UUID] | None = None) -> list[PresenceNow]:
        """Return who of those with whom somebody shares a conversation is there, and when they were last."""
        async with self._db.as_system("see with whom somebody shares a conversation", readonly=True) as tx:
            known = await partners(tx, user_id, among)
        online = await self._presence.online([partner.user_id for partner in known])
        return [_shown(partner, is_online=partner.user_id in online) for partner in known]

    async def run(self) -> None:
        """Keep and tell, for ever."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                await self.note_and_tell()
            except StooryError:
                self._is_wanted.set()
                await asyncio.sleep(AGAIN_AFTER_SECONDS)
            except Exception:
                log.exception("unforeseen")

    async def note_and_tell(self) -> None:
        """Keep when those who have gone were last seen, and tell of those who have come or gone."""
        if self._gone:
            gone = list(self._gone)
            async with self._db.as_system("keep when people were last seen") as tx:
                await note_last_seen(tx, gone)
            self._gone.difference_update(gone)
            self._db.bus.publish([PresenceChanged(tuple(gone))])
        while self._changed:
            await self._tell_of(next(iter(self._changed)))

    async def _tell_of(self, user_id: UUID) -> None:
        async with self._db.as_system("see with whom somebody shares a conversation", readonly=True) as tx:
            others = [partner.user_id for partner in await partners(tx, user_id)]
            last = await last_seen(tx, user_id)
        is_online = bool(await self._presence.online([user_id]))
        self._changed.discard(user_id)
        shown = _shown(last, is_online=is_online)
        self._connections.say(self._connections.among(others), outgoing("presence", shown))


def _shown(partner: LastSeen, *, is_online: bool) -> PresenceNow:
    return PresenceNow(
        user_id=partner.user_id,
        online=is_online,
        last_seen_at=None if is_online else partner.last_seen_at,
    )
