"""What an operator does by hand: ask Razorpay, examine everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from msgspec import structs

from stoory import doctor
from stoory.deals.actions.fund import DEAL
from stoory.doctor import CLAIMS, DEAL_CLAIMS
from stoory.home import HomeDatabase
from stoory.payments.actions.purposes import Till
from stoory.payments.jobs import reconcile as reconciler
from stoory.payments.jobs.reconcile import Reconciled
from stoory.platform.bus import Bus
from stoory.platform.clock import Clock
from stoory.platform.database import Database
from stoory.platform.razorpay import Razorpay
from stoory.settings import Settings

CONNECTIONS: Final = 4


async def reconcile(settings: Settings, reached: HomeDatabase) -> Reconciled:
    """Ask Razorpay about every order and refund that is not settled."""
    till = Till(gateway=Razorpay(**structs.asdict(settings.gateway())), purposes={"deal": DEAL}, listeners={})
    async with _connected(reached) as db:
        return await reconciler.reconcile(db, till)


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
