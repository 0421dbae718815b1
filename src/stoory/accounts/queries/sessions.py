"""Sessions, and the refresh tokens ever given out in each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.accounts.user import Status
from stoory.actor import Role
from stoory.platform.database import Tx


class Session(Struct, kw_only=True):
    """Where somebody is signed in."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None
    current: bool


class Owned(Struct):
    """Whose session it is."""

    user_id: UUID


class Device(Struct, frozen=True):
    """Where somebody signs in."""

    address: str | None
    user_agent: str | None


class Family(Struct, kw_only=True):
    """A session with the person it lets in: all refresh tokens of one session descend from its first."""

    id: UUID
    user_id: UUID
    expires_at: datetime
    ended_why: str | None
    role: Role
    phone: str
    status: Status


class RefreshToken(Struct):
    """How far a refresh token has been used."""

    used_at: datetime | None
    is_child_used: bool


class InSession(Struct):
    """Which session a refresh token belongs to."""

    session_id: UUID


Key = tuple[datetime, UUID]
"""Sessions are listed by (created_at, id), newest first."""


async def live_sessions(tx: Tx, current_id: UUID, after: Key | None, rows: int) -> list[Session]:
    """Return a page of the viewer's sessions that have not ended, newest first."""
    return await tx.all(
        Session,
        """
        select id, created_at, last_used_at, expires_at, host(address) as address, user_agent,
               id = $1 as current
          from sessions
         where ended_at is null
           and expires_at > $2
           and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc
         limit $5
        """,
        current_id,
        tx.now,
        *(after or (None, None)),
        rows,
    )


async def live_session_count(tx: Tx) -> int:
    """Return how many of the viewer's sessions have not ended."""
    return await tx.value(
        int,
        """
        select count(*)
          from sessions
         where ended_at is null
           and expires_at > $1
        """,
        tx.now,
    )


async def live_session(tx: Tx, session_id: UUID) -> Owned:
    """Return whose session it is; NotFound when it has ended or may not be seen."""
    return await tx.one(
        Owned,
        """
        select user_id
          from sessions
         where id = $1
           and ended_at is null
           and expires_at > $2
        """,
        session_id,
        tx.now,
    )


async def insert_session(tx: Tx, user_id: UUID, device: Device, expires_at: datetime) -> UUID:
    """Open a session and return its id."""
    return await tx.value(
        UUID,
        """
        insert into sessions (user_id, created_at, last_used_at, expires_at, address, user_agent)
        values ($1, $2, $2, $3, $4, $5)
        returning id
        """,
        user_id,
        tx.now,
        expires_at,
        device.address,
        device.user_agent,
    )


async def lock_family(tx: Tx, session_id: UUID) -> Family:
    """Return a session whose tokens nobody else refreshes until the transaction ends; NotFound."""
    return await tx.one(
        Family,
        """
        select s.id, s.user_id, s.expires_at, s.ended_why, u.role, u.phone, u.status
          from sessions s
          join users u on u.id = s.user_id
         where s.id = $1
           for no key update of s
        """,
        session_id,
    )


async def extend_session(tx: Tx, session_id: UUID, expires_at: datetime) -> None:
    """Note that a session was used, and when it now expires."""
    await tx.run(
        """
        update sessions
           set last_used_at = $2, expires_at = $3
         where id = $1
        """,
        session_id,
        tx.now,
        expires_at,
    )


async def end_session(tx: Tx, session_id: UUID, why: str) -> None:
    """End one session."""
    await tx.run(
        """
        update sessions
           set ended_at = $2, ended_why = $3
         where id = $1
           and ended_at is null
        """,
        session_id,
        tx.now,
        why,
    )


async def end_sessions(tx: Tx, user_id: UUID, why: str, *, but: UUID | None = None) -> None:
    """End every session of a person, or all but one."""
    await tx.run(
        """
        update sessions
           set ended_at = $3, ended_why = $4
         where user_id = $1
           and id is distinct from $2
           and ended_at is null
        """,
        user_id,
        but,
        tx.now,
        why,
    )


async def session_of_token(tx: Tx, token_hash: bytes) -> InSession | None:
    """Return which session a refresh token belongs to, if it is one of ours."""
    return await tx.maybe(
        InSession,
        """
        select session_id
          from refresh_tokens
         where token_hash = $1
        """,
        token_hash,
    )


async def refresh_token(tx: Tx, token_hash: bytes) -> RefreshToken:
    """Return how far a refresh token has been used; NotFound."""
    return await tx.one(
        RefreshToken,
        """
        select t.used_at, child.used_at is not null as is_child_used
          from refresh_tokens t
          left join refresh_tokens child on child.token_hash = t.child_hash
         where t.token_hash = $1
        """,
        token_hash,
    )


async def insert_refresh_token(tx: Tx, token_hash: bytes, session_id: UUID) -> None:
    """Remember a refresh token that is given out."""
    await tx.run(
        """
        insert into refresh_tokens (token_hash, session_id, created_at)
        values ($1, $2, $3)
        """,
        token_hash,
        session_id,
        tx.now,
    )


async def use_refresh_token(tx: Tx, token_hash: bytes, child_hash: bytes) -> None:
    """Note that a refresh token was exchanged for its child."""
    await tx.run(
        """
        update refresh_tokens
           set used_at = $2, child_hash = $3
         where token_hash = $1
        """,
        token_hash,
        tx.now,
        child_hash,
    )


class Good(Struct, frozen=True):
    """A session that has not ended, or a key that lives, of somebody who is not suspended."""

    id: UUID


async def good_sessions(tx: Tx, session_ids: list[UUID]) -> set[UUID]:
    """Return which of these sessions and keys are still good, as `app.enter` judges. Needs `as_system`."""
    good = await tx.all(
        Good,
        """
        select s.id
          from sessions s
          join users u on u.id = s.user_id
         where s.id = any($1)
           and s.ended_at is null
           and u.status = 'active'
         union all
        select k.id
          from api_keys k
          join users u on u.id = k.user_id
         where k.id = any($1)
           and k.revoked_at is null
           and (k.expires_at is null or k.expires_at > $2)
           and u.status = 'active'
        """,
        session_ids,
        tx.now,
    )
    return {session.id for session in good}
