"""Writing what several people send at once, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from msgspec import Struct

from stoory.actor import Actor
from stoory.chat.drafts import Draft
from stoory.chat.rows import StoredMessage
from stoory.platform.database import Tx


class Letter(Struct, frozen=True, eq=False):
    """A draft of somebody's, under the id its message will have."""

    id: UUID
    actor: Actor
    draft: Draft

    @classmethod
    def of(cls, actor: Actor, draft: Draft) -> Letter:
        """Return somebody's draft with an id."""
        return cls(uuid4(), actor, draft)


async def add_messages(tx: Tx, letters: Sequence[Letter]) -> dict[UUID, StoredMessage]:
    """Write and number what can be written at once, and return it by id. Needs `as_system`.

    Inboxes are held in the order of their people: at the commit, message by message, two of us could deadlock.
    Left out is whatever must be sent alone: a session has ended, somebody takes no part, a conversation is held.
    """
    written = await tx.all(
        StoredMessage,
        """
        with free as materialized (
            select id from conversations where id = any($4) order by id for update skip locked
        ), them as (
            select p.user_id from free join participations p on p.conversation_id = free.id
        ), held as materialized (
            select user_id from inboxes where user_id = any(array(select user_id from them)) order by user_id for update
        )
        insert into messages (id, conversation_id, sender_id, receiver_id, message, media_url, client_msg_id,
                              created_at)
        select given.id, p.conversation_id, p.user_id, p.other_user_id, given.message, given.media_url,
               given.client_msg_id, $8
          from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
               with ordinality as given (id, session_id, sender_id, conversation_id, message, media_url,
                                         client_msg_id, position)
    cross join (select count(*) from held) as everybody_held
          join free on free.id = given.conversation_id
          join participations p on p.conversation_id = given.conversation_id and p.user_id = given.sender_id
          join sessions s on s.id = given.session_id and s.user_id = given.sender_id and s.ended_at is null
          join users u on u.id = given.sender_id and u.status = 'active'
      order by given.position
     returning id, conversation_id, seq, sender_id, receiver_id, message, message_type,
               action_required, action_data, action_role, flow_context, media_url, metadata, client_msg_id,
               deleted_at, created_at
        """,
        *_columns(letters),
        tx.now,
    )
    return {message.id: message for message in written}


def _columns(letters: Sequence[Letter]) -> tuple[list[object], ...]:
    """Return the letters as the statement's arrays."""
    return (
        [letter.id for letter in letters],
        [letter.actor.session_id for letter in letters],
        [letter.actor.id for letter in letters],
        [letter.draft.conversation_id for letter in letters],
        [letter.draft.message for letter in letters],
        [letter.draft.media_url for letter in letters],
        [letter.draft.client_msg_id for letter in letters],
    )
