"""Access tokens: short-lived, signed with one fixed algorithm and a key looked up by its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import jwt

from stoory.actor import Actor, Role
from stoory.errors import NotSignedIn

ALGORITHM: Final = "HS256"
LEEWAY_SECONDS: Final = 5


class Tokens:
    """Signs and reads access tokens. Keys are raw bytes; the first signs, all of them read (rotation)."""

    def __init__(self, *secrets: str, ttl_seconds: int) -> None:
        """Take the secrets, newest first; a key's id is a fingerprint of it."""
        self._keys = {sha256(b"kid" + secret.encode()).hexdigest()[:16]: secret.encode() for secret in secrets}
        self._signing_kid = next(iter(self._keys))
        self.ttl_seconds = ttl_seconds

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
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": self._signing_kid})

    def read(self, token: str) -> Actor:
        """Return who a token speaks for; NotSignedIn when it is forged, expired or of another kind.

        The key comes from our own map and never from the token: jku, x5u and jwk headers are not looked at.
        """
        try:
            key = self._keys[jwt.get_unverified_header(token).get("kid", "")]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                leeway=LEEWAY_SECONDS,
                options={"require": ["id", "role", "sid", "exp", "iat"]},
            )
            if claims.get("typ") != "access":
                raise NotSignedIn
            return Actor(UUID(claims["id"]), Role(claims["role"]), UUID(claims["sid"]))
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as problem:
            raise NotSignedIn from problem
