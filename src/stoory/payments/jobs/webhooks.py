"""Applying webhooks: what was stored and acknowledged has its effect within a second or so."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final

import structlog

from stoory.errors import Busy, Upstream
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.purposes import Till
from stoory.payments.jobs import hearing
from stoory.payments.queries import webhooks
from stoory.payments.rules import WEBHOOK_ATTEMPTS, retry_delay
from stoory.platform.database import Database

log = structlog.get_logger("stoory.payments")

WEBHOOKS_EVERY_SECONDS: Final = 0.25
WEBHOOKS_A_BATCH: Final = 500
SIDE_BY_SIDE: Final = 4
"""How many orders' webhooks are applied at the same time."""


async def apply_webhooks(till: Till, db: Database) -> None:
    """Apply every webhook that is due; those of one order one after another, in the order they came in."""
    while due := await _due(db):
        groups: dict[str, list[webhooks.Due]] = defaultdict(list)
        for event in due:
            groups[event.razorpay_order_id or event.id].append(event)
        gate = asyncio.Semaphore(SIDE_BY_SIDE)
        await asyncio.gather(*(_serve(db, till, events, gate) for events in groups.values()))


async def _due(db: Database) -> list[webhooks.Due]:
    """Return what is to be applied, once those that can tell nothing new are ticked off together."""
    async with db.as_system("webhooks that are due") as tx:
        due = await webhooks.due_webhooks(tx, WEBHOOKS_A_BATCH)
        stale = [event.id for event in due if event.has_nothing_new]
        if stale:
            await webhooks.save_applied(tx, stale, "nothing_new")
    news = [event for event in due if not event.has_nothing_new]
    return news if news or not stale else await _due(db)


async def _serve(db: Database, till: Till, events: list[webhooks.Due], gate: asyncio.Semaphore) -> None:
    """Apply webhooks one after another, and tick them off together: what is applied twice has one effect."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    async with gate:
        for event in events:
            try:
                outcomes[await hearing.hear(db, till, event)].append(event.id)
            except (Upstream, Busy) as problem:
                log.warning("a webhook waits", event_id=event.id, name=event.event, why=problem.code)
                await _wait(db, event)
            except Exception as problem:
                log.exception("a webhook failed", event_id=event.id, name=event.event)
                await _put_off(db, event, type(problem).__name__)
        async with db.as_system("webhooks were applied") as tx:
            for outcome, ids in outcomes.items():
                await webhooks.save_applied(tx, ids, outcome)


async def _wait(db: Database, event: webhooks.Due) -> None:
    """Try a webhook again later that waits for Razorpay or for the database, however often it must."""
    async with db.as_system("a webhook that waits") as tx:
        await webhooks.save_wait(tx, event.id, tx.now + retry_delay(event.waits + 1))


async def _put_off(db: Database, event: webhooks.Due, why: str) -> None:
    """Try a webhook again later; after the last try an operator is asked.

    Of several workers that tried the same event at the same time, one counts: another may even have applied it.
    """
    attempts = event.attempts + 1
    async with db.as_system("a webhook that failed") as tx:
        is_counted = await webhooks.save_failed_attempt(
            tx, event.id, attempts=attempts, due_at=tx.now + retry_delay(attempts)
        )
        if is_counted and attempts >= WEBHOOK_ATTEMPTS:
            await quarantine(tx, "webhook_failed", event.id, {"event": event.event, "why": why})
            await webhooks.save_applied(tx, [event.id], "quarantined")
