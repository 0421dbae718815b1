"""Holding Razorpay's books against ours: whatever was captured or given back there must stand here, and the other way.

Webhooks and the reconciler look at what waits. This looks at what seems settled, and finds what nobody told us of.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from stoory.errors import Conflict, Upstream
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.purposes import Till
from stoory.payments.errands import collect, find_order
from stoory.payments.queries import books
from stoory.payments.rules import Source
from stoory.platform import razorpay
from stoory.platform.database import Database
from stoory.platform.lookups import Tally
from stoory.platform.razorpay import Refused

COMPARE_EVERY_SECONDS: Final = 6 * 3600.0
LOOKS_BACK: Final = timedelta(days=30)
EACH_ROUND_LOOKS_BACK: Final = timedelta(days=3)


async def compare_round(till: Till, db: Database) -> None:
    """Compare what is new."""
    await compare_books(db, till, looks_back=EACH_ROUND_LOOKS_BACK)


async def compare_books(db: Database, till: Till, *, looks_back: timedelta = LOOKS_BACK) -> Tally:
    """Compare every payment of that time; a difference that looking it up does not explain is quarantined."""
    tally = Tally()
    try:
        await _compare_since(db, till, db.clock.now() - looks_back, tally)
    except Upstream:
        tally.failed += 1  # the rest is compared the next time
    return tally


async def _compare_since(db: Database, till: Till, since: datetime, tally: Tally) -> None:
    told_of = set[str]()
    async for page in till.gateway.payments_since(since):
        captured = [seen for seen in page if seen.captured]
        told_of.update(seen.id for seen in captured)
        tally.asked += len(captured)
        tally.failed += await _compare(db, till, captured)
    async with db.as_system("payments captured here", readonly=True) as tx:
        ours = set(await books.captured_since(tx, since)) - told_of
        missing = ours - set(await books.explained(tx, list(ours)))
    for payment_id in missing:
        tally.asked += 1
        tally.failed += not await _is_there(db, till, payment_id)


async def _compare(db: Database, till: Till, captured: list[razorpay.Payment]) -> int:
    """Return how many of the payments differ from ours, once each has been looked up again."""
    for seen in await _differing(db, captured):
        with suppress(Conflict):  # whatever stands in its way is told below
            if order := await find_order(db, till, seen.order_id or ""):
                await collect(db, till, order, seen, Source.RECONCILER)
    differing = await _differing(db, captured)
    for seen in differing:
        await _set_aside(
            db, seen.id, {"amount": seen.amount, "given_back": seen.amount_refunded, "status": seen.status}
        )
    return len(differing)


async def _differing(db: Database, captured: list[razorpay.Payment]) -> list[razorpay.Payment]:
    """Return those that are not in our books as they are in Razorpay's, and of which nobody has been told."""
    ids = [seen.id for seen in captured]
    async with db.as_system("Razorpay's books against ours", readonly=True) as tx:
        ours = {held.razorpay_payment_id: held for held in await books.held(tx, ids)}
        explained = await books.explained(tx, ids)
    return [seen for seen in captured if seen.id not in explained and not _agree(ours.get(seen.id), seen)]


def _agree(ours: books.Held | None, told: razorpay.Payment) -> bool:
    """Tell whether both say the same, but for refunds on their way."""
    if ours is None or ours.amount != told.amount:
        return False
    return ours.given_back <= told.amount_refunded <= ours.promised


async def _is_there(db: Database, till: Till, payment_id: str) -> bool:
    """Tell whether Razorpay has captured what we have: it may be older than we have looked back."""
    try:
        if (await till.gateway.payment(payment_id)).captured:
            return True
    except Refused:
        pass
    await _set_aside(db, payment_id, {"status": "not captured at Razorpay"})
    return False


async def _set_aside(db: Database, payment_id: str, details: dict[str, object]) -> None:
    async with db.as_system("books that differ") as tx:
        await quarantine(tx, "books_differ", payment_id, details)
