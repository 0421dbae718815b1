"""Making accounts and keys, signing in and out, and what people and operators change about an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct

from stoory.accounts import keys as key_rules
from stoory.accounts import rules
from stoory.accounts.keys import KeyDraft
from stoory.accounts.queries import keys, people, sessions
from stoory.accounts.queries.keys import ApiKey
from stoory.accounts.queries.people import Credentials
from stoory.accounts.queries.sessions import Device, Family
from stoory.accounts.user import Newcomer, Status, User
from stoory.actor import Actor, Role
from stoory.errors import Conflict, NotFound
from stoory.platform.bus import Hint
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue
from stoory.platform.tokens import Tokens, fingerprint, new_api_key


class SessionsEnded(Hint, frozen=True):
    """Open sockets of these people must ask again whether their session is still good."""


class KeysRevoked(Hint, frozen=True):
    """Whose key is whose must be asked again, and open sockets of these people whether theirs is still good."""


class ProfileChanged(Hint, frozen=True):
    """What everybody may know of somebody is another."""


class SignedIn(Struct):
    """A session just opened, for its first access token."""

    user: User
    actor: Actor
    refresh_token: str


class KeyMade(Struct):
    """A key just made, for the only time that it is shown."""

    api_key: ApiKey
    key: str


class Refreshed(Struct):
    """A session that goes on, for its next access token."""

    actor: Actor
    phone: str
    refresh_token: str


async def register(
    tx: Tx, newcomer: Newcomer, password_hash: str, device: Device, *, tokens: Tokens
) -> SignedIn:
    """Make an account and sign in; Conflict `phone_taken`."""
    user = await _add(tx, newcomer, password_hash)
    return await _open_session(tx, user, device, tokens)


async def create_admin(tx: Tx, *, name: str, phone: str, password_hash: str) -> User:
    """Make an administrator, which no route does; Conflict `phone_taken`, Invalid.

    The password must have passed `rules.check_password` before it was hashed, outside any transaction.
    """
    return await _add(tx, rules.newcomer(name=name, phone=phone, role=Role.ADMIN), password_hash)


async def _add(tx: Tx, newcomer: Newcomer, password_hash: str) -> User:
    user = await people.insert_user(tx, newcomer)
    if user is None:
        raise Conflict("Somebody has registered with this phone number already.", code="phone_taken")
    await people.insert_credentials(tx, user.id, password_hash)
    return user


async def sign_in(
    tx: Tx, verified: Credentials, device: Device, *, tokens: Tokens, renewed_hash: str | None = None
) -> SignedIn:
    """Open a session for whose password was verified, outside any transaction, a moment ago.

    NotSignedIn `invalid_credentials` when the password has changed since; Forbidden `suspended`. A renewed hash
    replaces one that was made with parameters of the past.
    """
    # load: under the lock, so that a suspension or a new password comes before or after, never in between
    user = await people.lock_user(tx, verified.user_id)
    current = await people.credentials(tx, verified.user_id)
    # decide
    if current.password_hash != verified.password_hash:
        raise rules.wrong_credentials()
    rules.check_not_suspended(user.status)
    # save
    if renewed_hash is not None:
        await people.update_password(tx, user.id, renewed_hash)
    return await _open_session(tx, user, device, tokens)


async def _open_session(tx: Tx, user: User, device: Device, tokens: Tokens) -> SignedIn:
    session_id = await sessions.insert_session(tx, user.id, device, tx.now + rules.SESSION_LIFE)
    refresh_token = tokens.first_refresh_token()
    await sessions.insert_refresh_token(tx, fingerprint(refresh_token), session_id)
    return SignedIn(user, Actor(user.id, user.role, session_id), refresh_token)


async def refresh(tx: Tx, session_id: UUID, presented: str, *, tokens: Tokens) -> Refreshed | None:
    """Exchange a refresh token for the next one; NotSignedIn when its session has ended.

    None says that the token had been used by somebody else: the session has been ended, its owner will be told, and
    the caller must let this transaction commit before answering `rules.token_reused()`.
    """
    # load: the lock makes a hundred at once stand in line, and all but the first are retries
    family = await sessions.lock_family(tx, session_id)
    token = await sessions.refresh_token(tx, fingerprint(presented))
    # decide
    rules.check_goes_on(family.status, family.ended_why, family.expires_at, tx.now)
    child = tokens.child_of(presented, session_id)
    # save
    if token.used_at is None:
        await sessions.use_refresh_token(tx, fingerprint(presented), fingerprint(child))
        await sessions.insert_refresh_token(tx, fingerprint(child), session_id)
        await sessions.extend_session(tx, session_id, tx.now + rules.SESSION_LIFE)
    elif not rules.is_retry(used_at=token.used_at, is_child_used=token.is_child_used, now=tx.now):
        await _stop_theft(tx, family)
        return None
    return Refreshed(Actor(family.user_id, family.role, session_id), family.phone, child)


async def _stop_theft(tx: Tx, family: Family) -> None:
    await sessions.end_session(tx, family.id, rules.TOKEN_REUSED)
    await enqueue(tx, "token_theft", {"user_id": family.user_id, "session_id": family.id})
    tx.tell(SessionsEnded((family.user_id,)))


async def log_out(tx: Tx, actor: Actor) -> None:
    """End the session that is asking."""
    await sessions.end_session(tx, actor.session_id, rules.LOGGED_OUT)
    tx.tell(SessionsEnded((actor.id,)))


async def end_session(tx: Tx, actor: Actor, session_id: UUID) -> None:
    """End one of one's own sessions, this one or another; NotFound."""
    session = await sessions.live_session(tx, session_id)
    rules.check_own_session(actor, session.user_id)
    await sessions.end_session(tx, session_id, rules.ENDED_ELSEWHERE)
    tx.tell(SessionsEnded((actor.id,)))


