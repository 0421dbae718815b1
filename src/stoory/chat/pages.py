"""Pages of messages. Seqs begin at 1 and have no gaps, so that nothing is ever counted."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stoory.errors import Invalid


class Span(Struct, frozen=True):
    """Which messages are asked for: those before a seq, those after one, or with neither the latest."""

    before: int | None = None
    after: int | None = None


def span(before: int | None, after: int | None) -> Span:
    """Return the span; Invalid when it is asked for in both directions."""
    if before is not None and after is not None:
        raise Invalid.field("after_seq", "send before_seq or after_seq, not both")
    return Span(before, after)


class Edges(Struct, frozen=True):
    """Where a page of messages lies: what comes before it, what after it, and how it goes on."""

    before: int | None
    after: int
    onward: Span | None


def edges(asked: Span, shown: Sequence[int], last_seq: int) -> Edges:
    """Return the edges of a page that shows these seqs."""
    after = shown[-1] if shown else asked.after or 0
    first = shown[0] if shown else after + 1
    if asked.after is not None:
        onward = Span(after=after) if shown and after < last_seq else None
    else:
        onward = Span(before=first) if first > 1 else None
    return Edges(before=first if first > 1 else None, after=after, onward=onward)
