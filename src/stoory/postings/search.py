"""What somebody looks for in a list of postings, and the orders a list can have."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct

from stoory.postings.rules import Posting, Status


class Sort(StrEnum):
    """The orders of a list. Of a bid, the largest budget counts."""

    NEWEST = "newest"
    OLDEST = "oldest"
    BUDGET_HIGH = "budget_high"
    BUDGET_LOW = "budget_low"


DESCENDING: Final = frozenset({Sort.NEWEST, Sort.BUDGET_HIGH})
BY_TIME: Final = frozenset({Sort.NEWEST, Sort.OLDEST})


class Place(NamedTuple):
    """Where a posting stands, whatever the order: a page begins after it, and a cursor holds it."""

    posted_at: datetime
    budget_paise: int
    """The largest one."""
    id: UUID
    """Decides between equals."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody looks for; None is anything. Texts are compared without regard to case.

    The fields stand in the order in which `app.find_postings` takes them.
    """

    status: Status | None = None
    platform: str | None = None
    language: str | None = None
    category: str | None = None
    content_type: str | None = None
    created_by: UUID | None = None
    min_paise: int | None = None
    """A campaign's budget lies between the two, a bid's range reaches into theirs."""
    max_paise: int | None = None
    words: str | None = None
    """Stand in the title or the description, one after the other."""
    sort: Sort = Sort.NEWEST


def place(posting: Posting) -> Place:
    """Return where a posting stands."""
    return Place(posting.created_at, posting.max_budget.paise, posting.id)


def in_order(postings: list[Posting], sort: Sort) -> list[Posting]:
    """Return the postings in that order; between equals the id decides, in the same direction."""

    def key(posting: Posting) -> tuple[datetime | int, UUID]:
        at = place(posting)
        return (at.posted_at if sort in BY_TIME else at.budget_paise), at.id

    return sorted(postings, key=key, reverse=sort in DESCENDING)
