"""What is stored of notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.platform.database import Tx


async def insert_notification(
    tx: Tx, notification_id: UUID, user_id: UUID, *, kind: str, data: dict[str, Any]
) -> bool:
    """Keep something for a person to know; False if it is kept already."""
    added = await tx.run(
        """
        insert into notifications (id, user_id, kind, data, created_at)
        values ($1, $2, $3, $4, $5)
            on conflict (id) do nothing
        """,
        notification_id,
        user_id,
        kind,
        data,
        tx.now,
    )
    return added == 1


class Notification(Struct, frozen=True):
    """Something a person should know."""

    id: UUID
    user_id: UUID
    kind: str
    data: dict[str, Any]
    created_at: datetime
    seen_at: datetime | None


async def notification(tx: Tx, notification_id: UUID) -> Notification:
    """Return what somebody was let know."""
    return await tx.one(
        Notification,
        """
        select id, user_id, kind, data, created_at, seen_at
          from notifications
         where id = $1
        """,
        notification_id,
    )


async def operators(tx: Tx) -> list[UUID]:
    """Return everybody who runs the place."""
    return await tx.value(
        list[UUID],
        """
        select coalesce(array_agg(id order by id), '{}')
          from users
         where role = 'admin'
           and status = 'active'
        """,
    )
