"""Coupons, as operators see, make and end them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Final
from uuid import UUID, uuid4

from litestar.params import JSONBody
from msgspec import Meta, Struct

from stoory.errors import FieldError, Invalid
from stoory.money import Money
from stoory.plans.rules import PlanName
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    Limit,
    Pagination,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import OPERATORS, Db, Id, Me, delete, get, post
from stoory.subscriptions.actions import coupons as actions
from stoory.subscriptions.api.shapes import PaidPlan
from stoory.subscriptions.coupons import Coupon, normalised
from stoory.subscriptions.queries import coupons
from stoory.subscriptions.queries.coupons import Key

Code = Annotated[str, Meta(min_length=3, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Percent = Annotated[int, Meta(ge=1, le=100)]
Uses = Annotated[int, Meta(ge=1, le=1_000_000)]
Instant = Annotated[datetime, Meta(tz=True)]


class NewCoupon(Body, kw_only=True):
    """A price reduction: a share of the price, or an amount."""

    EXAMPLE: ClassVar = {"code": "DIWALI25", "percent": 25, "max_uses": 500, "max_uses_per_user": 1}

    code: Code
    percent: Percent | None = None
    amount: Money | None = None
    plans: Annotated[tuple[PaidPlan, ...], Meta(max_length=2)] = ()
    """Those it is for; every paid one where none is named."""
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    max_uses: Uses | None = None
    max_uses_per_user: Uses | None = None


class CouponShown(Struct, kw_only=True):
    """A coupon, and how often it was used."""

    id: UUID
    code: str
    percent: int | None
    amount: Money | None
    plans: list[PlanName]
    valid_from: datetime
    valid_until: datetime | None
    max_uses: int | None
    max_uses_per_user: int | None
    uses: int
    """Payments that wait included."""
    ended_at: datetime | None
    created_at: datetime


class CouponAnswer(Answer):
    """A coupon."""

    coupon: CouponShown


class CouponsAnswer(Answer):
    """A page of coupons."""

    coupons: list[CouponShown]
    pagination: Pagination


@get("/api/admin/coupons", who=OPERATORS)
async def list_coupons(
    *, db: Db, actor: Me, limit: Limit = DEFAULT_PAGE_ROWS, cursor: CursorParam = None
) -> CouponsAnswer:
    """List the coupons, newest first, with how often each was used."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await coupons.coupons(tx, decode_cursor(Key, cursor), limit + 1)
    cut, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id))
    return CouponsAnswer(coupons=[_shown(row) for row in cut], pagination=pagination)


@post("/api/admin/coupons", who=OPERATORS, status=201, fails=(409,))
async def make_coupon(db: Db, actor: Me, data: JSONBody[NewCoupon]) -> CouponAnswer:
    """Make a coupon. Its code is the same in small and capital letters."""
    async with db.as_user(actor) as tx:
        return CouponAnswer(coupon=_shown(await actions.offer(tx, actor, _coupon(data, actor.id, tx.now))))


@delete("/api/admin/coupons/{coupon_id:uuid}", who=OPERATORS, fails=(404,))
async def end_coupon(db: Db, actor: Me, coupon_id: Id) -> CouponAnswer:
    """Let a coupon be used no more; what it has lowered already stays."""
    async with db.as_user(actor) as tx:
        return CouponAnswer(coupon=_shown(await actions.end(tx, actor, coupon_id)))


def _coupon(data: NewCoupon, created_by: UUID, now: datetime) -> Coupon:
    """Return the coupon that a body describes; Invalid names what does not fit together."""
    valid_from = data.valid_from or now
    wrong: list[FieldError] = []
    if (data.percent is None) is (data.amount is None):
        wrong.append(FieldError("percent", "give either percent or amount"))
    if data.valid_until is not None and data.valid_until <= valid_from:
        wrong.append(FieldError("valid_until", "must be later than valid_from"))
    if wrong:
        raise Invalid(*wrong)
    return Coupon(
        id=uuid4(),
        code=normalised(data.code),
        percent_bp=None if data.percent is None else data.percent * 100,
        amount=data.amount,
        plans=list(data.plans),
        valid_from=valid_from,
        valid_until=data.valid_until,
        max_uses=data.max_uses,
        max_uses_each=data.max_uses_per_user,
        ended_at=None,
        created_by=created_by,
        created_at=now,
    )


def _shown(coupon: Coupon) -> CouponShown:
    return CouponShown(
        id=coupon.id,
        code=coupon.code,
        percent=None if coupon.percent_bp is None else coupon.percent_bp // 100,
        amount=coupon.amount,
        plans=coupon.plans,
        valid_from=coupon.valid_from,
        valid_until=coupon.valid_until,
        max_uses=coupon.max_uses,
        max_uses_per_user=coupon.max_uses_each,
        uses=coupon.uses,
        ended_at=coupon.ended_at,
        created_at=coupon.created_at,
    )


ROUTES: Final = [list_coupons, make_coupon, end_coupon]
