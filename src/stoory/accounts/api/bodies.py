"""What the routes of accounts take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from stoory.accounts.keys import LARGEST_RATE, LONGEST_NAME_CHARS
from stoory.accounts.queries.keys import ApiKey
from stoory.accounts.queries.sessions import Session
from stoory.accounts.rules import LONGEST_LINE_CHARS, LONGEST_PASSWORD_CHARS, SHORTEST_PASSWORD_CHARS
from stoory.accounts.user import Link, PublicProfile, SocialPlatform, Status, User
from stoory.actor import Scope
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import Pagination

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_LINE_CHARS)]
Phone = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^\s*\+[0-9 ().\-]+\s*$",
        description="a phone number with its country code, like +919800000001",
        examples=["+919800000001"],
    ),
]
Email = Annotated[str, Meta(max_length=254, pattern="^[^@]+@[^@]+$", description="an e-mail address")]
Bio = Annotated[str, Meta(max_length=2000)]
NewPassword = Annotated[str, Meta(min_length=SHORTEST_PASSWORD_CHARS, max_length=LONGEST_PASSWORD_CHARS)]
Word = Annotated[str, Meta(min_length=1, max_length=50)]
Words = Annotated[list[Word], Meta(max_length=20)]
Platforms = Annotated[list[SocialPlatform], Meta(max_length=20)]
Locale = Annotated[
    str,
    Meta(
        max_length=35,
        pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="a language, like en or hi-IN",
        examples=["en", "hi-IN"],
    ),
]

KEPT = frozenset({"id", "phone_verified", "email_verified", "status", "created_at", "updated_at"})
"""Keys of a user that no body changes."""


class Registration(Body):
    """A new account; administrators are made on the command line only."""

    READ_ONLY: ClassVar = KEPT
    EXAMPLE: ClassVar = {
        "name": "Ravi",
        "phone": "+919800000002",
        "password": "three short words",
        "role": "influencer",
        "email": "ravi@example.org",
    }

    name: Name
    phone: Phone
    password: NewPassword
    role: Literal["influencer", "brand_owner"]
    email: Email | None = None
    bio: Bio | None = None
    profile_image_url: Link | None = None


class Login(Body):
    """A phone number or a verified e-mail address, and the password."""

    EXAMPLE: ClassVar = {"phone": "+919800000002", "password": "three short words"}

    password: str
    phone: Annotated[str, Meta(max_length=LONGEST_LINE_CHARS)] | None = None
    email: Annotated[str, Meta(max_length=LONGEST_LINE_CHARS)] | None = None


class Refresh(Body):
    """The newest refresh token of a session."""

    EXAMPLE: ClassVar = {"refresh_token": "mPz0mYy7Zr3o2v1XQ1kq5n8s0uWc4d6f9h2j5l8o1r4"}

    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class PasswordChange(Body):
    """The password as it is and as it shall be."""

    EXAMPLE: ClassVar = {"current_password": "three short words", "new_password": "four words, not three"}

    current_password: str
    new_password: NewPassword


class ProfileChange(Body):
    """What people may change about themselves; what is left out stays."""

    READ_ONLY: ClassVar = KEPT | {"phone", "role"}
    EXAMPLE: ClassVar = {
        "bio": "Short videos about everyday style",
        "languages": ["English", "Hindi"],
        "social_platforms": [
            {
                "platform": "Instagram",
                "profile_link": "https://example.org/ravi",
                "followers_count": 48000,
                "engagement_rate": 4.2,
            }
        ],
    }

    name: Name | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    bio: Bio | UnsetType | None = UNSET
    profile_image_url: Link | UnsetType | None = UNSET
    languages: Words | UnsetType = UNSET
    categories: Words | UnsetType = UNSET
    social_platforms: Platforms | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


class StatusChange(Body):
    """Whether somebody may sign in, and why that changes; the reason goes to the audit log."""

    EXAMPLE: ClassVar = {"status": "suspended", "reason": "Sells followers"}

    status: Status
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class NewKey(Body):
    """An API key as one wants it."""

    READ_ONLY: ClassVar = frozenset({"id", "prefix", "last_used_at", "created_at"})
    EXAMPLE: ClassVar = {
        "name": "Nightly report",
        "scope": "read",
        "requests_per_minute": 60,
        "expires_at": "2099-12-31T00:00:00Z",
    }

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME_CHARS)]
    scope: Scope
    requests_per_minute: (
        Annotated[int, Meta(ge=1, le=LARGEST_RATE, description="the plan's when left out")] | None
    ) = None
    expires_at: Annotated[datetime, Meta(tz=True, description="never when left out")] | None = None


class KeyMadeAnswer(Answer):
    """A new key, shown this once."""

    api_key: ApiKey
    key: str


class ApiKeysAnswer(Answer):
    """The keys somebody has."""

    api_keys: list[ApiKey]
    pagination: Pagination


class SignedInAnswer(Answer):
    """Somebody signed in: the access token for the requests, the refresh token for the next access token."""

    user: User
    token: str
    refresh_token: str
    expires_in: Annotated[int, Meta(description="seconds until the access token expires")]


class RefreshedAnswer(Answer):
    """The next tokens of a session."""

    token: str
    refresh_token: str
    expires_in: Annotated[int, Meta(description="seconds until the access token expires")]


class SessionsAnswer(Answer):
    """Where somebody is signed in."""

    sessions: list[Session]
    pagination: Pagination


class UserAnswer(Answer):
    """A person, with everything they know of themselves."""

    user: User


class PublicProfileAnswer(Answer):
    """A person, as others see them."""

    user: PublicProfile


class UsersAnswer(Answer):
    """A page of people, as operators see them."""

    users: list[User]
    pagination: Pagination
