"""The seeded people, all signed in: each with a session and a token as after a login, without a storm of logins."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from bench.loader import get, post
from bench.side_by_side.contestants import SECRET
from bench.side_by_side.stage import Stage
from stoory.actor import Actor, Role
from stoory.platform.tokens import Tokens

TOKEN_TTL_SECONDS: Final = 86_400
"""Longer than a run"""

SIGN_IN: Final = """
      with opened as (
           insert into sessions (user_id, created_at, last_used_at, expires_at)
           select id, now(), now(), now() + interval '30 days'
             from users
            where role in ('brand_owner', 'influencer')
              and status = 'active'
        returning id, user_id)
    select u.id, u.role, u.phone, o.id as session_id
      from opened o
      join users u on u.id = o.user_id
  order by u.phone
"""


class Crowd:
    """Who is there, and the requests they send."""

    def __init__(self, stage: Stage) -> None:
        """Sign everybody in."""
        self._tokens = Tokens(SECRET * 2, ttl_seconds=TOKEN_TTL_SECONDS)
        self._rows = {row["id"]: row for row in stage.rows(SIGN_IN)}
        self._headers: dict[UUID, dict[str, str]] = {}

    def ids(self, role: Role) -> list[UUID]:
        """Return the people of that role."""
        return [row["id"] for row in self._rows.values() if row["role"] == role]

    def phone(self, person: UUID) -> str:
        """Return the number somebody signs in with."""
        return self._rows[person]["phone"]

    def get(self, person: UUID, path: str) -> bytes:
        """Return the bytes of somebody's GET."""
        return get(path, self._headers_of(person))

    def post(self, person: UUID, path: str, body: dict[str, Any]) -> bytes:
        """Return the bytes of somebody's POST."""
        headers = {**self._headers_of(person), "content-type": "application/json"}
        return post("http://localhost", path, json.dumps(body).encode(), headers)

    def token(self, person: UUID) -> str:
        """Return what says who somebody is, at Stoory and at the peers."""
        row = self._rows[person]
        return self._tokens.issue(Actor(row["id"], Role(row["role"]), row["session_id"]), row["phone"])

    def _headers_of(self, person: UUID) -> dict[str, str]:
        if person not in self._headers:
            self._headers[person] = {"authorization": f"Bearer {self.token(person)}"}
        return self._headers[person]
