"""With whom people share conversations, and when they were last there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.platform.database import Tx


class LastSeen(Struct, frozen=True):
    """When somebody's last socket was closed; None for who was never there, or for who is."""

    user_id: UUID
    last_seen_at: datetime | None


async def partners(tx: Tx, user_id: UUID, among: list[UUID] | None = None) -> list[LastSeen]:
    """Return with whom somebody shares a conversation, of those asked about or of all. Needs `as_system`."""
    return await tx.all(
        LastSeen,
        """
        select p.other_user_id as user_id, i.last_seen_at
          from (select distinct other_user_id
                  from participations
                 where user_id = $1
                   and ($2::uuid[] is null or other_user_id = any($2))) p
     left join inboxes i on i.user_id = p.other_user_id
        """,
        user_id,
        among,
    )


async def last_seen(tx: Tx, user_id: UUID) -> LastSeen:
    """Return when somebody was last there. Needs `as_system`."""
    found = await tx.maybe(LastSeen, "select user_id, last_seen_at from inboxes where user_id = $1", user_id)
    return found or LastSeen(user_id, None)


async def note_last_seen(tx: Tx, user_ids: list[UUID]) -> None:
    """Note that these people have gone now. Needs `as_system`."""
    await tx.run(
        """
        insert into inboxes (user_id, last_seen_at)
        select person, $2
          from unnest($1::uuid[]) as person
      order by person
            on conflict (user_id) do update set last_seen_at = excluded.last_seen_at
        """,
        user_ids,
        tx.now,
    )
