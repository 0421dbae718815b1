"""What payments do by themselves: apply webhooks, and send refunds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any, Final
from uuid import UUID

import structlog

from stoory.payments import hearing
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.refunds import apply_refund, refuse_refund
from stoory.payments.purposes import Till
from stoory.payments.queries import orders, payments, refunds, webhooks
from stoory.payments.queries.refunds import Found, Refund
from stoory.payments.rules import WEBHOOK_ATTEMPTS, RefundStatus, Source, refund_key, retry_delay
from stoory.platform.database import Database
from stoory.platform.razorpay import Refused

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
            except Exception as problem:
                log.exception("a webhook failed", event_id=event.id, name=event.event)
                await _put_off(db, event, type(problem).__name__)
        async with db.as_system("webhooks were applied") as tx:
            for outcome, ids in outcomes.items():
                await webhooks.save_applied(tx, ids, outcome)


async def _put_off(db: Database, event: webhooks.Due, why: str) -> None:
    """Try a webhook again later; after the last try an operator is asked."""
    attempts = event.attempts + 1
    async with db.as_system("a webhook that failed") as tx:
        await webhooks.save_failed_attempt(tx, event.id, tx.now + retry_delay(attempts))
        if attempts >= WEBHOOK_ATTEMPTS:
            await quarantine(tx, "webhook_failed", event.id, {"event": event.event, "why": why})
            await webhooks.save_applied(tx, [event.id], "quarantined")


async def send_refund(till: Till, db: Database, payload: dict[str, Any]) -> None:
    """Ask Razorpay to give money back. Asked twice with one key, it is given once."""
    async with db.as_system("a refund to send", readonly=True) as tx:
        refund = await refunds.refund(tx, UUID(payload["refund_id"]))
        payment = await payments.payment(tx, refund.payment_id)
    if refund.status is not RefundStatus.REQUESTED:
        return
    key = refund_key(refund.id, refund.attempts)
    notes = {"refund_id": str(refund.id)}
    try:
        seen = await till.gateway.refund(payment.razorpay_payment_id, refund.amount, key=key, notes=notes)
    except Refused as problem:
        await _refused(db, refund, problem)
        return
    async with db.as_system("a refund was sent") as tx:
        await apply_refund(tx, till, Found(refund.id, refund.order_id), seen, Source.PROCESS)


async def _refused(db: Database, asked: Refund, problem: Refused) -> None:
    """Note a definite no, unless somebody else has heard it meanwhile."""
    async with db.as_system("a refused refund") as tx:
        order = await orders.lock_order(tx, asked.order_id)
        refund = await refunds.lock_refund(tx, asked.id)
        if (refund.attempts, refund.status) == (asked.attempts, RefundStatus.REQUESTED):
            await refuse_refund(tx, refund, order, {"why": str(problem)}, Source.PROCESS)
