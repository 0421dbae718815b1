"""Sending refunds: Razorpay is asked after the commit that decided them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import structs

from stoory.payments.actions.purposes import Till
from stoory.payments.actions.refunds import apply_refund, refuse_refund
from stoory.payments.queries import orders, payments, refunds
from stoory.payments.queries.refunds import Found, Refund
from stoory.payments.rules import RefundStatus, Source, refund_key
from stoory.platform.database import Database
from stoory.platform.razorpay import Refused


async def send_refund(till: Till, db: Database, payload: dict[str, Any]) -> None:
    """Ask Razorpay to give money back. Asked twice with one key, it is given once."""
    async with db.as_system("a refund to send", readonly=True) as tx:
        refund = await refunds.refund_to_send(tx, UUID(payload["refund_id"]))
        if refund is None:
            return
        payment = await payments.payment(tx, refund.payment_id)
    key = refund_key(refund.id, refund.attempts)
    notes = {"refund_id": str(refund.id)}
    try:
        seen = await till.gateway.refund(payment.razorpay_payment_id, refund.amount, key=key, notes=notes)
    except Refused as problem:
        await _refused(db, refund, problem)
        return
    async with db.as_system("a refund was sent") as tx:
        # Whichever receipt it tells, or none: it answers this key.
        answer = structs.replace(seen, receipt=key)
        await apply_refund(tx, till, Found(refund.id, refund.order_id), answer, Source.PROCESS)


async def _refused(db: Database, asked: Refund, problem: Refused) -> None:
    """Note a definite no, unless somebody else has heard it meanwhile."""
    async with db.as_system("a refused refund") as tx:
        order = await orders.lock_order(tx, asked.order_id)
        refund = await refunds.lock_refund(tx, asked.id)
        if (refund.attempts, refund.status) == (asked.attempts, RefundStatus.REQUESTED):
            await refuse_refund(tx, refund, order, {"why": str(problem)}, Source.PROCESS)
