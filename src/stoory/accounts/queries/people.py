"""Users, their password hashes, their public profiles, and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from stoory.accounts.user import Newcomer, PublicProfile, Status, User
from stoory.platform.database import Tx


class Credentials(Struct):
    """What a password is held against."""

    user_id: UUID
    phone: str
    password_hash: str


class Filter(Struct, kw_only=True):
    """Which people a list is about; None is everybody."""

    role: str | None = None
    status: str | None = None
    search: str | None = None


Key = tuple[datetime, UUID]
"""People are listed by (created_at, id), newest first."""


async def user(tx: Tx, user_id: UUID) -> User:
    """Return a person; NotFound."""
    return await tx.one(
        User,
        """
        select id, name, phone, phone_verified, email, email_verified, role, status, profile_image_url, bio,
               languages, categories, social_platforms, locale, created_at, updated_at
          from users
         where id = $1
        """,
        user_id,
    )


async def lock_user(tx: Tx, user_id: UUID) -> User:
    """Return a person whom nobody else changes until the transaction ends; NotFound."""
    return await tx.one(
        User,
        """
        select id, name, phone, phone_verified, email, email_verified, role, status, profile_image_url, bio,
               languages, categories, social_platforms, locale, created_at, updated_at
          from users
         where id = $1
           for no key update
        """,
        user_id,
    )


async def users(tx: Tx, which: Filter, after: Key | None, rows: int) -> list[User]:
    """Return a page of people, newest first; the system user is nobody."""
    await tx.plan_anew()
    return await tx.all(
        User,
        """
        select id, name, phone, phone_verified, email, email_verified, role, status, profile_image_url, bio,
               languages, categories, social_platforms, locale, created_at, updated_at
          from users
         where role <> 'system'
           and ($1::text is null or role = $1)
           and ($2::text is null or status = $2)
           and ($3::text is null or strpos(lower(name), lower($3)) > 0
                                 or strpos(lower(email), lower($3)) > 0
                                 or strpos(phone, $3) > 0)
           and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
         order by created_at desc, id desc
         limit $6
        """,
        which.role,
        which.status,
        which.search,
        *(after or (None, None)),
        rows,
    )


async def user_count(tx: Tx, which: Filter) -> int:
    """Return how many people the filter leaves."""
    return await tx.value(
        int,
        """
        select count(*)
          from users
         where role <> 'system'
           and ($1::text is null or role = $1)
           and ($2::text is null or status = $2)
           and ($3::text is null or strpos(lower(name), lower($3)) > 0
                                 or strpos(lower(email), lower($3)) > 0
                                 or strpos(phone, $3) > 0)
        """,
        which.role,
        which.status,
        which.search,
    )


async def public_profile(tx: Tx, user_id: UUID) -> PublicProfile:
    """Return what anybody signed in may know of a person; NotFound."""
    return await tx.one(
        PublicProfile,
        """
        select id, name, role, bio, profile_image_url, languages, categories, social_platforms
          from public_profiles
         where id = $1
        """,
        user_id,
    )


async def insert_user(tx: Tx, newcomer: Newcomer) -> User | None:
    """Add a person, or return None when the phone is taken; the index decides between two at once."""
    return await tx.maybe(
        User,
        """
        insert into users (name, phone, role, email, bio, profile_image_url, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
            on conflict (phone) do nothing
        returning id, name, phone, phone_verified, email, email_verified, role, status, profile_image_url, bio,
                  languages, categories, social_platforms, locale, created_at, updated_at
        """,
        newcomer.name,
        newcomer.phone,
        newcomer.role,
        newcomer.email,
        newcomer.bio,
        newcomer.profile_image_url,
        tx.now,
    )


async def update_profile(tx: Tx, user: User) -> None:
    """Store what people may change about themselves; the database itself takes a new address for unverified."""
    await tx.run(
        """
        update users
           set name = $2, email = $3, bio = $4, profile_image_url = $5, languages = $6, categories = $7,
               social_platforms = $8, locale = $9, updated_at = $10
         where id = $1
        """,
        user.id,
        user.name,
        user.email,
        user.bio,
        user.profile_image_url,
        user.languages,
        user.categories,
        user.social_platforms,
        user.locale,
        user.updated_at,
    )


async def update_status(tx: Tx, user_id: UUID, status: Status) -> None:
    """Suspend somebody, or let them in again."""
    await tx.run(
        """
        update users
           set status = $2, updated_at = $3
         where id = $1
        """,
        user_id,
        status,
        tx.now,
    )


async def credentials_by_name(tx: Tx, *, phone: str | None, email: str | None) -> Credentials | None:
    """Return whom a phone or a verified e-mail address names, if anybody."""
    return await tx.maybe(
        Credentials,
        """
        select c.user_id, u.phone, c.password_hash
          from users u
          join credentials c on c.user_id = u.id
         where u.phone = $1
            or (lower(u.email) = lower($2) and u.email_verified)
        """,
        phone,
        email,
    )


async def credentials(tx: Tx, user_id: UUID) -> Credentials:
    """Return somebody's own; NotFound for who has no password."""
    return await tx.one(
        Credentials,
        """
        select c.user_id, u.phone, c.password_hash
          from users u
          join credentials c on c.user_id = u.id
         where u.id = $1
        """,
        user_id,
    )


async def insert_credentials(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Give a new person a password."""
    await tx.run(
        """
        insert into credentials (user_id, password_hash, changed_at)
        values ($1, $2, $3)
        """,
        user_id,
        password_hash,
        tx.now,
    )


async def update_password(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Give somebody another password, or the same one hashed anew."""
    await tx.run(
        """
        update credentials
           set password_hash = $2, changed_at = $3
         where user_id = $1
        """,
        user_id,
        password_hash,
        tx.now,
    )


async def insert_audit(
    tx: Tx, actor_id: UUID, action: LiteralString, subject_id: UUID | None, data: dict[str, Any]
) -> None:
    """Add a line to the audit log."""
    await tx.run(
        """
        insert into audit_log (actor_id, action, subject_id, data, at)
        values ($1, $2, $3, $4, $5)
        """,
        actor_id,
        action,
        subject_id,
        data,
        tx.now,
    )
