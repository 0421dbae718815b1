"""The plans on offer, and how much of one's own is used."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from stoory.plans import queries
from stoory.plans.api.shapes import PlanShown, shown
from stoory.plans.rules import Feature, PlanName, limit_of, upgrade_for
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import SIGNED_IN, Db, Me, get


class PlansAnswer(Answer):
    """Every plan, the cheapest first."""

    plans: list[PlanShown]


class Quota(Struct):
    """How much of something is used; a limit of None is unlimited."""

    used: int
    limit: int | None
    upgrade_to: PlanName | None
    """The plan that allows more, where this one is used up."""


class UsageShown(Struct, kw_only=True):
    """The plan one is on, and what of it is used."""

    plan: PlanName
    open_postings: Quota
    live_applications: Quota
    requests_per_minute: int | None
    """None: operators are not limited."""
    commission_bp: int
    """Of the agreed amount, in basis points: 1000 is 10 %."""
    features: list[str]


class UsageAnswer(Answer):
    """One's own usage."""

    usage: UsageShown


@get("/api/subscriptions/plans", who=SIGNED_IN)
async def list_plans(db: Db, actor: Me) -> PlansAnswer:
    """List the plans with their prices, limits and features, as they are for you today; None is unlimited."""
    async with db.as_user(actor, readonly=True) as tx:
        return PlansAnswer(plans=[shown(plan) for plan in await queries.offered(tx, actor.id)])


@get("/api/account/usage", who=SIGNED_IN)
async def show_usage(db: Db, actor: Me) -> UsageAnswer:
    """Return the plan you are on, its limits, and how much of them you use."""
    async with db.as_user(actor, readonly=True) as tx:
        plan = await queries.plan_of(tx, actor.id)
        offered = await queries.offered(tx, actor.id)
        used = await queries.usage(tx, actor.id)

    def quota(feature: Feature, amount: int) -> Quota:
        limit = None if actor.is_admin else limit_of(plan, feature)
        is_reached = limit is not None and amount >= limit
        return Quota(amount, limit, upgrade_for(plan, offered, feature, amount) if is_reached else None)

    return UsageAnswer(
        usage=UsageShown(
            plan=plan.plan,
            open_postings=quota(Feature.OPEN_POSTINGS, used.open_postings),
            live_applications=quota(Feature.LIVE_APPLICATIONS, used.live_applications),
            requests_per_minute=None if actor.is_admin else plan.requests_per_minute,
            commission_bp=plan.commission_bp,
            features=plan.features,
        )
    )


ROUTES: Final = [list_plans, show_usage]
