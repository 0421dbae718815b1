"""The plans in force, as their dated rows say."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.platform.database import Tx


class Plan(Struct, frozen=True):
    """What a plan costs, allows and takes from `valid_from` on."""

    plan: str
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


async def plans(tx: Tx) -> list[Plan]:
    """Return each plan as it is now, the cheapest first."""
    return await tx.all(
        Plan,
        """
        select p.plan, p.valid_from, p.name, p.monthly_paise, p.yearly_paise, p.commission_bp,
               p.max_open_postings, p.max_live_applications, p.requests_per_minute, p.features
          from plans p
         where p.valid_from = (select max(newest.valid_from)
                                 from plans newest
                                where newest.plan = p.plan
                                  and newest.valid_from <= $1)
         order by p.monthly_paise, p.plan
        """,
        tx.now,
    )


async def plan_of(tx: Tx, user_id: UUID) -> Plan:  # noqa: ARG001 - whose plan it is will matter with subscriptions
    """Return the plan a person is on now: basic, as it stands today.

    Everybody is on basic without asking for it, and nobody can subscribe to anything else yet.
    """
    return await tx.one(
        Plan,
        """
        select plan, valid_from, name, monthly_paise, yearly_paise, commission_bp,
               max_open_postings, max_live_applications, requests_per_minute, features
          from plans
         where plan = 'basic'
           and valid_from <= $1
         order by valid_from desc
         limit 1
        """,
        tx.now,
    )
