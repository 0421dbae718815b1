"""What an operator does by hand: ask Razorpay, examine everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from msgspec import structs

from stoory import doctor
from stoory.claims import CLAIMS
from stoory.deals.actions.fund import DEAL
from stoory.doctor import DEAL_CLAIMS
from stoory.home import HomeDatabase
from stoory.payments.actions.purposes import Till
from stoory.payments.jobs.books import compare_books
from stoory.payments.jobs.reconcile import reconcile_orders, reconcile_refunds
from stoory.payouts.jobs import reconcile_payouts
from stoory.platform.bus import Bus
from stoory.platform.clock import Clock
from stoory.platform.database import Database
from stoory.platform.lookups import Tally
from stoory.platform.razorpay import Razorpay
from stoory.settings import Settings

CONNECTIONS: Final = 4


async def reconcile(settings: Settings, reached: HomeDatabase) -> dict[str, Tally]:
    """Ask Razorpay about everything that is not settled, and return what came of it by kind."""
    till = Till(gateway=Razorpay(**structs.asdict(settings.gateway())), purposes={"deal": DEAL}, listeners={})
    async with _connected(reached) as db:
        return await reconcile_everything(db, till)


async def reconcile_everything(db: Database, till: Till) -> dict[str, Tally]:
    """Ask Razorpay about every order, refund and payout that is not settled, and compare what seems to be."""
    return {
        "orders": await reconcile_orders(db, till),
        "refunds": await reconcile_refunds(db, till),
        "payouts": await reconcile_payouts(db, till.gateway),
        "payments": await compare_books(db, till),
    }


async def examine(reached: HomeDatabase) -> tuple[list[str], dict[str, list[str]]]:
    """Return every claim, and for those that do not hold some of where."""
    async with _connected(reached) as db:
        found = await doctor.examine(db)
    return [*CLAIMS, *DEAL_CLAIMS], {broken.claim: broken.where for broken in found}


@asynccontextmanager
async def _connected(reached: HomeDatabase) -> AsyncIterator[Database]:
    db = Database(reached.app, pool_size=CONNECTIONS, clock=Clock(), bus=Bus())
    await db.connect()
    try:
        yield db
    finally:
        await db.close()
