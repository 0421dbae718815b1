"""What a posting is, how its status moves, and how its fields must fit together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.accounts.rules import is_web_address
from stoory.actor import Actor
from stoory.errors import Conflict, FieldError, Invalid, NotFound
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


def require_owner(posting: Posting, actor: Actor) -> None:
    """Let its owner and operators pass; for everybody else there is nothing here: NotFound."""
    if not (actor.is_admin or posting.created_by == actor.id):
        raise NotFound


def changed(posting: Posting, fields: dict[str, Any], now: datetime) -> Posting:
    """Return the posting with those fields; itself when none of them says anything new.

    The budget may go below what its deals already add up to: their terms are pinned, they go on as agreed.
    Raises Conflict `invalid_transition` with `allowed`, Conflict `closed`, Invalid with every field that does not fit.
    """
    news = {name: value for name, value in fields.items() if value != getattr(posting, name)}
    if not news:
        return posting
    if "status" in news:
        check_transition(posting.status, news["status"])
    if posting.is_closed:
        raise Conflict(
            f"This {posting.kind} is {posting.status}: nothing of it changes any more.", code="closed"
        )
    after = replace(posting, **news, updated_at=now)
    check_fields(after)
    return after


def check_transition(status: Status, wanted: Status) -> None:
    """Refuse a move that is not in the table: Conflict `invalid_transition` with `allowed`."""
    if wanted not in TRANSITIONS[status]:
        raise Conflict(
            f"What is {status} cannot become {wanted}.",
            code="invalid_transition",
            allowed=sorted(TRANSITIONS[status]),
        )


def check_fields(posting: Posting) -> None:
    """Refuse fields that do not fit together: Invalid names every one of them."""
    errors = [*_wrong_budgets(posting), *_wrong_dates(posting), *_wrong_links(posting)]
    if errors:
        raise Invalid(*errors)


def check_removal(posting: Posting, *, has_applications: bool) -> None:
    """Refuse to remove what somebody answered: Conflict `has_applications`."""
    if has_applications:
        raise Conflict(
            f"Somebody applied to this {posting.kind}: cancel it instead of deleting it.",
            code="has_applications",
        )


def followed(posting: Posting, status: Status, now: datetime) -> Posting:
    """Return the posting moved along by its deals or its end; one that is closed stays as its owner left it."""
    if posting.is_closed or posting.status is status:
        return posting
    return replace(posting, status=status, updated_at=now)


def _wrong_budgets(posting: Posting) -> Iterator[FieldError]:
    if posting.kind is Kind.CAMPAIGN:
        budgets = {"budget": posting.max_budget}
    else:
        budgets = {"min_budget": posting.min_budget, "max_budget": posting.max_budget}
    for field, amount in budgets.items():
        if amount < LEAST_AMOUNT:
            yield FieldError(field, f"must be at least {LEAST_AMOUNT}")
    if posting.min_budget > posting.max_budget:
        yield FieldError("min_budget", "must not be above max_budget")
        yield FieldError("max_budget", "must not be below min_budget")


def _wrong_dates(posting: Posting) -> Iterator[FieldError]:
    if posting.starts_at and posting.ends_at and posting.ends_at <= posting.starts_at:
        yield FieldError("ends_at", "must be after starts_at")


def _wrong_links(posting: Posting) -> Iterator[FieldError]:
    if posting.image_url is not None and not is_web_address(posting.image_url):
        yield FieldError("image_url", "must be an https address")
