"""Access tokens, short-lived and signed, the refresh tokens that bring new ones, and API keys.

The algorithm is fixed and the key is looked up by its id. Each refresh token is made of the one before it.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

import jwt

from stoory.actor import Actor, Role
from stoory.errors import NotSignedIn

ALGORITHM: Final = "HS256"
LEEWAY_SECONDS: Final = 5
LONGEST_TOKEN_CHARS: Final = 2000
"""Ours have some 450; what is longer is not worth taking apart."""
TOKENS_REMEMBERED: Final = 4096
"""Whose signature was found good need not be looked at again; what was refused is never remembered. Some 4 MB."""
REFRESH_TOKEN_BYTES: Final = 32
API_KEY: Final = re.compile(r"stoory_[A-Za-z0-9_-]{43}")
"""How a key looks: people and scanners for leaked secrets know it by its beginning, the rest is 256 random bits."""


class Tokens:
    """Signs and reads access tokens, and makes refresh tokens. The first key signs, all of them read (rotation)."""

    def __init__(self, *keys: str, ttl_seconds: int) -> None:
        """Take the keys, newest first; a key's id is a fingerprint of it."""
        self._keys = {sha256(b"kid" + key.encode()).hexdigest()[:16]: key.encode() for key in keys}
        self._signing_kid = next(iter(self._keys))
        self._refresh_key = hmac.digest(keys[0].encode(), b"stoory refresh tokens 1", "sha256")
        self.fingerprint_key = hmac.digest(keys[0].encode(), b"stoory request fingerprints 1", "sha256")
        self.ttl_seconds = ttl_seconds
        self._read = lru_cache(TOKENS_REMEMBERED)(self._verified)

    def issue(self, actor: Actor, phone: str) -> str:
        """Return a token with the claims of the guide (id, phone, role, iat, exp) and sid, jti, typ."""
        now = datetime.now(UTC)
        claims = {
            "id": str(actor.id),
            "phone": phone,
            "role": actor.role.value,
            "iat": now,
            "exp": now + timedelta(seconds=self.ttl_seconds),
            "sid": str(actor.session_id),
            "jti": uuid4().hex,
            "typ": "access",
        }
        key = self._keys[self._signing_kid]
        headers = {"kid": self._signing_kid}
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)  # pyright: ignore[reportUnknownMemberType]

    def read(self, token: str) -> Actor:
        """Return who a token speaks for; NotSignedIn when it is forged, expired or of another kind."""
        actor, expires_at = self._read(token)
        if expires_at <= time.time() - LEEWAY_SECONDS:
            raise NotSignedIn
        return actor

    def _verified(self, token: str) -> tuple[Actor, int]:
        """Return who a token speaks for and until when (seconds since 1970).

        The key comes from our own map and never from the token: jku, x5u and jwk headers are not looked at.
        """
        if len(token) > LONGEST_TOKEN_CHARS:
            raise NotSignedIn
        try:
            key = self._keys[jwt.get_unverified_header(token).get("kid", "")]
            claims = jwt.decode(  # pyright: ignore[reportUnknownMemberType]
                token,
                key,
                algorithms=[ALGORITHM],
                leeway=LEEWAY_SECONDS,
                options={"require": ["id", "role", "sid", "exp", "iat"]},
            )
            if claims.get("typ") != "access":
                raise NotSignedIn
            return Actor(UUID(claims["id"]), Role(claims["role"]), UUID(claims["sid"])), int(claims["exp"])
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as problem:
            raise NotSignedIn from problem

    def first_refresh_token(self) -> str:
        """Return a random token to begin a session with."""
        return _text(secrets.token_bytes(REFRESH_TOKEN_BYTES))

    def child_of(self, refresh_token: str, session_id: UUID) -> str:
        """Return the token that follows that one in its session: always the same, so that a retry is given it again.

        Only who has the key can go on from a token, and no token of one session leads into another.
        """
        return _text(hmac.digest(self._refresh_key, session_id.bytes + refresh_token.encode(), "sha256"))


def new_api_key() -> str:
    """Return a random API key."""
    return f"stoory_{_text(secrets.token_bytes(REFRESH_TOKEN_BYTES))}"


def fingerprint(secret: str) -> bytes:
    """Return what is stored of a refresh token or an API key. 256 random bits need neither salt nor a slow hash."""
    return sha256(secret.encode()).digest()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
