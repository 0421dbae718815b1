"""Keyset pages: a cursor holds the sort key of the last row of a page, and nothing a client could use otherwise."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType

from stoory.errors import Invalid
from stoory.platform import wire

R = TypeVar("R")
K = TypeVar("K")

DEFAULT_PAGE_ROWS: Final = 20
LARGEST_PAGE_ROWS: Final = 100

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE_ROWS, description="rows of a page")]
CursorParam = Annotated[
    str | None, QueryParameter(name="cursor", max_length=500, description="`next_cursor` of the page before")
]
IncludeTotal = Annotated[bool, QueryParameter(name="include_total", description="count all rows as well")]


class Pagination(Struct):
    """Where the next page begins."""

    limit: int
    next_cursor: str | None
    has_more: bool
    total: int | UnsetType = UNSET


def page(
    rows: list[R], *, limit: int, key: Callable[[R], tuple[object, ...]], total: int | None = None
) -> tuple[list[R], Pagination]:
    """Cut `limit + 1` fetched rows to a page; the cursor is the key of the last row shown."""
    shown = rows[:limit]
    more = len(rows) > limit
    cursor = encode_cursor(key(shown[-1])) if more else None
    return shown, Pagination(limit, cursor, more, UNSET if total is None else total)


def encode_cursor(key: tuple[object, ...]) -> str:
    """Return an opaque text for a sort key."""
    return urlsafe_b64encode(wire.encode(key)).decode().rstrip("=")


def decode_cursor(kind: type[K], cursor: str | None, *, field: str = "cursor") -> K | None:
    """Read a cursor as that tuple type; Invalid when it is none of ours."""
    if cursor is None:
        return None
    try:
        raw: Any = wire.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return wire.from_row(kind, raw)
    except (binascii.Error, ValueError, msgspec.MsgspecError, NotImplementedError):
        raise Invalid.field(field, "is not a cursor of this list") from None
