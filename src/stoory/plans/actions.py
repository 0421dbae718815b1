"""Room within a plan, held while it is used; plans and terms, as operators change them: always by a new row."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.accounts.actions import audit
from stoory.accounts.queries import people
from stoory.actor import Actor, Role
from stoory.errors import Conflict, Invalid, NotFound
from stoory.plans import queries, rules
from stoory.plans.hints import PlanChanged
from stoory.plans.queries import Terms
from stoory.plans.rules import Feature, Plan, PlanName
from stoory.platform.database import Tx

CUSTOMERS: Final = (Role.INFLUENCER, Role.BRAND_OWNER)
"""Whom plans limit."""


class Agreed(Struct, frozen=True, kw_only=True):
    """What is agreed with a customer; see `Terms`."""

    plan: PlanName | None
    changes: dict[str, Any]
    valid_until: datetime | None
    reason: str


async def require_room(tx: Tx, user_id: UUID, feature: Feature) -> None:
    """Raise PlanLimit unless a person's plan allows one more; nobody takes the room before the transaction's end."""
    plan = await queries.hold_quota(tx, user_id, feature)
    if not rules.allows(plan, feature, plan.used):
        rules.require(plan, await queries.offered(tx, user_id), feature, plan.used)


async def change_plan(
    tx: Tx, actor: Actor, name: PlanName, changes: dict[str, Any], *, valid_from: datetime | None
) -> Plan:
    """Let a plan be otherwise from an instant on, which may not lie back; running periods keep what they began with.

    What is not named stays as it will be then. Raises Invalid `valid_from`, Conflict `plan_dated` for the same instant.
    """
    at = valid_from or tx.now
    if at < tx.now:
        raise Invalid.field("valid_from", "must not lie in the past")
    before = next(plan for plan in await queries.plans(tx, at=at) if plan.plan == name)
    after = replace(before, valid_from=at, **changes)
    await tx.as_system("plans, and the audit log")
    if not await queries.insert_plan(tx, after):
        raise Conflict("This plan changes at that very instant already.", code="plan_dated")
    await audit(tx, actor, "change_plan", data={"plan": name, "valid_from": at, **changes})
    tx.tell(PlanChanged(()))
    return after


async def agree(tx: Tx, actor: Actor, user_id: UUID, agreed: Agreed) -> Terms:
    """Agree on terms with a customer, from now on, in place of what was agreed before; nothing is the plan's own.

    Raises NotFound, Invalid `valid_until`.
    """
    customer = await people.user(tx, user_id)
    if customer.role not in CUSTOMERS:
        raise NotFound
    if agreed.valid_until is not None and agreed.valid_until <= tx.now:
        raise Invalid.field("valid_until", "must lie in the future")
    await tx.as_system("terms, and the audit log")
    terms = await queries.insert_terms(
        tx,
        user_id,
        agreed.changes,
        plan=agreed.plan,
        valid_until=agreed.valid_until,
        reason=agreed.reason,
        set_by=actor.id,
    )
    facts = {"plan": agreed.plan, "changes": agreed.changes, "reason": agreed.reason}
    await audit(tx, actor, "agree_terms", user_id, facts)
    tx.tell(PlanChanged((user_id,)))
    return terms
