"""API keys: what is stored of them, which is never the key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.accounts.keys import KeyDraft
from stoory.accounts.queries.sessions import Key, Owned
from stoory.actor import Role, Scope
from stoory.platform.database import Tx


class ApiKey(Struct, kw_only=True):
    """A key as its owner sees it."""

    id: UUID
    name: str
    scope: Scope
    prefix: str
    requests_per_minute: int | None
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class Holder(Struct, frozen=True, kw_only=True):
    """Whom a key speaks for, and what it is for."""

    id: UUID
    user_id: UUID
    role: Role
    scope: Scope
    requests_per_minute: int | None
    expires_at: datetime | None
    last_used_at: datetime | None


async def key_holder(tx: Tx, key_hash: bytes) -> Holder | None:
    """Return whom a key speaks for, unless it is revoked or its owner suspended. Needs `as_system`."""
    return await tx.maybe(
        Holder,
        """
        select k.id, k.user_id, u.role, k.scope, k.requests_per_minute, k.expires_at, k.last_used_at
          from api_keys k
          join users u on u.id = k.user_id
         where k.key_hash = $1
           and k.revoked_at is null
           and u.status = 'active'
        """,
        key_hash,
    )


async def note_use(tx: Tx, key_id: UUID, since: datetime) -> None:
    """Note that a key is used now, unless it was since then. Needs `as_system`."""
    await tx.run(
        """
        update api_keys
           set last_used_at = $2
         where id = $1
           and revoked_at is null
           and (last_used_at is null or last_used_at <= $3)
        """,
        key_id,
        tx.now,
        since,
    )


async def api_keys(tx: Tx, after: Key | None, rows: int) -> list[ApiKey]:
    """Return a page of the viewer's keys that are not revoked, the expired among them, newest first."""
    await tx.plan_anew()
    return await tx.all(
        ApiKey,
        """
        select id, name, scope, prefix, requests_per_minute, expires_at, last_used_at, created_at
          from api_keys
         where revoked_at is null
           and ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
         order by created_at desc, id desc
         limit $3
        """,
        *(after or (None, None)),
        rows,
    )


async def api_key_count(tx: Tx) -> int:
    """Return how many keys of the viewer are not revoked."""
    return await tx.value(
        int,
        """
        select count(*)
          from api_keys
         where revoked_at is null
        """,
    )


async def live_key_count(tx: Tx, user_id: UUID) -> int:
    """Return how many keys somebody could use now."""
    return await tx.value(
        int,
        """
        select count(*)
          from api_keys
         where user_id = $1
           and revoked_at is null
           and (expires_at is null or expires_at > $2)
        """,
        user_id,
        tx.now,
    )


async def key_owner(tx: Tx, key_id: UUID) -> Owned:
    """Return whose key it is; NotFound when it is revoked or may not be seen."""
    return await tx.one(
        Owned,
        """
        select user_id
          from api_keys
         where id = $1
           and revoked_at is null
        """,
        key_id,
    )


async def insert_key(tx: Tx, user_id: UUID, draft: KeyDraft, *, prefix: str, key_hash: bytes) -> ApiKey:
    """Add a key. Needs `as_system`."""
    return await tx.one(
        ApiKey,
        """
        insert into api_keys (user_id, name, scope, prefix, key_hash, requests_per_minute, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        returning id, name, scope, prefix, requests_per_minute, expires_at, last_used_at, created_at
        """,
        user_id,
        draft.name,
        draft.scope,
        prefix,
        key_hash,
        draft.requests_per_minute,
        tx.now,
        draft.expires_at,
    )


async def revoke_key(tx: Tx, key_id: UUID, why: str) -> bool:
    """Revoke a key, and return whether it was not revoked before."""
    count = await tx.run(
        """
        update api_keys
           set revoked_at = $2, revoked_why = $3
         where id = $1
           and revoked_at is null
        """,
        key_id,
        tx.now,
        why,
    )
    return count > 0


async def revoke_keys(tx: Tx, user_id: UUID, why: str) -> bool:
    """Revoke every key of a person, and return whether there was any. Needs `as_system`."""
    count = await tx.run(
        """
        update api_keys
           set revoked_at = $2, revoked_why = $3
         where user_id = $1
           and revoked_at is null
        """,
        user_id,
        tx.now,
        why,
    )
    return count > 0
