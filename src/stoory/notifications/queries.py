"""What is stored of notifications."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from stoory.platform.database import Tx


async def insert_notification(
    tx: Tx, notification_id: UUID, user_id: UUID, *, kind: str, data: dict[str, Any]
) -> None:
    """Keep something for a person to know, unless it is kept already."""
    await tx.run(
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
