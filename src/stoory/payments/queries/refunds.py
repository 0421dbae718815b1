"""Money on its way back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.money import Money
from stoory.payments.queries.orders import Order, Payment
from stoory.payments.rules import Cause, RefundStatus
from stoory.platform.database import Tx


class Refund(Struct, kw_only=True):
    """A refund, on the wire and off it."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    amount: Money
    cause: Cause
    reason: str | None
    status: RefundStatus
    attempts: int
    razorpay_refund_id: str | None
    created_at: datetime
    processed_at: datetime | None


async def refund(tx: Tx, refund_id: UUID) -> Refund:
    """Return a refund; NotFound."""
    return await tx.one(
        Refund,
        """
        select id, payment_id, order_id, amount, cause, reason, status, attempts, razorpay_refund_id, created_at,
               processed_at
          from refunds
         where id = $1
        """,
        refund_id,
    )


async def lock_refund(tx: Tx, refund_id: UUID) -> Refund:
    """Return a refund and hold it; its order has been held before."""
    return await tx.one(
        Refund,
        """
        select id, payment_id, order_id, amount, cause, reason, status, attempts, razorpay_refund_id, created_at,
               processed_at
          from refunds
         where id = $1
           for update
        """,
        refund_id,
    )


async def refund_to_send(tx: Tx, refund_id: UUID) -> Refund | None:
    """Return a refund that Razorpay is to be asked for now: it waits neither for an answer nor for its next try."""
    return await tx.maybe(
        Refund,
        """
        select id, payment_id, order_id, amount, cause, reason, status, attempts, razorpay_refund_id, created_at,
               processed_at
          from refunds
         where id = $1
           and status = 'requested'
           and due_at is null
        """,
        refund_id,
    )


class Found(Struct):
    """The refund something is told of."""

    id: UUID
    order_id: UUID


async def refund_at_razorpay(tx: Tx, razorpay_refund_id: str, ours: UUID | None) -> Found | None:
    """Return the refund Razorpay knows by that id, or that was asked for as ours."""
    return await tx.maybe(
        Found,
        """
        select id, order_id
          from refunds
         where razorpay_refund_id = $1
            or id = $2
        """,
        razorpay_refund_id,
        ours,
    )


async def refunds_of(tx: Tx, order_id: UUID) -> list[Refund]:
    """Return every refund of an order, in the order of their making."""
    return await tx.all(
        Refund,
        """
        select id, payment_id, order_id, amount, cause, reason, status, attempts, razorpay_refund_id, created_at,
               processed_at
          from refunds
         where order_id = $1
         order by created_at, id
        """,
        order_id,
    )


async def unsettled_refunds(tx: Tx, checked_before: datetime, rows: int) -> list[Refund]:
    """Return refunds on their way, not asked about since then, longest ago first; those that wait are left alone."""
    return await tx.all(
        Refund,
        """
        select id, payment_id, order_id, amount, cause, reason, status, attempts, razorpay_refund_id, created_at,
               processed_at
          from refunds
         where status in ('requested', 'processing')
           and due_at is null
           and checked_at < $1
         order by checked_at
         limit $2
        """,
        checked_before,
        rows,
    )


async def save_checked(tx: Tx, refund_ids: list[UUID]) -> None:
    """Note that Razorpay has been asked about refunds."""
    await tx.run(
        """
        update refunds
           set checked_at = $2
         where id = any ($1::uuid[])
        """,
        refund_ids,
        tx.now,
    )


async def take_due(tx: Tx, rows: int) -> list[UUID]:
    """Return refunds that have waited long enough to be tried again; they wait no longer."""
    return await tx.value(
        list[UUID],
        """
        with due as (
            update refunds
               set due_at = null
             where id in (select id
                            from refunds
                           where due_at <= $1
                           order by due_at
                           limit $2
                             for update skip locked)
            returning id
        )
        select coalesce(array_agg(id), '{}')
          from due
        """,
        tx.now,
        rows,
    )


async def insert_refund(
    tx: Tx,
    payment: Payment,
    order: Order,
    *,
    refund_id: UUID,
    amount: Money,
    cause: Cause,
    reason: str | None,
    by: UUID,
) -> Refund:
    """Store a refund that has just been decided."""
    return await tx.one(
        Refund,
        """
        insert into refunds (id, payment_id, order_id, payer_id, amount, cause, reason, status, requested_by,
                             created_at, checked_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'requested', $8, $9, $9)
        returning id, payment_id, order_id, amount, cause, reason, status, attempts, razorpay_refund_id, created_at,
                  processed_at
        """,
        refund_id,
        payment.id,
        order.id,
        order.payer_id,
        amount,
        cause,
        reason,
        by,
        tx.now,
    )


async def save_refund(
    tx: Tx, refund_id: UUID, status: RefundStatus, *, razorpay_refund_id: str | None
) -> None:
    """Store where a refund stands."""
    await tx.run(
        """
        update refunds
           set status = $2::text,
               razorpay_refund_id = $3,
               due_at = null,
               processed_at = case $2::text when 'processed' then $4::timestamptz end
         where id = $1
        """,
        refund_id,
        status,
        razorpay_refund_id,
        tx.now,
    )


async def save_attempt(tx: Tx, refund_id: UUID, due_at: datetime | None) -> None:
    """Note that Razorpay said no to a refund, and when it is asked again: never, unless an operator wants it."""
    await tx.run(
        """
        update refunds
           set status = case when $2::timestamptz is null then 'failed' else 'requested' end,
               attempts = attempts + 1,
               razorpay_refund_id = null,
               processed_at = null,
               due_at = $2
         where id = $1
        """,
        refund_id,
        due_at,
    )
