"""Conversations: one, lists of them, who is in them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.actor import Actor, Role
from stoory.chat.queries.messages import open_action
from stoory.chat.queries.support import with_priority
from stoory.chat.rows import ConversationRow, StoredConversation
from stoory.chat.rules import as_last, conversation_shown
from stoory.errors import NotFound
from stoory.platform.database import Tx

Kind = Literal["direct", "bids", "campaigns"]
"""What a list of conversations is narrowed to."""


async def conversation_for(tx: Tx, actor: Actor, conversation_id: UUID) -> ConversationRow:
    """Return a conversation as the actor sees it; NotFound if it is none of theirs."""
    return conversation_shown(await conversation(tx, actor, conversation_id), actor)


async def conversation_with_action(tx: Tx, actor: Actor, conversation_id: UUID) -> ConversationRow:
    """Return a conversation with, as its last message, the one that waits for an answer, if one does.

    Free text may have been written after it.
    """
    found = await conversation(tx, actor, conversation_id)
    waiting = await open_action(tx, conversation_id)
    last_message = found.last_message if waiting is None else as_last(waiting)
    return conversation_shown(replace(found, last_message=last_message), actor)


async def conversation(tx: Tx, actor: Actor, conversation_id: UUID) -> StoredConversation:
    """Return a conversation with the actor as the near one; NotFound if it is none of theirs."""
    found = await with_priority(tx, await stored_conversations(tx, actor.id, [conversation_id]))
    if not found:
        raise NotFound
    return found[0]


async def stored_conversations(tx: Tx, viewer_id: UUID, ids: list[UUID]) -> list[StoredConversation]:
    """Return these conversations, newest activity first.

    The newest message is the one numbered last_seq: nobody sorts messages. Profiles are looked up one by one: their
    view is a security barrier, and a plain join would read all of it.
    """
    return await tx.all(
        StoredConversation,
        """
        select c.id, c.campaign_id, c.bid_id, c.request_id, c.brand_owner_id, c.influencer_id, c.admin_id,
               c.chat_status, c.flow_state, c.awaiting_role, c.automation_enabled, c.flow_data, c.payment_required,
               c.payment_completed, c.created_at, c.updated_at, c.last_seq,
               near.user_id as near_id, near.seen_seq as near_seen_seq, near.seen_at as near_seen_at,
               far.user_id as far_id, far.seen_seq as far_seen_seq, far.seen_at as far_seen_at,
               other.name as far_name, other.role as far_role, other.profile_image_url as far_profile_image_url,
               case when m.id is not null then
                   jsonb_build_object(
                       'id', m.id, 'message', m.message, 'message_type', m.message_type, 'sender_id', m.sender_id,
                       'created_at', m.created_at, 'action_required', m.action_required,
                       'action_data', m.action_data, 'action_role', m.action_role, 'deleted_at', m.deleted_at)
               end as last_message
          from conversations c
          join participations near on near.conversation_id = c.id
          join participations far on far.conversation_id = c.id and far.user_id <> near.user_id
    cross join lateral (select p.name, p.role, p.profile_image_url
                          from public_profiles p
                         where p.id = far.user_id
                         limit 1) other
     left join messages m on m.conversation_id = c.id and m.seq = c.last_seq
         where c.id = any($2)
           and (near.user_id = $1
                or far.user_id <> $1 and near.user_id = coalesce(c.brand_owner_id, c.influencer_id))
      order by c.updated_at desc, c.id desc
        """,
        viewer_id,
        ids,
    )


async def conversations_for(tx: Tx, actor: Actor, ids: list[UUID]) -> list[ConversationRow]:
    """Return these conversations as the actor sees them, newest activity first."""
    found = await with_priority(tx, await stored_conversations(tx, actor.id, ids))
    return [conversation_shown(each, actor) for each in found]


class Key(Struct, frozen=True):
    """Where a conversation stands in a list."""

    updated_at: datetime
    id: UUID


After = tuple[datetime, UUID] | None
"""The key of the last row of the page before."""


async def keys(tx: Tx, actor: Actor, kind: Kind | None, *, after: After, limit: int) -> list[Key]:
    """Return one page of the actor's conversations, of an operator's all there are, newest activity first."""
    if actor.is_admin:
        return await _every_key(tx, kind, after=after, limit=limit)
    return await _own_keys(tx, actor.id, kind, after=after, limit=limit)


async def count(tx: Tx, actor: Actor, kind: Kind | None) -> int:
    """Return how many conversations such a list has."""
    return await (_count_of_all(tx, kind) if actor.is_admin else _count_of_own(tx, actor.id, kind))


async def _own_keys(tx: Tx, user_id: UUID, kind: Kind | None, *, after: After, limit: int) -> list[Key]:
    """Name the three seats: an index answers for each, and for the wall, which knows of a role besides, none does."""
    updated_at, id_ = after or (None, None)
    return await tx.all(
        Key,
        """
        select c.updated_at, c.id
          from conversations c
         where (c.brand_owner_id = $1 or c.influencer_id = $1 or c.admin_id = $1)
           and case $2 when 'direct' then c.chat_status = 'direct'
                       when 'bids' then c.bid_id is not null
                       when 'campaigns' then c.campaign_id is not null
                       else true end
           and ($3::timestamptz is null or (c.updated_at, c.id) < ($3, $4::uuid))
      order by c.updated_at desc, c.id desc
         limit $5
        """,
        user_id,
        kind,
        updated_at,
        id_,
        limit,
    )


async def _every_key(tx: Tx, kind: Kind | None, *, after: After, limit: int) -> list[Key]:
    """Sort them all: an index on updated_at would cost every message of everybody its HOT update."""
    updated_at, id_ = after or (None, None)
    return await tx.all(
        Key,
        """
        select c.updated_at, c.id
          from conversations c
         where case $1 when 'direct' then c.chat_status = 'direct'
                       when 'bids' then c.bid_id is not null
                       when 'campaigns' then c.campaign_id is not null
                       else true end
           and ($2::timestamptz is null or (c.updated_at, c.id) < ($2, $3::uuid))
      order by c.updated_at desc, c.id desc
         limit $4
        """,
        kind,
        updated_at,
        id_,
        limit,
    )


async def _count_of_own(tx: Tx, user_id: UUID, kind: Kind | None) -> int:
    return await tx.value(
        int,
        """
        select count(*)
          from conversations c
         where (c.brand_owner_id = $1 or c.influencer_id = $1 or c.admin_id = $1)
           and case $2 when 'direct' then c.chat_status = 'direct'
                       when 'bids' then c.bid_id is not null
                       when 'campaigns' then c.campaign_id is not null
                       else true end
        """,
        user_id,
        kind,
    )


async def _count_of_all(tx: Tx, kind: Kind | None) -> int:
    return await tx.value(
        int,
        """
        select count(*)
          from conversations c
         where case $1 when 'direct' then c.chat_status = 'direct'
                       when 'bids' then c.bid_id is not null
                       when 'campaigns' then c.campaign_id is not null
                       else true end
        """,
        kind,
    )


class Between(Struct, frozen=True):
    """The conversation two people have."""

    id: UUID


async def conversation_between(tx: Tx, user_id: UUID, other_user_id: UUID) -> Between | None:
    """Return the direct conversation or support thread of these two, if they have one."""
    return await tx.maybe(
        Between,
        """
        select c.id
          from participations p
          join conversations c on c.id = p.conversation_id
         where p.user_id = $1
           and p.other_user_id = $2
           and c.chat_status = 'direct'
        """,
        user_id,
        other_user_id,
    )


class Profile(Struct, frozen=True):
    """Somebody one could talk to."""

    id: UUID
    role: Role


async def profile(tx: Tx, user_id: UUID) -> Profile:
    """Return whom that id belongs to; NotFound if to nobody."""
    return await tx.one(Profile, "select id, role from public_profiles where id = $1", user_id)


async def is_active(tx: Tx, user_id: UUID) -> bool:
    """Return whether somebody may be talked to. Needs `tx.as_system`: a profile does not tell."""
    return await tx.value(
        bool, "select exists (select from users where id = $1 and status = 'active')", user_id
    )
