"""Coupons, and how often each was used."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from stoory.platform.database import Tx
from stoory.subscriptions.coupons import Coupon

Key = tuple[datetime, UUID]
"""Lists are ordered by (created_at, id), newest first."""


async def lock_coupon(tx: Tx, code: str) -> Coupon | None:
    """Return the coupon of a code and hold it, so that nobody uses it meanwhile."""
    return await tx.maybe(
        Coupon,
        """
        select c.id, c.code, c.percent_bp, c.amount, c.plans, c.valid_from, c.valid_until, c.max_uses, c.max_uses_each,
               c.ended_at, c.created_by, c.created_at
          from coupons c
         where c.code = $1
           for update
        """,
        code,
    )


async def coupon(tx: Tx, coupon_id: UUID) -> Coupon:
    """Return a coupon with its uses; NotFound."""
    return await tx.one(
        Coupon,
        """
        select c.id, c.code, c.percent_bp, c.amount, c.plans, c.valid_from, c.valid_until, c.max_uses, c.max_uses_each,
               c.ended_at, c.created_by, c.created_at,
               (select count(*) from invoices i where i.coupon_id = c.id and i.status <> 'void') as uses
          from coupons c
         where c.id = $1
        """,
        coupon_id,
    )


async def coupons(tx: Tx, after: Key | None, rows: int) -> list[Coupon]:
    """Return a page of coupons with their uses, newest first."""
    await tx.plan_anew()
    return await tx.all(
        Coupon,
        """
        select c.id, c.code, c.percent_bp, c.amount, c.plans, c.valid_from, c.valid_until, c.max_uses, c.max_uses_each,
               c.ended_at, c.created_by, c.created_at,
               (select count(*) from invoices i where i.coupon_id = c.id and i.status <> 'void') as uses
          from coupons c
         where ($1::timestamptz is null or (c.created_at, c.id) < ($1, $2::uuid))
         order by c.created_at desc, c.id desc
         limit $3
        """,
        *(after or (None, None)),
        rows,
    )


async def uses_by(tx: Tx, coupon_id: UUID, user_id: UUID) -> int:
    """Return how often somebody used a coupon."""
    return await tx.value(
        int,
        """
        select count(*)
          from invoices
         where coupon_id = $1
           and user_id = $2
           and status <> 'void'
        """,
        coupon_id,
        user_id,
    )


async def insert_coupon(tx: Tx, new: Coupon) -> bool:
    """Store a coupon; False when its code is taken."""
    return bool(
        await tx.run(
            """
            insert into coupons (id, code, percent_bp, amount, plans, valid_from, valid_until, max_uses, max_uses_each,
                                 created_by, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                on conflict (code) do nothing
            """,
            *(new.id, new.code, new.percent_bp, new.amount, new.plans, new.valid_from, new.valid_until),
            *(new.max_uses, new.max_uses_each, new.created_by, new.created_at),
        )
    )


async def end_coupon(tx: Tx, coupon_id: UUID) -> None:
    """Let a coupon be used no more."""
    await tx.run(
        """
        update coupons
           set ended_at = coalesce(ended_at, $2)
         where id = $1
        """,
        coupon_id,
        tx.now,
    )
