"""Notifications as they come."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from stoory.errors import StooryError
from stoory.notifications import queries
from stoory.notifications.actions import Notified
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.sockets import Connections, Told, outgoing


class Notification(Struct, kw_only=True):
    """Something a person should know; kept until they have seen it."""

    id: UUID
    kind: str
    data: dict[str, Any]
    created_at: datetime
    seen_at: datetime | None


class NotificationCame(Struct, kw_only=True):
    """There is a new notification."""

    notification: Notification


class Notifications:
    """Tells those who are connected to this process of what they should know."""

    def __init__(self, db: Database, connections: Connections) -> None:
        """Take where notifications are, and who is there to be told."""
        self._db = db
        self._connections = connections
        self._telling: set[asyncio.Task[None]] = set()

    def hear(self, hint: Hint) -> None:
        """Read what has come for somebody who is here."""
        if isinstance(hint, Notified) and self._connections.among(hint.user_ids):
            task = asyncio.create_task(self._tell(hint.notification_id))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, notification_id: UUID) -> None:
        """Tell whoever it is for: the row says so, not the hint."""
        try:
            async with self._db.as_system("show a notification to its person", readonly=True) as tx:
                found = await queries.notification(tx, notification_id)
        except StooryError:
            return
        shown = Notification(
            id=found.id, kind=found.kind, data=found.data, created_at=found.created_at, seen_at=found.seen_at
        )
        self._connections.say(
            (found.user_id,), outgoing("notification", NotificationCame(notification=shown))
        )


TOLD: Final = [Told("notification", NotificationCame)]
