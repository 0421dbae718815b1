"""The plans in force, as their dated rows say, what was agreed with single customers, and how much of it is used."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.plans.rules import Feature, Plan, PlanName
from stoory.platform.database import Tx


class Usage(Struct, kw_only=True):
    """How much of the plan's quotas somebody uses."""

    open_postings: int
    live_applications: int


class Held(Plan, frozen=True, kw_only=True):
    """A plan with a quota that is held."""

    used: int


class Terms(Struct, kw_only=True):
    """What an operator has agreed with one customer, on top of a plan."""

    id: int
    user_id: UUID
    plan: PlanName | None
    """The plan they are about; None is whichever the customer is on."""
    changes: dict[str, Any]
    """Columns of `Plan` with the values that hold instead; None is unlimited."""
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    set_by: UUID


async def plans(tx: Tx, *, at: datetime | None = None) -> list[Plan]:
    """Return each plan as it is then, or now, the cheapest first."""
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
        at or tx.now,
    )


async def offered(tx: Tx, user_id: UUID, *, at: datetime | None = None) -> list[Plan]:
    """Return each plan as it is for that customer then, or now; their own terms are in it. The cheapest first."""
    return await tx.all(
        Plan,
        """
        select t.plan, t.valid_from, t.name, t.monthly_paise, t.yearly_paise, t.commission_bp,
               t.max_open_postings, t.max_live_applications, t.requests_per_minute, t.features
          from plans p
         cross join lateral app.on_terms(p, $1, $3) t
         where p.valid_from = (select max(newest.valid_from)
                                 from plans newest
                                where newest.plan = p.plan
                                  and newest.valid_from <= $2)
         order by t.monthly_paise, t.plan
        """,
        user_id,
        at or tx.now,
        tx.now,
    )


async def plan_of(tx: Tx, user_id: UUID) -> Plan:
    """Return the plan a person is on now: what was paid for, as it was then; else basic, as it is today.

    Of others only the system knows; to the person who asks everybody else is on basic.
    """
    return await tx.one(
        Plan,
        """
        select plan, valid_from, name, monthly_paise, yearly_paise, commission_bp,
               max_open_postings, max_live_applications, requests_per_minute, features
          from app.plan_of($1, $2)
        """,
        user_id,
        tx.now,
    )


async def hold_quota(tx: Tx, user_id: UUID, feature: Feature) -> Held:
    """Return somebody's plan and how much of a quota is used; nobody uses more of it before the transaction's end."""
    return await tx.one(
        Held,
        """
        select app.hold_quota($1, $2) as used, plan, valid_from, name, monthly_paise, yearly_paise, commission_bp,
               max_open_postings, max_live_applications, requests_per_minute, features
          from app.plan_of($1, $3)
        """,
        user_id,
        feature,
        tx.now,
    )


async def usage(tx: Tx, user_id: UUID) -> Usage:
    """Return how much of the quotas is used."""
    return await tx.one(
        Usage,
        """
        select app.open_postings($1) as open_postings, app.live_applications($1) as live_applications
        """,
        user_id,
    )


async def history(tx: Tx) -> list[Plan]:
    """Return every row there is of every plan, those to come included, newest first."""
    return await tx.all(
        Plan,
        """
        select plan, valid_from, name, monthly_paise, yearly_paise, commission_bp,
               max_open_postings, max_live_applications, requests_per_minute, features
          from plans
         order by valid_from desc, monthly_paise, plan
        """,
    )


async def insert_plan(tx: Tx, plan: Plan) -> bool:
    """Add a dated row; False when there is one of that day already."""
    return bool(
        await tx.run(
            """
            insert into plans (plan, valid_from, name, monthly_paise, yearly_paise, commission_bp,
                               max_open_postings, max_live_applications, requests_per_minute, features)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict do nothing
            """,
            plan.plan,
            plan.valid_from,
            plan.name,
            plan.monthly_paise,
            plan.yearly_paise,
            plan.commission_bp,
            plan.max_open_postings,
            plan.max_live_applications,
            plan.requests_per_minute,
            plan.features,
        )
    )


async def terms_of(tx: Tx, user_id: UUID) -> list[Terms]:
    """Return what was ever agreed with a customer, the newest, which counts, first."""
    return await tx.all(
        Terms,
        """
        select id, user_id, plan, changes, valid_from, valid_until, reason, set_by
          from plan_terms
         where user_id = $1
         order by id desc
        """,
        user_id,
    )


async def insert_terms(
    tx: Tx,
    user_id: UUID,
    changes: dict[str, Any],
    *,
    plan: PlanName | None,
    valid_until: datetime | None,
    reason: str,
    set_by: UUID,
) -> Terms:
    """Add what is agreed from now on, in place of what was."""
    return await tx.one(
        Terms,
        """
        insert into plan_terms (user_id, plan, changes, valid_from, valid_until, reason, set_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        returning id, user_id, plan, changes, valid_from, valid_until, reason, set_by
        """,
        user_id,
        plan,
        changes,
        tx.now,
        valid_until,
        reason,
        set_by,
    )
