"""The reconciler: asks Razorpay what lost webhooks should have said. What it hears goes through the same functions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from stoory.payments.actions.purposes import Till
from stoory.payments.actions.refunds import apply_refund, try_again_what_is_due
from stoory.payments.errands import look_up
from stoory.payments.jobs.refunds import send_refund
from stoory.payments.queries import orders, refunds
from stoory.payments.queries.refunds import Found, Refund
from stoory.payments.rules import RECONCILE_EVERY, RefundStatus, Source
from stoory.platform.database import Database
from stoory.platform.lookups import Lookups, Tally, look_up_each

ROUND_SECONDS: Final = 60.0


async def reconcile_round(till: Till, db: Database) -> None:
    """Try again what has waited for that, and look up what nobody has asked about for a quarter of an hour."""
    async with db.as_system("refunds that failed and have waited") as tx:
        await try_again_what_is_due(tx)
    await reconcile_orders(db, till, unasked_for=RECONCILE_EVERY)
    await reconcile_refunds(db, till, unasked_for=RECONCILE_EVERY)


async def reconcile_orders(db: Database, till: Till, *, unasked_for: timedelta | None = None) -> Tally:
    """Ask Razorpay about every unsettled order, or those nobody has asked about for so long."""
    ask = partial(look_up, db, till)
    kind = Lookups("order", orders.unsettled_orders, ask, orders.save_checked)
    return await look_up_each(db, kind, unasked_for=unasked_for)


async def reconcile_refunds(db: Database, till: Till, *, unasked_for: timedelta | None = None) -> Tally:
    """Ask Razorpay about every unsettled refund, or those nobody has asked about for so long."""
    ask = partial(_look_up_refund, db, till)
    kind = Lookups("refund", refunds.unsettled_refunds, ask, refunds.save_checked)
    return await look_up_each(db, kind, unasked_for=unasked_for)


async def _look_up_refund(db: Database, till: Till, refund: Refund) -> None:
    """Hear what became of a refund; one whose errand was lost is sent again, with the same key."""
    if refund.razorpay_refund_id is None:
        await send_refund(till, db, {"refund_id": str(refund.id)})
        return
    seen = await till.gateway.refund_with_id(refund.razorpay_refund_id)
    if seen.status != RefundStatus.PROCESSING:
        async with db.as_system("a refund was looked up") as tx:
            await apply_refund(tx, till, Found(refund.id, refund.order_id), seen, Source.RECONCILER)
