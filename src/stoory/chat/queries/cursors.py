"""How far people have read, and what is left."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from stoory.chat.rows import Cursor
from stoory.platform.database import Tx


async def cursors_in(tx: Tx, conversation_id: UUID) -> list[Cursor]:
    """Return how far the two of a conversation have read."""
    return await tx.all(
        Cursor,
        """
        select user_id, seen_seq as seq, seen_at as at
          from participations
         where conversation_id = $1
        """,
        conversation_id,
    )


class ReadingPosition(Struct, frozen=True):
    """How far somebody has read in a conversation, of how much."""

    other_user_id: UUID
    seen_seq: int
    last_seq: int


async def reading_position(tx: Tx, conversation_id: UUID, user_id: UUID) -> ReadingPosition | None:
    """Return how far a participant has read; None for whoever takes no part."""
    return await tx.maybe(
        ReadingPosition,
        """
        select p.other_user_id, p.seen_seq, c.last_seq
          from participations p
          join conversations c on c.id = p.conversation_id
         where p.conversation_id = $1
           and p.user_id = $2
        """,
        conversation_id,
        user_id,
    )


class Unread(Struct, frozen=True):
    """How many messages of a conversation somebody has not read."""

    conversation_id: UUID
    count: int


async def unread(tx: Tx, user_id: UUID) -> list[Unread]:
    """Return somebody's conversations with unread messages.

    One by one, by id: of conversations as a whole the wall makes a scan.
    """
    return await tx.all(
        Unread,
        """
        select p.conversation_id, c.last_seq - p.seen_seq as count
          from participations p
    cross join lateral (select last_seq
                          from conversations
                         where id = p.conversation_id
                         limit 1) c
         where p.user_id = $1
           and c.last_seq > p.seen_seq
        """,
        user_id,
    )


class UnreadOf(Unread, frozen=True):
    """The same, of one of several people."""

    user_id: UUID


async def unread_of_several(tx: Tx, user_ids: list[UUID]) -> list[UnreadOf]:
    """Return these people's conversations with unread messages. Needs `as_system`."""
    return await tx.all(
        UnreadOf,
        """
        select p.user_id, p.conversation_id, c.last_seq - p.seen_seq as count
          from participations p
    cross join lateral (select last_seq
                          from conversations
                         where id = p.conversation_id
                         limit 1) c
         where p.user_id = any($1)
           and c.last_seq > p.seen_seq
        """,
        user_ids,
    )


async def unread_in(tx: Tx, places: list[tuple[UUID, UUID]]) -> list[UnreadOf]:
    """Return how much is unread for these people in these conversations, none of it included. Needs `as_system`."""
    return await tx.all(
        UnreadOf,
        """
        select p.user_id, p.conversation_id, c.last_seq - p.seen_seq as count
          from unnest($1::uuid[], $2::uuid[]) as place (user_id, conversation_id)
          join participations p on p.user_id = place.user_id and p.conversation_id = place.conversation_id
          join conversations c on c.id = place.conversation_id
        """,
        [user_id for user_id, _ in places],
        [conversation_id for _, conversation_id in places],
    )
