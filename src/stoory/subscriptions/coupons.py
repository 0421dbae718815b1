"""What a coupon takes off a price, and who may use it. Pure."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.errors import Invalid
from stoory.money import Money
from stoory.plans.rules import PlanName


class Coupon(Struct, frozen=True, kw_only=True):
    """A price reduction for whoever knows its code."""

    id: UUID
    code: str
    percent_bp: int | None
    """Basis points of the price: 2000 is 20 %."""
    amount: Money | None
    plans: list[PlanName]
    """The plans it is for; none named is every paid plan."""
    valid_from: datetime
    valid_until: datetime | None
    max_uses: int | None
    max_uses_each: int | None
    ended_at: datetime | None
    created_by: UUID
    created_at: datetime
    uses: int = 0
    """Invoices it has lowered, those that wait for their payment included."""


def normalised(code: str) -> str:
    """Return a code as it is stored: nobody need know how it is written."""
    return code.strip().upper()


def discount(coupon: Coupon, price: Money) -> Money:
    """Return what a coupon takes off a price: never more than it, half a paisa to the even one."""
    if coupon.amount is not None:
        return min(coupon.amount, price)
    return price.share(coupon.percent_bp or 0)


def check_coupon(coupon: Coupon | None, plan: PlanName, *, uses_each: int, now: datetime) -> Coupon:
    """Return the coupon if it may be used for that plan now, once more by somebody who used it so often.

    Raises Invalid that names `coupon` and says why not.
    """
    if coupon is None or now < coupon.valid_from:
        raise _refused("is no coupon")
    if coupon.ended_at is not None or (coupon.valid_until is not None and now >= coupon.valid_until):
        raise _refused("has ended")
    if coupon.plans and plan not in coupon.plans:
        raise _refused(f"is not for {plan}")
    if coupon.max_uses is not None and coupon.uses >= coupon.max_uses:
        raise _refused("has been used up")
    if coupon.max_uses_each is not None and uses_each >= coupon.max_uses_each:
        raise _refused("has been used by you as often as it may be")
    return coupon


def _refused(why: str) -> Invalid:
    return Invalid.field("coupon", why, code="coupon_refused")
