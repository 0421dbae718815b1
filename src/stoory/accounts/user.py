"""Who people are: the words the rest of accounts speaks in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from stoory.actor import Role

Status = Literal["active", "suspended"]

Link = Annotated[str, Meta(max_length=2048, pattern="^https://", description="an https address")]


class SocialPlatform(Struct, frozen=True, forbid_unknown_fields=True):
    """Where somebody is seen, and by how many."""

    platform: Annotated[str, Meta(min_length=1, max_length=50)]
    profile_link: Link
    followers_count: Annotated[int, Meta(ge=0, le=10_000_000_000)] | None = None
    engagement_rate: Annotated[float, Meta(ge=0, le=100, description="percent")] | None = None


class User(Struct, kw_only=True):
    """A person as they see themselves, and as operators see them."""

    id: UUID
    name: str
    phone: str
    phone_verified: bool
    email: str | None
    email_verified: bool
    role: Role
    status: Status
    profile_image_url: str | None
    bio: str | None
    languages: list[str]
    categories: list[str]
    social_platforms: list[SocialPlatform]
    locale: str
    created_at: datetime
    updated_at: datetime


class PublicProfile(Struct, kw_only=True):
    """A person as everybody else sees them: never with phone or e-mail."""

    id: UUID
    name: str
    role: Role
    bio: str | None
    profile_image_url: str | None
    languages: list[str]
    categories: list[str]
    social_platforms: list[SocialPlatform]


class Newcomer(Struct, frozen=True, kw_only=True):
    """Somebody who may be given an account: everything checked, the phone in E.164."""

    name: str
    phone: str
    role: Role
    email: str | None = None
    bio: str | None = None
    profile_image_url: str | None = None
