"""Plans as they are shown: amounts in rupees, None is unlimited."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from stoory.money import Balance, Money
from stoory.plans.rules import Plan, PlanName
from stoory.platform.http.body import Body

FeatureName = Literal["analytics", "priority_support"]
Most = Annotated[int, Meta(ge=0, le=1_000_000)]
Rate = Annotated[int, Meta(ge=1, le=1_000_000)]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]


class Prices(Struct):
    """What a plan costs, in rupees, taxes included."""

    monthly: Balance
    yearly: Balance


class Quotas(Struct):
    """How much of each a plan allows; None is unlimited."""

    open_postings: int | None
    live_applications: int | None
    requests_per_minute: int


class PlanShown(Struct, kw_only=True):
    """A plan."""

    id: PlanName
    name: str
    prices: Prices
    currency: str = "INR"
    limits: Quotas
    commission_bp: int
    """Of the agreed amount, of deals begun while it holds, in basis points: 1000 is 10 %."""
    features: list[str]


class DatedPlan(PlanShown, kw_only=True):
    """A plan as it is from a day on."""

    valid_from: datetime


class NewPrices(Body):
    """What a plan is to cost, in rupees, taxes included."""

    monthly: Money | UnsetType = UNSET
    yearly: Money | UnsetType = UNSET


class NewQuotas(Body):
    """How much of each is to be allowed; None is unlimited."""

    open_postings: Most | UnsetType | None = UNSET
    live_applications: Most | UnsetType | None = UNSET
    requests_per_minute: Rate | UnsetType = UNSET


class Changes(Body):
    """What of a plan is to be otherwise; what is left out stays."""

    prices: NewPrices | UnsetType = UNSET
    limits: NewQuotas | UnsetType = UNSET
    commission_bp: BasisPoints | UnsetType = UNSET
    features: Annotated[list[FeatureName], Meta(max_length=2)] | UnsetType = UNSET

    def columns(self) -> dict[str, Any]:
        """Return what was sent, as columns of a plan."""
        prices, limits = self.prices or NewPrices(), self.limits or NewQuotas()
        sent: dict[str, Any] = {
            "monthly_paise": prices.monthly if prices.monthly is UNSET else prices.monthly.paise,
            "yearly_paise": prices.yearly if prices.yearly is UNSET else prices.yearly.paise,
            "max_open_postings": limits.open_postings,
            "max_live_applications": limits.live_applications,
            "requests_per_minute": limits.requests_per_minute,
            "commission_bp": self.commission_bp,
            "features": self.features,
        }
        return {name: value for name, value in sent.items() if value is not UNSET}


def shown(plan: Plan) -> PlanShown:
    """Return a plan as people see it."""
    return PlanShown(**_fields(plan))


def dated(plan: Plan) -> DatedPlan:
    """Return a plan as it is from a day on, as operators see it."""
    return DatedPlan(**_fields(plan), valid_from=plan.valid_from)


def _fields(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.plan,
        "name": plan.name,
        "prices": Prices(Balance(plan.monthly_paise), Balance(plan.yearly_paise)),
        "limits": Quotas(plan.max_open_postings, plan.max_live_applications, plan.requests_per_minute),
        "commission_bp": plan.commission_bp,
        "features": plan.features,
    }
