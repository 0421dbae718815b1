"""What is new for somebody, numbered; the numbers appear in their order and without a hole."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from stoory.chat.rows import Cursor, StoredMessage
from stoory.platform.database import Tx

Kind = Literal["opened", "moved", "sent", "answered", "deleted", "seen"]


class Entry(Struct, frozen=True):
    """One thing that is new for a person: in which conversation, and which message or how much was read by whom."""

    user_id: UUID
    number: int
    conversation_id: UUID
    kind: Kind
    seq: int | None
    seen_by: UUID | None

    @property
    def place(self) -> tuple[UUID, int]:
        """Return the conversation and the message."""
        return self.conversation_id, self.seq or 0


class Inbox(Struct, frozen=True):
    """Which numbers of somebody's news are kept."""

    first_number: int
    last_number: int


BEYOND_ALL: Final = 2**63 - 1
"""No message has that seq."""

NOTHING_YET = Inbox(first_number=1, last_number=0)


async def inbox(tx: Tx, user_id: UUID) -> Inbox:
    """Return up to where somebody's news has come."""
    found = await tx.maybe(Inbox, "select first_number, last_number from inboxes where user_id = $1", user_id)
    return found or NOTHING_YET


async def news_of_several(tx: Tx, told: dict[UUID, int], *, limit: int) -> list[Entry]:
    """Return what is new for each of these people after what they were told, in order. Needs `as_system`."""
    return await tx.all(
        Entry,
        """
        select n.user_id, n.number, n.conversation_id, n.kind, n.seq, n.seen_by
          from unnest($1::uuid[], $2::bigint[]) as told (user_id, number)
    cross join lateral (select user_id, number, conversation_id, kind, seq, seen_by
                          from news
                         where user_id = told.user_id
                           and number > told.number
                      order by number
                         limit $3) n
      order by n.user_id, n.number
        """,
        list(told.keys()),
        list(told.values()),
        limit,
    )


async def news_between(tx: Tx, user_id: UUID, after: int, up_to: int, *, limit: int) -> list[Entry]:
    """Return somebody's news of these numbers, in order."""
    return await tx.all(
        Entry,
        """
        select user_id, number, conversation_id, kind, seq, seen_by
          from news
         where user_id = $1
           and number > $2
           and number <= $3
      order by number
         limit $4
        """,
        user_id,
        after,
        up_to,
        limit,
    )


async def news_since_known(tx: Tx, user_id: UUID, known: dict[UUID, int]) -> list[Entry]:
    """Return what is new in these conversations since the message of each that somebody knows last."""
    return await tx.all(
        Entry,
        """
        select n.user_id, n.number, n.conversation_id, n.kind, n.seq, n.seen_by
          from unnest($2::uuid[], $3::bigint[]) as known (conversation_id, seq)
          join news n on n.user_id = $1
                     and n.conversation_id = known.conversation_id
     left join news s on s.user_id = $1
                     and s.conversation_id = known.conversation_id
                     and s.kind = 'sent'
                     and s.seq = known.seq
         where n.number > coalesce(s.number, 0)
      order by n.number
        """,
        user_id,
        list(known.keys()),
        list(known.values()),
    )


class FirstSent(Struct, frozen=True):
    """The first of some messages of a conversation."""

    conversation_id: UUID
    seq: int


async def first_sent_after(
    tx: Tx, user_id: UUID, number: int, conversation_ids: list[UUID]
) -> dict[UUID, int]:
    """Return with which seq those messages begin that are numbered above that among somebody's news."""
    found = await tx.all(
        FirstSent,
        """
        select conversation_id, min(seq) as seq
          from news
         where user_id = $1
           and number > $2
           and kind = 'sent'
           and conversation_id = any($3)
      group by conversation_id
        """,
        user_id,
        number,
        conversation_ids,
    )
    return {first.conversation_id: first.seq for first in found}


async def messages_at(tx: Tx, places: set[tuple[UUID, int]]) -> dict[tuple[UUID, int], StoredMessage]:
    """Return the messages of these conversations and seqs, by both."""
    found = await tx.all(
        StoredMessage,
        """
        select m.id, m.conversation_id, m.seq, m.sender_id, m.receiver_id, m.message, m.message_type,
               m.action_required, m.action_data, m.action_role, m.flow_context, m.media_url, m.metadata,
               m.client_msg_id, m.deleted_at, m.created_at
          from unnest($1::uuid[], $2::bigint[]) as place (conversation_id, seq)
    cross join lateral (select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
                               action_required, action_data, action_role, flow_context, media_url, metadata,
                               client_msg_id, deleted_at, created_at
                          from messages
                         where conversation_id = place.conversation_id
                           and seq = place.seq
                         limit 1) m
        """,
        [conversation_id for conversation_id, _ in places],
        [seq for _, seq in places],
    )
    return {(message.conversation_id, message.seq): message for message in found}


async def messages_after(
    tx: Tx, known: dict[UUID, int], before: dict[UUID, int], *, limit: int
) -> list[StoredMessage]:
    """Return what follows a seq in each of these conversations, in order, the first conversations first.

    Where it is said before which seq, no further.
    """
    return await tx.all(
        StoredMessage,
        """
        select m.id, m.conversation_id, m.seq, m.sender_id, m.receiver_id, m.message, m.message_type,
               m.action_required, m.action_data, m.action_role, m.flow_context, m.media_url, m.metadata,
               m.client_msg_id, m.deleted_at, m.created_at
          from unnest($1::uuid[], $2::bigint[], $3::bigint[])
               with ordinality as known (conversation_id, seq, before, position)
    cross join lateral (select id, conversation_id, seq, sender_id, receiver_id, message, message_type,
                               action_required, action_data, action_role, flow_context, media_url, metadata,
                               client_msg_id, deleted_at, created_at
                          from messages
                         where conversation_id = known.conversation_id
                           and seq > known.seq
                           and seq < known.before
                      order by seq
                         limit $4) m
      order by known.position, m.seq
         limit $4
        """,
        list(known.keys()),
        list(known.values()),
        [before.get(conversation_id, BEYOND_ALL) for conversation_id in known],
        limit,
    )


class Reader(Cursor, frozen=True):
    """How far somebody has read in a conversation."""

    conversation_id: UUID


async def cursors_of_several(tx: Tx, conversation_ids: set[UUID]) -> dict[UUID, list[Reader]]:
    """Return how far the two of each of these conversations have read."""
    readers = await tx.all(
        Reader,
        """
        select user_id, seen_seq as seq, seen_at as at, conversation_id
          from participations
         where conversation_id = any($1)
        """,
        list(conversation_ids),
    )
    found: dict[UUID, list[Reader]] = {}
    for reader in readers:
        found.setdefault(reader.conversation_id, []).append(reader)
    return found


async def forget_old_news(tx: Tx, *, kept: int, spare: int, people: int) -> int:
    """Remove what lies behind each person's newest, for some people; return for how many. Needs `as_system`.

    Nobody is looked at again for every single piece of news: only once there are `spare` too many.
    """
    return await tx.run(
        """
        with crowded as (
            select user_id, last_number - $1 + 1 as first_kept
              from inboxes
             where last_number - first_number + 1 > $1 + $2
             limit $3
               for update skip locked
        ), gone as (
            delete from news n
             using crowded c
             where n.user_id = c.user_id
               and n.number < c.first_kept
        )
        update inboxes i
           set first_number = c.first_kept
          from crowded c
         where i.user_id = c.user_id
        """,
        kept,
        spare,
        people,
    )
