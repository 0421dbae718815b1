"""What a profile may hold, which passwords are too easy, when a session is over and when its token was stolen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from stoory.accounts import phones
from stoory.accounts.user import Newcomer, SocialPlatform, Status, User
from stoory.accounts.weak_passwords import WEAK_PASSWORDS
from stoory.actor import SYSTEM_USER_ID, Actor, Role
from stoory.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, NotSignedIn

SHORTEST_PASSWORD_CHARS: Final = 8
LONGEST_PASSWORD_CHARS: Final = 256
LONGEST_LINE_CHARS: Final = 255

SESSION_LIFE: Final = timedelta(days=30)
"""Counted anew from each refresh."""
RETRY_WINDOW: Final = timedelta(seconds=60)
"""How long a used refresh token is still taken for a retry of somebody who never got the answer."""

LOGGED_OUT: Final = "logged_out"
ENDED_ELSEWHERE: Final = "ended_elsewhere"
PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105 - why a session ended
SUSPENDED: Final = "suspended"
TOKEN_REUSED: Final = "token_reused"  # noqa: S105 - the same

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
WEB_ADDRESS: Final = re.compile(r"https://[^\s/?#@:\\\[\]]+(:(?P<port>[0-9]{1,5}))?([/?#][^\s\\]*)?")
"""Without a name before the host, which makes a link read as another's: https://bank.example@evil.example"""
LARGEST_PORT: Final = 65_535
LINE_BREAKERS: Final = frozenset({"Cc", "Zl", "Zp"})
DIRECTION_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""These make a name read as another; the joiners of Indian scripts are not among them."""

Faults = Iterator[FieldError]


def newcomer(*, phone: str, role: Role, password: str | None = None, **profile: Any) -> Newcomer:
    """Return who may be given an account; Invalid names every wrong field of profile, phone and password.

    Without a password it must have been checked already: what is hashed cannot be looked at any more.
    """
    faults = profile_faults(profile)
    try:
        phone = phones.normalised(phone)
    except ValueError as problem:
        faults.append(FieldError("phone", str(problem)))
    if password is not None and (fault := _password_fault(password, name=profile["name"], phone=phone)):
        faults.append(FieldError("password", fault))
    if faults:
        raise Invalid(*faults)
    return Newcomer(phone=phone, role=role, **_tidied(profile))


def check_password(field: str, password: str, *, name: str, phone: str) -> None:
    """Refuse a password that is too short, too long or easily guessed: Invalid, at that field."""
    if fault := _password_fault(password, name=name, phone=phone):
        raise Invalid.field(field, fault)


def _password_fault(password: str, *, name: str, phone: str) -> str | None:
    if not SHORTEST_PASSWORD_CHARS <= len(password) <= LONGEST_PASSWORD_CHARS:
        return f"must have from {SHORTEST_PASSWORD_CHARS} to {LONGEST_PASSWORD_CHARS} characters"
    if _is_guessable(password, name=name, phone=phone):
        return "is among the first passwords that anybody would try"
    return None


def _is_guessable(password: str, *, name: str, phone: str) -> bool:
    """Look through decoration: `Password!` is `password`."""
    lower, bare = password.casefold(), _bare(password)
    own = {_bare(name), *map(_bare, name.split())} - {""}
    number = _bare(phone)
    return (
        len(set(lower)) == 1
        or not WEAK_PASSWORDS.isdisjoint({lower, bare})
        or bare in own
        or (bare.isdigit() and number != "" and (bare in number or number in bare))
    )


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def revised(user: User, changes: Mapping[str, Any], now: datetime) -> User:
    """Return the user with a new profile; Invalid names every wrong field. A new address must be verified anew."""
    if faults := profile_faults(changes):
        raise Invalid(*faults)
    after = replace(user, **_tidied(changes), updated_at=now)
    is_same_address = (after.email or "").lower() == (user.email or "").lower()
    return replace(after, email_verified=user.email_verified and is_same_address)


def profile_faults(fields: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with the fields of a profile, beyond their types and lengths."""
    return [
        fault for field, value in fields.items() if value is not None for fault in CHECKS[field](field, value)
    ]


