"""What of an answer or a row must be equal between servers that are alike, and where two of them differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, cast

INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
OPAQUE: Final = frozenset({"next_cursor"})
"""Whoever writes a cursor reads it; what counts is that there is one."""


def plain(value: Any) -> Any:
    """Return an answer with instants to the millisecond in one notation, and cursors for their existence.

    JavaScript's Date has no more than milliseconds, and JSON no one way to write an instant.
    """
    if isinstance(value, dict):
        return {
            key: held is not None if key in OPAQUE else plain(held)
            for key, held in cast("dict[str, Any]", value).items()
        }
    if isinstance(value, list):
        return [plain(held) for held in cast("list[Any]", value)]
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return plain(datetime.fromisoformat(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, Decimal):
        return float(value)
    return value


def differences(found: Any, expected: Any, where: str = "") -> Iterator[str]:
    """Yield where two plain values differ, in words."""
    if isinstance(found, dict) and isinstance(expected, dict):
        ours, theirs = cast("dict[str, Any]", expected), cast("dict[str, Any]", found)
        for key in sorted({*ours, *theirs}):
            yield from differences(theirs.get(key, "nothing"), ours.get(key, "nothing"), f"{where}.{key}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):  # pyright: ignore[reportUnknownArgumentType]
        pairs = zip(cast("list[Any]", found), cast("list[Any]", expected), strict=True)
        for number, (theirs, ours) in enumerate(pairs):
            yield from differences(theirs, ours, f"{where}[{number}]")
    elif found != expected:
        yield f"{where or 'the answer'} is {found!r}, at Stoory {expected!r}"
