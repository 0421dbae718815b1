"""What a plan allows: a limit a feature, and one question asked wherever something is made that a plan limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from stoory.errors import PlanLimit
from stoory.money import Money

PlanName = Literal["basic", "premium", "enterprise"]

RANKS: Final[tuple[PlanName, ...]] = ("basic", "premium", "enterprise")
"""The plans, the least first."""


class Feature(StrEnum):
    """What plans differ in: the first three in how much, the others in whether at all."""

    OPEN_POSTINGS = "open_postings"
    """Campaigns and bids of a brand that are open, together."""
    LIVE_APPLICATIONS = "live_applications"
    """Applications of an influencer that are alive, those she began herself."""
    REQUESTS_PER_MINUTE = "requests_per_minute"
    ANALYTICS = "analytics"
    PRIORITY_SUPPORT = "priority_support"


class Plan(Struct, frozen=True, kw_only=True):
    """What a plan costs, allows and takes from `valid_from` on."""

    plan: PlanName
    valid_from: datetime
    name: str
    monthly_paise: int
    yearly_paise: int
    commission_bp: int
    """Of the agreed amount, in basis points: 1000 is 10 %."""
    max_open_postings: int | None
    """Campaigns and bids together; None is unlimited."""
    max_live_applications: int | None
    """Those the influencer began herself; None is unlimited."""
    requests_per_minute: int
    features: list[str]

    @property
    def monthly(self) -> Money:
        """What a month costs."""
        return Money(self.monthly_paise)

    @property
    def yearly(self) -> Money:
        """What a year costs."""
        return Money(self.yearly_paise)


LIMITS: Final[dict[Feature, Callable[[Plan], int | None]]] = {
    Feature.OPEN_POSTINGS: lambda plan: plan.max_open_postings,
    Feature.LIVE_APPLICATIONS: lambda plan: plan.max_live_applications,
    Feature.REQUESTS_PER_MINUTE: lambda plan: plan.requests_per_minute,
}
"""Where a plan says how much; None is unlimited."""

REACHED: Final = {
    Feature.OPEN_POSTINGS: "Your plan, {name}, allows {limit} open campaigns and bids at a time.",
    Feature.LIVE_APPLICATIONS: "Your plan, {name}, allows {limit} live applications at a time.",
    Feature.ANALYTICS: "Your plan, {name}, has no analytics.",
    Feature.PRIORITY_SUPPORT: "Your plan, {name}, has no priority support.",
}


def limit_of(plan: Plan, feature: Feature) -> int | None:
    """Return how much of a feature a plan allows; None is unlimited, 0 that it has none of it."""
    if feature in LIMITS:
        return LIMITS[feature](plan)
    return None if feature.value in plan.features else 0


def allows(plan: Plan, feature: Feature, used: int = 0) -> bool:
    """Tell whether a plan allows one more of a feature to whoever uses so much of it already."""
    limit = limit_of(plan, feature)
    return limit is None or used < limit


def upgrade_for(plan: Plan, offered: Sequence[Plan], feature: Feature, used: int) -> PlanName | None:
    """Return the least plan above this one that would allow it; None where no plan would."""
    better = sorted(
        (each for each in offered if rank(each.plan) > rank(plan.plan)), key=lambda each: rank(each.plan)
    )
    return next((each.plan for each in better if allows(each, feature, used)), None)


def require(plan: Plan, offered: Sequence[Plan], feature: Feature, used: int = 0) -> None:
    """Raise PlanLimit, which says what to do about it, unless the plan allows one more."""
    if allows(plan, feature, used):
        return
    limit = limit_of(plan, feature)
    raise PlanLimit(
        REACHED[feature].format(name=plan.name, limit=limit),
        limit=limit,
        used=used,
        plan=plan.plan,
        upgrade_to=upgrade_for(plan, offered, feature, used),
    )


def rank(plan: PlanName) -> int:
    """Return how high a plan stands."""
    return RANKS.index(plan)
