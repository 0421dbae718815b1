"""Everything that is told about chats to those who are connected to this process."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from stoory.actor import Actor
from stoory.chat.queries.news import inbox
from stoory.chat.sockets.delivery import Delivery
from stoory.chat.sockets.people import People
from stoory.chat.sockets.presence import Presences
from stoory.chat.sockets.sending import Outbox
from stoory.chat.sockets.typing import Typing
from stoory.errors import StooryError
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.presence import Presence
from stoory.platform.sockets import Connection, Connections

LOOK_AT_ALL_EVERY_SECONDS = 5
"""Hints may be lost; what they were about is not."""


class Room:
    """Delivery, typing and presence, put together."""

    def __init__(self, db: Database, connections: Connections, presence: Presence) -> None:
        """Take the database, who is connected here, and who is anywhere."""
        self._db = db
        self.delivery = Delivery(db, connections)
        self.outbox = Outbox(db, self.delivery.tell)
        self.typing = Typing(db, connections, People(db))
        self.presences = Presences(db, connections, presence)

    async def admit(self, actor: Actor) -> int:
        """Return up to where somebody's news has come; NotSignedIn when their session has ended."""
        async with self._db.as_user(actor, readonly=True) as tx:
            return (await inbox(tx, actor.id)).last_number

    async def welcome(self, connection: Connection) -> None:
        """Tell somebody who has come what is new from now on, and who is there."""
        await self.delivery.welcome(connection)
        try:
            await self.presences.welcome(connection)
        except StooryError:
            await connection.socket.cut()  # it comes again, and may find a database that can be asked

    async def farewell(self, connection: Connection) -> None:
        """Let others know that somebody has gone."""
        await self.presences.farewell(connection)
        await self.delivery.unread.farewell(connection)

    def hear(self, hint: Hint) -> None:
        """Take a hint."""
        self.delivery.hear(hint)
        self.typing.hear(hint)
        self.presences.hear(hint)

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on as long as the application runs."""
        return [
            self.delivery.run(),
            self.delivery.unread.run(),
            self.presences.run(),
            *self.outbox.tasks(),
            self._look_at_all(),
        ]

    async def _look_at_all(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_ALL_EVERY_SECONDS)
            self.delivery.look_at_all()
