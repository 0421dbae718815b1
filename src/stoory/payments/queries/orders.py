"""Orders, the attempts to pay them, and what happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.money import Money
from stoory.payments.rules import OPEN, RECONCILED_FOR, OrderStatus, PaymentStatus, Source
from stoory.platform.database import Tx


class Order(Struct, kw_only=True):
    """An order, on the wire and off it."""

    id: UUID
    razorpay_order_id: str | None
    request_id: UUID | None
    subscription_id: UUID | None
    purpose: str
    payer_id: UUID
    amount: Money
    amount_paise: int
    currency: str
    status: OrderStatus
    receipt: str
    key_id: str | None
    """Razorpay's public key that the checkout opens the order with."""
    created_at: datetime
    paid_at: datetime | None


class Payment(Struct, kw_only=True):
    """One attempt to pay an order."""

    id: UUID
    razorpay_payment_id: str
    order_id: UUID
    amount: Money
    currency: str
    method: str | None
    status: PaymentStatus
    is_surplus: bool
    created_at: datetime
    captured_at: datetime | None


Key = tuple[datetime, UUID]
"""Lists are ordered by (created_at, id), newest first."""


async def order(tx: Tx, order_id: UUID) -> Order:
    """Return an order; NotFound."""
    return await tx.one(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where id = $1
        """,
        order_id,
    )


async def lock_order(tx: Tx, order_id: UUID) -> Order:
    """Return an order and hold it; what it is for has been held before."""
    return await tx.one(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where id = $1
           for update
        """,
        order_id,
    )


async def order_at_razorpay(tx: Tx, razorpay_order_id: str | None) -> Order | None:
    """Return the order that Razorpay knows by that id."""
    return await tx.maybe(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where razorpay_order_id = $1
        """,
        razorpay_order_id,
    )


async def order_with_receipt(tx: Tx, receipt: str | None) -> Order | None:
    """Return the order that was asked for with that receipt."""
    return await tx.maybe(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where receipt = $1
        """,
        receipt,
    )


async def open_order_of(tx: Tx, request_id: UUID) -> Order | None:
    """Return the order of a request that waits for its money."""
    return await tx.maybe(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where request_id = $1
           and status = any ($2::text[])
        """,
        request_id,
        list(OPEN),
    )


async def paid_order_of(tx: Tx, request_id: UUID) -> Order:
    """Return the order whose payment funded the deal of a request; NotFound when none did."""
    return await tx.one(
        Order,
        """
        select o.id, o.razorpay_order_id, o.request_id, o.subscription_id, o.purpose, o.payer_id, o.amount,
               (o.amount * 100)::bigint as amount_paise, o.currency, o.status, o.receipt, o.key_id, o.created_at,
               o.paid_at
          from orders o
         where o.request_id = $1
           and exists (select
                         from payments p
                        where p.order_id = o.id and p.captured_at is not null and not p.is_surplus)
        """,
        request_id,
    )


async def orders(tx: Tx, status: str | None, after: Key | None, rows: int) -> list[Order]:
    """Return a page of the viewer's orders, newest first."""
    await tx.plan_anew()
    return await tx.all(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where ($1::text is null or status = $1)
           and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
         order by created_at desc, id desc
         limit $4
        """,
        status,
        *(after or (None, None)),
        rows,
    )


async def order_count(tx: Tx, status: str | None) -> int:
    """Return how many of the viewer's orders stand so."""
    return await tx.value(
        int,
        """
        select count(*)
          from orders
         where ($1::text is null or status = $1)
        """,
        status,
    )


async def unsettled_orders(tx: Tx, checked_before: datetime, rows: int) -> list[Order]:
    """Return orders Razorpay may still say something new of, not asked about since then, longest ago first."""
    return await tx.all(
        Order,
        """
        select id, razorpay_order_id, request_id, subscription_id, purpose, payer_id, amount,
               (amount * 100)::bigint as amount_paise, currency, status, receipt, key_id, created_at, paid_at
          from orders
         where status in ('creating', 'created', 'attempted', 'expired')
           and checked_at < $1
         order by checked_at
         limit $2
        """,
        checked_before,
        rows,
    )


async def insert_order(tx: Tx, *, order_id: UUID, request_id: UUID, payer_id: UUID, amount: Money) -> None:
    """Store an order for a deal that Razorpay does not know yet."""
    await tx.run(
        """
        insert into orders (id, purpose, request_id, payer_id, amount, status, receipt, created_at, checked_at)
        values ($1, 'deal', $2, $3, $4, 'creating', $1::uuid::text, $5, $5)
        """,
        order_id,
        request_id,
        payer_id,
        amount,
        tx.now,
    )


async def insert_subscription_order(
    tx: Tx, *, order_id: UUID, subscription_id: UUID, payer_id: UUID, amount: Money
) -> None:
    """Store an order for a subscription that Razorpay does not know yet."""
    await tx.run(
        """
        insert into orders (id, purpose, subscription_id, payer_id, amount, status, receipt, created_at, checked_at)
        values ($1, 'subscription', $2, $3, $4, 'creating', $1::uuid::text, $5, $5)
        """,
        order_id,
        subscription_id,
        payer_id,
        amount,
        tx.now,
    )


async def save_placed(tx: Tx, order_id: UUID, razorpay_order_id: str, key_id: str) -> None:
    """Store by which id, and under which of our keys, Razorpay knows an order."""
    await tx.run(
        """
        update orders
           set razorpay_order_id = $2,
               key_id = $3,
               status = case status when 'creating' then 'created' else status end
         where id = $1
        """,
        order_id,
        razorpay_order_id,
        key_id,
    )


async def save_status(tx: Tx, order_id: UUID, status: OrderStatus) -> None:
    """Store where an order stands; when it was first paid is kept."""
    await tx.run(
        """
        update orders
           set status = $2::text,
               paid_at = case $2::text when 'paid' then coalesce(paid_at, $3) else paid_at end,
               expired_at = case $2::text when 'expired' then $3 else expired_at end
         where id = $1
        """,
        order_id,
        status,
        tx.now,
    )


async def save_checked(tx: Tx, order_ids: list[UUID]) -> None:
    """Note that Razorpay has been asked about orders; for the last time, when they ended long enough ago."""
    await tx.run(
        """
        update orders
           set checked_at = case when status = 'expired' and expired_at <= $3 then null else $2::timestamptz end
         where id = any ($1::uuid[])
        """,
        order_ids,
        tx.now,
        tx.now - RECONCILED_FOR,
    )


async def append_event(tx: Tx, order: Order, kind: str, source: Source, data: dict[str, Any]) -> None:
    """Add what happened to the history of an order, which is held."""
    await tx.run(
        """
        insert into order_events (order_id, seq, kind, source, data, at, payer_id)
        select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6
          from order_events
         where order_id = $1
        """,
        order.id,
        kind,
        source,
        data,
        tx.now,
        order.payer_id,
    )
