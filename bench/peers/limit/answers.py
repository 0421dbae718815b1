"""What the handlers of `limit` are given, and what they answer."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import asyncpg
import msgspec
from msgspec import Struct

Answer = tuple[int, bytes]
"""The status and the body."""

BRAND_OWNER: Final = "brand_owner"
INFLUENCER: Final = "influencer"

JSON: Final = msgspec.json.Encoder(decimal_format="number")

FIRST: Final = ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""The key before every row of a list whose newest comes first."""


class Request(Struct):
    """A request once its token is read."""

    pool: asyncpg.Pool[asyncpg.Record]
    key: bytes
    query: dict[str, str]
    body: bytes = b""
    user_id: str = ""
    role: str = ""

    def limit(self, default: int) -> int:
        """Return how many rows are asked for, from 1 to 100; ValueError when it is no number."""
        return min(max(int(self.query.get("limit", default)), 1), 100)

    def after(self) -> tuple[str, str]:
        """Return the key after which the page begins."""
        cursor = self.query.get("cursor")
        if cursor is None:
            return FIRST
        time, id_ = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("~")
        return time, id_


def refusal(status: int, message: str, code: str) -> Answer:
    """Return an error."""
    return status, f'{{"success":false,"message":"{message}","code":"{code}"}}'.encode()


UNREADABLE: Final = refusal(422, "Some fields are not valid.", "invalid")
UNAUTHORIZED: Final = refusal(401, "You are not signed in.", "not_signed_in")
FORBIDDEN: Final = refusal(403, "Your role may not do this.", "forbidden")
NOT_FOUND: Final = refusal(404, "Not found.", "not_found")


def page(name: str, rows: list[asyncpg.Record], limit: int, key: str) -> Answer:
    """Return a page of rows; one more than the limit says that another begins after the `key` and id of the last."""
    shown = [dict(row) for row in rows[:limit]]
    has_more = len(rows) > limit
    cursor = encoded(f"{shown[-1][key].isoformat()}~{shown[-1]['id']}") if has_more else None
    pagination = {"limit": limit, "next_cursor": cursor, "has_more": has_more}
    return 200, JSON.encode({"success": True, name: shown, "pagination": pagination})


def encoded(cursor: str) -> str:
    """Write a cursor."""
    return urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
