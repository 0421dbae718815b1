"""What happens to subscriptions by itself: renewals are asked for, fall due, are reminded of; plans end."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import structlog

from stoory.errors import Busy
from stoory.payments.actions.oddities import quarantine
from stoory.platform.database import Database, Tx
from stoory.platform.jobs import Round
from stoory.subscriptions import queries
from stoory.subscriptions.actions.advance import held
from stoory.subscriptions.actions.billing import void
from stoory.subscriptions.queries import invoices

log = structlog.get_logger("stoory.subscriptions")

CLOCK_EVERY_SECONDS: Final = 5.0
BATCH: Final = 200
REST_AFTER_FAILURE_SECONDS: Final = 60.0


class Clocks:
    """Does what the clocks of subscriptions have to do, each in a transaction of its own."""

    def __init__(self, seller: str) -> None:
        """Take who stands on invoices. Every subscription is awake."""
        self._seller = seller
        self._resting: dict[UUID, float] = {}
        """Subscriptions whose clock failed, and until when (monotonic) they are left alone."""

    async def run(self, db: Database) -> None:
        """Do what is due now; a full batch means there is more."""
        while len(due := await self._due(db)) == BATCH:
            await self._serve(db, due)
        await self._serve(db, due)
        await forget_quotes(db)

    async def _due(self, db: Database) -> list[UUID]:
        now = time.monotonic()
        self._resting = {each: until for each, until in self._resting.items() if until > now}
        async with db.as_system("look for due subscriptions", readonly=True) as tx:
            return await queries.due(tx, list(self._resting), BATCH)

    async def _serve(self, db: Database, due: list[UUID]) -> None:
        for subscription_id in due:
            try:
                async with db.as_system("a subscription's clock") as tx:
                    await held(tx, await queries.subscription(tx, subscription_id), seller=self._seller)
            except Exception as problem:
                self._resting[subscription_id] = time.monotonic() + REST_AFTER_FAILURE_SECONDS
                log.exception("a clock failed", subscription_id=str(subscription_id))
                await _alert(db, subscription_id, problem)

    @property
    def rounds(self) -> list[Round]:
        """Return what is done over and over."""
        return [Round("subscriptions", CLOCK_EVERY_SECONDS, self.run)]


async def forget_quotes(db: Database) -> None:
    """Wait no more for upgrades that were not paid while their price held."""
    async with db.as_system("look for quotes that have lapsed", readonly=True) as tx:
        lapsed = await invoices.lapsed_quotes(tx, BATCH)
    for subscription_id in lapsed:
        async with db.as_system("a quote has lapsed") as tx:
            await _forget_quote(tx, subscription_id)


async def _forget_quote(tx: Tx, subscription_id: UUID) -> None:
    subscription = await queries.lock_subscription(tx, subscription_id)
    waiting = await invoices.open_invoice(tx, subscription_id)
    if waiting is not None and waiting.expires_at is not None and waiting.expires_at <= tx.now:
        await void(tx, subscription)


async def _alert(db: Database, subscription_id: UUID, problem: Exception) -> None:
    """Let operators know of a clock that fails, once; it is tried again all the same."""
    if isinstance(problem, Busy):
        return
    async with db.as_system("a subscription's clock failed") as tx:
        details = {"why": type(problem).__name__}
        await quarantine(tx, "subscription_clock_failed", str(subscription_id), details)
