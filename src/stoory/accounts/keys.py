"""API keys: what one may be, how many somebody may have, and what is said to who shows a bad one."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.accounts import rules
from stoory.actor import Actor, Scope
from stoory.errors import Conflict, FieldError, Invalid, NotFound, NotSignedIn

MOST_LIVE_KEYS: Final = 10
LONGEST_NAME_CHARS: Final = 100
LARGEST_RATE: Final = 100_000
SHOWN_CHARS: Final = 12
"""How much of a key its owner is shown later, to know it again: `stoory_` and 30 of its 256 bits."""

REVOKED: Final = "revoked"


class KeyDraft(Struct, frozen=True):
    """A key as somebody wants it. Without a number of requests as many as the plan allows; None never expires."""

    name: str
    scope: Scope
    requests_per_minute: int | None
    expires_at: datetime | None


def check_draft(draft: KeyDraft, now: datetime) -> None:
    """Refuse a name that is none, and a key that would be over before it is made; Invalid names both."""
    faults = rules.profile_faults({"name": draft.name})
    if not lives(draft.expires_at, now):
        faults.append(FieldError("expires_at", "must lie in the future"))
    if faults:
        raise Invalid(*faults)


def check_room(live_keys: int) -> None:
    """Refuse one key more than somebody may have; those that are revoked or expired do not count."""
    if live_keys >= MOST_LIVE_KEYS:
        raise Conflict(f"You have {MOST_LIVE_KEYS} keys; revoke one first.", code="too_many_keys")


def check_own_key(actor: Actor, owner_id: UUID) -> None:
    """Refuse another's key as if it did not exist."""
    if owner_id != actor.id:
        raise NotFound


def lives(expires_at: datetime | None, now: datetime) -> bool:
    """Return whether a key has not expired: at the very instant it has."""
    return expires_at is None or now < expires_at


def unknown_key() -> NotSignedIn:
    """Return the one answer to every key that opens nothing."""
    return NotSignedIn("There is no such API key, or it has expired or was revoked.")
