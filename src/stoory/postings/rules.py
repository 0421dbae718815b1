"""What a posting is, how its status moves, and how its fields must fit together."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.money import Money

LEAST_AMOUNT: Final = Money(100)
"""The smallest amount that can be paid: one rupee."""


class Kind(StrEnum):
    """A campaign names one budget for all its deals together, a bid the range of one deal."""

    CAMPAIGN = "campaign"
    BID = "bid"


class Status(StrEnum):
    """How far a posting is."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.OPEN: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""Where its owner may move a posting."""

CLOSED: Final = frozenset(status for status, next_ones in TRANSITIONS.items() if not next_ones)


class MyRequest(Struct, frozen=True):
    """The latest application of the influencer who is looking."""

    id: UUID
    status: str


class Posting(Struct, frozen=True, kw_only=True):
    """A campaign or a bid; a campaign's budget stands in both bounds, a range of one amount."""

    kind: Kind
    id: UUID
    title: str
    description: str | None = None
    min_budget: Money
    max_budget: Money
    status: Status
    requirements: str | None = None
    language: str | None = None
    platform: str | None = None
    content_type: str | None = None
    category: str | None = None
    created_by: UUID
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    image_url: str | None = None
    deliverables: list[str] = []
    min_followers: int | None = None
    usage_rights: str | None = None
    disclosure_required: bool = True
    created_at: datetime
    updated_at: datetime
    applications_count: int | None = None
    """All but the cancelled ones; only its owner and operators are told."""
    my_request: MyRequest | None = None

    @property
    def min_amount(self) -> Money:
        """The least a deal of it may be about."""
        return LEAST_AMOUNT if self.kind is Kind.CAMPAIGN else self.min_budget

    @property
    def max_amount(self) -> Money:
        """The most a deal of it may be about."""
        return self.max_budget

    @property
    def is_closed(self) -> bool:
        """Nothing of it can change any more."""
        return self.status in CLOSED


def takes_applications(posting: Posting, now: datetime) -> bool:
    """Whether a deal of it can begin now: it is open and its end, if it has one, is still to come."""
    return posting.status is Status.OPEN and (posting.ends_at is None or now < posting.ends_at)


def followed(posting: Posting, status: Status, now: datetime) -> Posting:
    """Return the posting moved along by its deals or its end; one that is closed stays as its owner left it."""
    if posting.is_closed or posting.status is status:
        return posting
    return replace(posting, status=status, updated_at=now)
