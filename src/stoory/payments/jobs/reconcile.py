"""The reconciler: asks Razorpay what lost webhooks should have said. What it hears goes through the same functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from msgspec import Struct

from stoory.errors import Upstream
from stoory.payments.actions.purposes import Till
from stoory.payments.actions.refunds import apply_refund
from stoory.payments.errands import look_up
from stoory.payments.jobs.refunds import send_refund
from stoory.payments.queries import orders, refunds
from stoory.payments.queries.refunds import Found, Refund
from stoory.payments.rules import RECONCILE_EVERY, RefundStatus, Source
from stoory.platform.database import Database

log = structlog.get_logger("stoory.payments")

ROUND_SECONDS: Final = 60.0
A_BATCH: Final = 100

EVER: Final = datetime.max.replace(tzinfo=UTC)


class Reconciled(Struct):
    """What a run of the reconciler did."""

    orders: int = 0
    refunds: int = 0
    failed: int = 0
    """How many could not be looked up; they come again in the next run."""


async def reconcile_round(till: Till, db: Database) -> None:
    """Look up what nobody has asked about for a quarter of an hour."""
    await reconcile(db, till, unasked_for=RECONCILE_EVERY)


async def reconcile(db: Database, till: Till, *, unasked_for: timedelta | None = None) -> Reconciled:
    """Ask Razorpay about every unsettled order and refund, or those nobody has asked about for so long.

    What cannot be looked up is told and does not stop the rest, but for a Razorpay that does not answer at all.
    """
    done = Reconciled()
    before = EVER if unasked_for is None else db.clock.now() - unasked_for
    asked: set[UUID] = set()
    while True:
        async with db.as_system("orders to look up", readonly=True) as tx:
            batch = [o for o in await orders.unsettled_orders(tx, before, A_BATCH) if o.id not in asked]
        for order in batch:
            done.failed += not await _tried(lambda order=order: look_up(db, till, order), str(order.id))
        async with db.as_system("orders were looked up") as tx:
            await orders.save_checked(tx, [order.id for order in batch])
        asked.update(order.id for order in batch)
        if not batch:
            break
    done.orders = len(asked)
    async with db.as_system("refunds to look up", readonly=True) as tx:
        waiting = await refunds.unsettled_refunds(tx, before, A_BATCH)
    for refund in waiting:
        done.failed += not await _tried(
            lambda refund=refund: _look_up_refund(db, till, refund), str(refund.id)
        )
    done.refunds = len(waiting)
    return done


async def _tried(attempt: Callable[[], Awaitable[None]], subject: str) -> bool:
    try:
        await attempt()
    except Upstream:
        log.warning("Razorpay does not answer", subject=subject)
        return False
    except Exception:
        log.exception("could not be reconciled", subject=subject)
        return False
    return True


async def _look_up_refund(db: Database, till: Till, refund: Refund) -> None:
    """Hear what became of a refund; one whose errand was lost is sent again, with the same key."""
    if refund.razorpay_refund_id is None:
        await send_refund(till, db, {"refund_id": str(refund.id)})
        return
    seen = await till.gateway.refund_with_id(refund.razorpay_refund_id)
    if seen.status != RefundStatus.PROCESSING:
        async with db.as_system("a refund was looked up") as tx:
            await apply_refund(tx, till, Found(refund.id, refund.order_id), seen, Source.RECONCILER)
