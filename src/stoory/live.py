"""Everything that is live: Socket.IO's door, and what tells those who are connected what is new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final

from stoory import __version__
from stoory.accounts.api.keyring import Keyring
from stoory.accounts.sockets import Sessions
from stoory.chat import sockets as chat
from stoory.deals import sockets as deals
from stoory.notifications import sockets as notifications
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.razorpay import Razorpay
from stoory.platform.sockets import Connections, Sockets, asyncapi
from stoory.platform.sockets.door import Door, is_from
from stoory.platform.tokens import Tokens
from stoory.shared import Sharing

PATH: Final = "/socket.io"
EVENTS: Final = [*chat.EVENTS, *deals.EVENTS]
TOLD: Final = [*chat.TOLD, *notifications.TOLD]


class Live:
    """The connected, and what they may ask for: handlers are given its attributes by name."""

    def __init__(
        self,
        db: Database,
        *,
        tokens: Tokens,
        keyring: Keyring,
        gateway: Razorpay,
        sharing: Sharing,
        origins: frozenset[str],
    ) -> None:
        """Build it. Pages of these `origins` may connect beside our own; only where we are alone, also by polling."""
        self.db = db
        self.tokens = tokens
        self.owner_of = keyring.owner_of
        self.limits = sharing.limits
        self.gateway = gateway
        self.connections = Connections()
        self.room = chat.Room(db, self.connections, sharing.presence)
        self.presences = self.room.presences
        self.whose_typing = self.room.typing
        self.outbox = self.room.outbox
        self._origins = origins
        self.sockets = Sockets(
            self,
            EVENTS,
            admit=self.room.admit,
            connections=self.connections,
            cors_allowed_origins=self._may_connect,
        )
        self._door = Door(self.sockets, knows=self.sockets.knows, polls=sharing.is_alone)
        self.sockets.arrivals.append(self.room.welcome)
        self.sockets.departures.append(self.room.farewell)
        self._sessions = Sessions(db, self.sockets)
        self._notifications = notifications.Notifications(db, self.connections)
        db.bus.listen(self._hear)
        sharing.listen(
            on_gap=self._look_at_all, on_gone=self.presences.note_gone, on_back=self.presences.note_back
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request below `/socket.io` (ASGI)."""
        await self._door(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look and tell as long as the application runs; at the end let everybody go to another process."""
        work = [self.sockets.engine.look_after(), *self.room.tasks(), *self._sessions.tasks()]
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.sockets.close()
            await self.presences.note_and_tell()

    def _hear(self, hint: Hint) -> None:
        """Look again where a hint says."""
        self.room.hear(hint)
        self._sessions.hear(hint)
        self._notifications.hear(hint)

    def _look_at_all(self) -> None:
        """Look everywhere: hints may have been missed."""
        self.room.delivery.look_at_all()
        self._sessions.look()

    def _may_connect(self, origin: str, environ: dict[str, str]) -> bool:
        """Tell whether a page of that origin may connect: our own, and those that were named."""
        return origin in self._origins or is_from(origin, environ.get("HTTP_HOST"))


def serves(scope: Any) -> bool:
    """Tell whether a request is Socket.IO's."""
    return scope["type"] in ("http", "websocket") and f"{scope['path']}/".startswith(f"{PATH}/")


@cache
def document() -> dict[str, Any]:
    """Return what is sent and told over sockets, AsyncAPI 3.0. It is made once and must not be changed."""
    return asyncapi.document(EVENTS, TOLD, version=__version__, path=PATH)
