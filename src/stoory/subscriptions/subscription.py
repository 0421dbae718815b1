"""What a subscription and an invoice are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.money import Balance
from stoory.plans.rules import PlanName, rank
from stoory.subscriptions.periods import Period, Span
from stoory.subscriptions.taxes import Tax

BASIC: Final[PlanName] = "basic"


class Status(StrEnum):
    """Where a subscription stands."""

    PENDING = "pending"
    """Asked for, not paid yet."""
    ACTIVE = "active"
    PAST_DUE = "past_due"
    """The period is over and the next is not paid; the plan goes on for a few days."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Never paid for, or not paid for again."""


LIVE: Final = (Status.ACTIVE, Status.PAST_DUE)
"""The plan holds."""


class InvoiceKind(StrEnum):
    """What an invoice asks money for."""

    START = "start"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"


class InvoiceStatus(StrEnum):
    """Where an invoice stands."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    """Nobody waits for it any more."""


class Chosen(Struct, frozen=True):
    """A plan, and how long of it is paid for at a time."""

    plan: PlanName
    period: Period

    def is_above(self, other: Chosen) -> bool:
        """Tell whether it is more than the other: a higher plan for no shorter time, or the same for longer."""
        return (rank(self.plan), self.period.months) > (rank(other.plan), other.period.months) and (
            self.period.months >= other.period.months
        )

    def is_below(self, other: Chosen) -> bool:
        """Tell whether it is less than the other: a lower plan, or the same for a shorter time."""
        return (rank(self.plan), self.period.months) < (rank(other.plan), other.period.months)


class Subscription(Struct, frozen=True, kw_only=True):
    """A subscription, as it is stored."""

    id: UUID
    user_id: UUID
    plan: PlanName
    plan_valid_from: datetime
    """Which dated row of the plan the running period keeps."""
    period: Period | None
    """None for basic, which goes on and on."""
    status: Status
    amount: Balance
    """What the running period costs, before coupons and what was paid before."""
    currency: str = "INR"
    anchor_at: datetime | None = None
    """From where periods are counted, so that the 31st stays the 31st."""
    periods_begun: int = 0
    """How many periods after the anchor have begun."""
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    paid_until: datetime | None = None
    """The end of the running period, or of the next when that is paid already."""
    cancel_at_period_end: bool = False
    next_plan: PlanName | None = None
    next_period: Period | None = None
    reminders: int = 0
    """How often its owner was reminded of the renewal that is not paid."""
    due_at: datetime | None = None
    lapses_at: datetime | None = None
    """From when on the plan is basic again, even if no clock has run."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether the plan holds."""
        return self.status in LIVE

    @property
    def chosen(self) -> Chosen | None:
        """The plan and period it is on; None for basic."""
        return None if self.period is None else Chosen(self.plan, self.period)

    @property
    def next_chosen(self) -> Chosen | None:
        """What the next period will be."""
        if self.next_plan is not None and self.next_period is not None:
            return Chosen(self.next_plan, self.next_period)
        return self.chosen

    @property
    def running(self) -> tuple[datetime, datetime]:
        """The running period of a live paid subscription; ValueError where there is none."""
        if self.current_period_start is None or self.current_period_end is None:
            raise ValueError(f"{self.id} has no period")
        return self.current_period_start, self.current_period_end

    @property
    def paid_to(self) -> datetime:
        """Until when a live paid subscription is paid; ValueError where it never was."""
        if self.paid_until is None:
            raise ValueError(f"{self.id} was never paid")
        return self.paid_until

    @property
    def is_prepaid(self) -> bool:
        """Whether the next period is paid already."""
        return self.paid_to > self.running[1]


class Invoice(Struct, frozen=True, kw_only=True):
    """What a subscription asks money for, as it is stored."""

    id: UUID
    subscription_id: UUID
    user_id: UUID
    kind: InvoiceKind
    status: InvoiceStatus
    number: str | None = None
    plan: PlanName
    plan_valid_from: datetime
    plan_name: str
    period: Period
    starts_at: datetime | None = None
    """None: from when it is paid."""
    ends_at: datetime | None = None
    """None: a period later than it starts."""
    price: Balance
    """Of what it pays for, before anything is taken off."""
    discount: Balance = Balance(0)
    credit: Balance = Balance(0)
    """What was paid already for the time it pays for."""
    amount: Balance
    full_price: Balance
    """Of a whole period of this plan."""
    coupon_id: UUID | None = None
    order_id: UUID | None = None
    taxes: list[Tax] = []
    billed_by: str | None = None
    billed_to: str | None = None
    created_at: datetime
    expires_at: datetime | None = None
    issued_at: datetime | None = None

    @property
    def chosen(self) -> Chosen:
        """The plan and period it pays for."""
        return Chosen(self.plan, self.period)

    @property
    def span(self) -> Span:
        """What was paid for which time; ValueError until it is paid."""
        if self.starts_at is None or self.ends_at is None:
            raise ValueError(f"{self.id} is not paid")
        return Span(self.starts_at, self.ends_at, self.amount)
