"""Sockets end with the session or key they were opened with, at once where we are told, else within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import structlog

from stoory.accounts.actions import KeysRevoked, SessionsEnded
from stoory.accounts.queries.sessions import good_sessions
from stoory.errors import StooryError
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.sockets import Sockets

LOOK_EVERY_SECONDS: Final = 0.5
"""An operator's command, a hint that was lost, and a key that has expired are seen no later."""

log = structlog.get_logger("stoory.sockets")


class Sessions:
    """The sessions and keys of those who are connected to this process."""

    def __init__(self, db: Database, sockets: Sockets) -> None:
        """Take where sessions are, and whom to disconnect."""
        self._db = db
        self._sockets = sockets
        self._is_wanted = asyncio.Event()

    def hear(self, hint: Hint) -> None:
        """Look at once when sessions or keys of somebody here are over; until it is known which, tell them nothing."""
        if isinstance(hint, SessionsEnded | KeysRevoked):
            for user_id in hint.user_ids:
                for connection in self._sockets.connections.of(user_id):
                    connection.doubt()
                    self._is_wanted.set()

    def look(self) -> None:
        """Look at once: hints may have been missed."""
        self._is_wanted.set()

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on as long as the application runs."""
        return [self._watch()]

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_wanted.wait(), LOOK_EVERY_SECONDS)
            self._is_wanted.clear()
            try:
                await self._disconnect_ended()
            except StooryError:
                pass  # a database that cannot be asked answers nobody's events either
            except Exception:
                log.exception("unforeseen")

    async def _disconnect_ended(self) -> None:
        connected = list(self._sockets.connections)
        if not connected:
            return
        session_ids: set[UUID] = {connection.actor.session_id for connection in connected}
        async with self._db.at_once("see which sessions have ended") as tx:
            good = await good_sessions(tx, list(session_ids))
        for connection in connected:
            if connection.actor.session_id not in good:
                await self._sockets.disconnect(connection)
            elif connection.is_doubted and not self._is_wanted.is_set():  # else more has ended meanwhile
                connection.trust()
