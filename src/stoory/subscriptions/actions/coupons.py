"""Coupons, as operators make and end them."""

from __future__ import annotations

from uuid import UUID

from stoory.accounts.actions import audit
from stoory.actor import Actor
from stoory.errors import Conflict
from stoory.platform.database import Tx
from stoory.subscriptions.coupons import Coupon
from stoory.subscriptions.queries import coupons


async def offer(tx: Tx, actor: Actor, new: Coupon) -> Coupon:
    """Make a coupon; Conflict `code_taken`."""
    await tx.as_system("coupons, and the audit log")
    if not await coupons.insert_coupon(tx, new):
        raise Conflict("There is a coupon with this code.", code="code_taken")
    await audit(tx, actor, "make_coupon", data={"coupon_id": new.id, "code": new.code})
    return new


async def end(tx: Tx, actor: Actor, coupon_id: UUID) -> Coupon:
    """Let a coupon be used no more; what it has lowered stays. Ended before, it stays as it is. NotFound."""
    await coupons.coupon(tx, coupon_id)
    await tx.as_system("coupons, and the audit log")
    await coupons.end_coupon(tx, coupon_id)
    await audit(tx, actor, "end_coupon", data={"coupon_id": coupon_id})
    return await coupons.coupon(tx, coupon_id)
