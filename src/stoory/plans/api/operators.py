"""Plans and the terms of single customers, as operators see and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from stoory.accounts.queries import people
from stoory.errors import FieldError, Invalid
from stoory.plans import actions, queries
from stoory.plans.actions import Agreed
from stoory.plans.api.shapes import Changes, DatedPlan, PlanShown, dated, shown
from stoory.plans.queries import Terms
from stoory.plans.rules import PlanName
from stoory.platform.database import Tx
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import OPERATORS, Db, Id, Me, get, post, put

Instant = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
PRICES: Final = frozenset({"monthly_paise", "yearly_paise"})


class NewPlan(Changes, kw_only=True):
    """What a plan is to be from an instant on; what is left out stays."""

    READ_ONLY: ClassVar = frozenset({"id", "currency"})
    EXAMPLE: ClassVar = {
        "plan": "premium",
        "prices": {"monthly": 599, "yearly": 5999},
        "valid_from": "2027-04-01T00:00:00+05:30",
    }

    plan: PlanName
    name: Name | UnsetType = UNSET
    valid_from: Instant | None = None
    """Now, unless it is sent; never back."""


class NewTerms(Changes, kw_only=True):
    """What holds for this customer instead of what the plan says, in place of all that was agreed before."""

    EXAMPLE: ClassVar = {
        "plan": "enterprise",
        "prices": {"monthly": 9999},
        "limits": {"requests_per_minute": 5000},
        "commission_bp": 500,
        "reason": "Contract 2026-114",
    }

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    plan: PlanName | None = None
    """The plan they are about; None is whichever the customer is on. Prices are about one."""
    valid_until: Instant | None = None


class TermsShown(Struct, kw_only=True):
    """What was agreed with a customer; `changes` are columns of the plan, money in paise, shares in basis points."""

    id: int
    plan: PlanName | None
    changes: dict[str, Any]
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    set_by: UUID


class DatedPlansAnswer(Answer):
    """Every row of every plan, newest first."""

    plans: list[DatedPlan]


class DatedPlanAnswer(Answer):
    """A plan as it is from a day on."""

    plan: DatedPlan


class TermsAnswer(Answer):
    """What was ever agreed with a customer, the newest, which counts, first; and the plans as they are for them."""

    terms: list[TermsShown]
    plan: PlanName
    """The one the customer is on."""
    plans: list[PlanShown]


@get("/api/admin/plans", who=OPERATORS)
async def list_dated_plans(db: Db, actor: Me) -> DatedPlansAnswer:
    """List every row of every plan, newest first, those to come included."""
    async with db.as_user(actor, readonly=True) as tx:
        return DatedPlansAnswer(plans=[dated(plan) for plan in await queries.history(tx)])


@post("/api/admin/plans", who=OPERATORS, status=201, fails=(409,))
async def change_plan(db: Db, actor: Me, data: JSONBody[NewPlan]) -> DatedPlanAnswer:
    """Let a plan be otherwise from a day on. Periods that run by then, and deals, keep what they began with."""
    changes = data.columns()
    if data.name is not UNSET:
        changes["name"] = data.name
    if data.plan == "basic" and PRICES & changes.keys():
        raise Invalid.field("prices", "basic is free")
    async with db.as_user(actor) as tx:
        after = await actions.change_plan(tx, actor, data.plan, changes, valid_from=data.valid_from)
    return DatedPlanAnswer(plan=dated(after))


@get("/api/admin/users/{user_id:uuid}/terms", who=OPERATORS, fails=(404,))
async def show_terms(db: Db, actor: Me, user_id: Id) -> TermsAnswer:
    """Return what was agreed with a customer, and what the plans are for them."""
    async with db.as_user(actor, readonly=True) as tx:
        await people.user(tx, user_id)
        return await _answer(tx, user_id)


@put("/api/admin/users/{user_id:uuid}/terms", who=OPERATORS, fails=(404,))
async def agree_terms(db: Db, actor: Me, user_id: Id, data: JSONBody[NewTerms]) -> TermsAnswer:
    """Agree on terms with one customer, from now on; only a reason is back to what the plan says.

    Limits and commission hold at once, a price from the next order on. Who agreed to what goes to the audit log.
    """
    changes = data.columns()
    if data.plan in (None, "basic") and PRICES & changes.keys():
        raise Invalid(FieldError("plan", "name the paid plan that the prices are about"))
    agreed = Agreed(plan=data.plan, changes=changes, valid_until=data.valid_until, reason=data.reason)
    async with db.as_user(actor) as tx:
        await actions.agree(tx, actor, user_id, agreed)
        return await _answer(tx, user_id)


async def _answer(tx: Tx, user_id: UUID) -> TermsAnswer:
    return TermsAnswer(
        terms=[_terms(row) for row in await queries.terms_of(tx, user_id)],
        plan=(await queries.plan_of(tx, user_id)).plan,
        plans=[shown(plan) for plan in await queries.offered(tx, user_id)],
    )


def _terms(row: Terms) -> TermsShown:
    return TermsShown(
        id=row.id,
        plan=row.plan,
        changes=row.changes,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        reason=row.reason,
        set_by=row.set_by,
    )


ROUTES: Final = [list_dated_plans, change_plan, show_terms, agree_terms]