def _tidied(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without the spaces round a name."""
    return {field: value.strip() if field == "name" else value for field, value in fields.items()}


def _line(field: str, value: str) -> Faults:
    """Check a text of one line, such as a name."""
    if not any(unicodedata.category(character)[0] not in "CZ" for character in value):
        yield FieldError(field, "must not be blank")
    elif len(value) > LONGEST_LINE_CHARS:
        yield FieldError(field, f"must have at most {LONGEST_LINE_CHARS} characters")
    elif any(unicodedata.category(character) in LINE_BREAKERS for character in value):
        yield FieldError(field, "must be one line without control characters")
    elif DIRECTION_OVERRIDES & set(value):
        yield FieldError(field, "must not turn the direction of reading")


def _lines(field: str, value: str) -> Faults:
    """Check a longer text, which may have lines."""
    if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in value):
        yield FieldError(field, "must not contain control characters")


def _email(field: str, value: str) -> Faults:
    if not EMAIL.fullmatch(value) or not value.isprintable():
        yield FieldError(field, "must be an e-mail address")


def _link(field: str, value: str) -> Faults:
    if not is_web_address(value):
        yield FieldError(field, "must be an https address")


def is_web_address(text: str) -> bool:
    """Return whether a text is an https address of a named host and nothing that only looks like one."""
    address = WEB_ADDRESS.fullmatch(text)
    return address is not None and text.isprintable() and int(address["port"] or 443) <= LARGEST_PORT


def _platform(field: str, value: SocialPlatform) -> Faults:
    yield from _line(f"{field}.platform", value.platform)
    yield from _link(f"{field}.profile_link", value.profile_link)


def _each(check: Callable[[str, Any], Faults]) -> Callable[[str, list[Any]], Faults]:
    """Return the check of a list whose items are each checked so."""

    def of_list(field: str, values: list[Any]) -> Faults:
        for i, value in enumerate(values):
            yield from check(f"{field}[{i}]", value)

    return of_list


CHECKS: Final[dict[str, Callable[[str, Any], Faults]]] = {
    "name": _line,
    "email": _email,
    "bio": _lines,
    "profile_image_url": _link,
    "languages": _each(_line),
    "categories": _each(_line),
    "social_platforms": _each(_platform),
    "locale": _line,
}
"""How each writable field of a profile is checked."""


def check_not_suspended(status: Status) -> None:
    """Refuse somebody whom an operator has suspended; asked only once their password was right."""
    if status == "suspended":
        raise Forbidden("Your account is suspended.", code="suspended")


def check_own_session(actor: Actor, owner_id: UUID) -> None:
    """Refuse another's session as if it did not exist."""
    if owner_id != actor.id:
        raise NotFound


def check_may_judge(actor: Actor, user: User) -> None:
    """Refuse an operator who would lock themselves out; nobody decides about the system user, who is nobody."""
    if user.id == SYSTEM_USER_ID:
        raise NotFound
    if user.id == actor.id:
        raise Conflict("Another operator must do this for you.", code="own_account")


def check_goes_on(status: Status, ended_why: str | None, expires_at: datetime, now: datetime) -> None:
    """Refuse to go on with a session that is over."""
    if ended_why == TOKEN_REUSED:
        raise token_reused()
    if status == "suspended" or ended_why is not None or now >= expires_at:
        raise NotSignedIn


def is_retry(*, used_at: datetime, is_child_used: bool, now: datetime) -> bool:
    """Return whether a refresh token that was used is presented again by who used it: the answer had got lost.

    Once its child was used too, the answer had arrived: then somebody else presents it.
    """
    return not is_child_used and now - used_at <= RETRY_WINDOW


def wrong_credentials() -> NotSignedIn:
    """Return the one answer to every failed login."""
    return NotSignedIn("Phone, e-mail address or password is wrong.", code="invalid_credentials")


def wrong_password(field: str) -> Invalid:
    """Return the answer to who wants to change what a password protects, and does not know it.

    Not 401, which tells clients that the session is over: they would refresh it and try again.
    """
    return Invalid.field(field, "This is not your password.", code="invalid_credentials")


def token_reused() -> NotSignedIn:
    """Return the answer to who presents a refresh token that somebody else has used."""
    return NotSignedIn("This refresh token was used before, so its session has ended.", code=TOKEN_REUSED)