async def change_password(tx: Tx, actor: Actor, *, verified: Credentials, new_hash: str) -> None:
    """Store a new password and end the other sessions; Invalid when the old one has changed since it was verified."""
    # load
    user = await people.lock_user(tx, actor.id)
    await tx.as_system("only the system sees password hashes")
    current = await people.credentials(tx, user.id)
    # decide
    if current.password_hash != verified.password_hash:
        raise rules.wrong_password("current_password")
    # save
    await people.update_password(tx, user.id, new_hash)
    await sessions.end_sessions(tx, user.id, rules.PASSWORD_CHANGED, but=actor.session_id)
    # tell
    tx.tell(SessionsEnded((user.id,)))


async def change_profile(tx: Tx, actor: Actor, changes: Mapping[str, Any]) -> User:
    """Change what people may change about themselves, and return the result; Invalid."""
    user = await people.lock_user(tx, actor.id)
    after = rules.revised(user, changes, tx.now)
    await people.update_profile(tx, after)
    tx.tell(ProfileChanged((user.id,)))
    return after


async def change_status(tx: Tx, actor: Actor, user_id: UUID, *, status: Status, reason: str) -> User:
    """Suspend somebody, which ends their sessions, or let them in again; NotFound, Conflict `own_account`."""
    # load
    await people.user(tx, user_id)
    await tx.as_system("an operator judges somebody else")
    user = await people.lock_user(tx, user_id)
    # decide
    rules.check_may_judge(actor, user)
    if user.status == status:
        return user
    # save
    await people.update_status(tx, user_id, status)
    await audit(tx, actor, "change_user_status", user_id, {"status": status, "reason": reason})
    if status == "suspended":
        await sessions.end_sessions(tx, user_id, rules.SUSPENDED)
        tx.tell(SessionsEnded((user_id,)))
        if await keys.revoke_keys(tx, user_id, rules.SUSPENDED):
            tx.tell(KeysRevoked((user_id,)))
    return await people.user(tx, user_id)


async def make_key(tx: Tx, actor: Actor, draft: KeyDraft) -> KeyMade:
    """Make a key for oneself; Invalid, Conflict `too_many_keys`, Forbidden `suspended`."""
    # load: under the lock, so that of several at once no more are made than there is room for
    user = await people.lock_user(tx, actor.id)
    live = await keys.live_key_count(tx, user.id)
    # decide
    rules.check_not_suspended(user.status)
    key_rules.check_draft(draft, tx.now)
    key_rules.check_room(live)
    # save
    key = new_api_key()
    await tx.as_system("keys are made, and the audit log is written, by the system alone")
    made = await keys.insert_key(
        tx, user.id, draft, prefix=key[: key_rules.SHOWN_CHARS], key_hash=fingerprint(key)
    )
    await audit(tx, actor, "make_api_key", made.id, {"scope": made.scope})
    return KeyMade(made, key)


async def revoke_key(tx: Tx, actor: Actor, key_id: UUID) -> None:
    """Revoke one of one's own keys, for good; NotFound, also when it is revoked already."""
    key = await keys.key_owner(tx, key_id)
    key_rules.check_own_key(actor, key.user_id)
    if not await keys.revoke_key(tx, key_id, key_rules.REVOKED):
        raise NotFound  # by another request, a moment ago
    await tx.as_system("the audit log is written by the system alone")
    await audit(tx, actor, "revoke_api_key", key_id)
    tx.tell(KeysRevoked((actor.id,)))


async def audit(
    tx: Tx,
    actor: Actor,
    action: LiteralString,
    subject_id: UUID | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write down what an operator did or read, or a key made or revoked; needs `tx.as_system`.

    Never with a phone, an address or a secret.
    """
    await people.insert_audit(tx, actor.id, action, subject_id, data or {})
