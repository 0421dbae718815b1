"""Webhooks as they arrived, and what does not fit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.platform.database import Tx


class Arrival(Struct, frozen=True, kw_only=True):
    """A webhook that has just come in, its signature checked."""

    id: str
    """Razorpay's event id: the same on every delivery of one event."""
    event: str
    razorpay_order_id: str | None
    razorpay_payment_id: str | None
    body: str


async def insert_webhook(tx: Tx, arrival: Arrival) -> bool:
    """Keep a webhook; False when that event is kept already."""
    return bool(
        await tx.run(
            """
            insert into webhook_events (id, event, razorpay_order_id, razorpay_payment_id, body, received_at, due_at)
            values ($1, $2, $3, $4, $5, $6, $6)
                on conflict (id) do nothing
            """,
            arrival.id,
            arrival.event,
            arrival.razorpay_order_id,
            arrival.razorpay_payment_id,
            arrival.body,
            tx.now,
        )
    )


class Due(Struct, kw_only=True):
    """A webhook that is to be applied."""

    id: str
    event: str
    razorpay_order_id: str | None
    razorpay_payment_id: str | None
    body: str
    attempts: int
    """How often it could not be applied."""
    waits: int
    """How often it had to wait for Razorpay, or for the database."""
    has_nothing_new: bool
    """It tells of a payment whose end we know."""


async def due_webhooks(tx: Tx, rows: int) -> list[Due]:
    """Return webhooks that are to be applied now, longest due first."""
    return await tx.all(
        Due,
        """
        select w.id, w.event, w.razorpay_order_id, w.razorpay_payment_id, w.body, w.attempts, w.waits,
               coalesce(w.event in ('payment.authorized', 'payment.captured', 'payment.failed', 'order.paid')
                        and p.captured_at is not null and p.fee is not null, false) as has_nothing_new
          from webhook_events w
          left join payments p on p.razorpay_payment_id = w.razorpay_payment_id
         where w.due_at <= $1
         order by w.due_at
         limit $2
        """,
        tx.now,
        rows,
    )


async def save_applied(tx: Tx, event_ids: list[str], outcome: str) -> None:
    """Note what became of webhooks."""
    await tx.run(
        """
        update webhook_events
           set applied_at = $3,
               due_at = null,
               outcome = $2
         where id = any ($1::text[])
           and due_at is not null
        """,
        event_ids,
        outcome,
        tx.now,
    )


async def save_wait(tx: Tx, event_id: str, due_at: datetime) -> None:
    """Note that a webhook waits for somebody, and when it is tried again: that counts as no attempt."""
    await tx.run(
        """
        update webhook_events
           set waits = waits + 1,
               due_at = $2
         where id = $1
           and due_at is not null
        """,
        event_id,
        due_at,
    )


async def save_failed_attempt(tx: Tx, event_id: str, *, attempts: int, due_at: datetime) -> bool:
    """Note how often a webhook could not be applied, and when it is tried again; False when somebody else has."""
    return bool(
        await tx.run(
            """
            update webhook_events
               set attempts = $2,
                   due_at = $3
             where id = $1
               and due_at is not null
               and attempts = $2 - 1
            """,
            event_id,
            attempts,
            due_at,
        )
    )


async def save_due_again(tx: Tx, event_id: str) -> bool:
    """Have a webhook applied once more; False when there is none of that id."""
    return bool(
        await tx.run(
            """
            update webhook_events
               set attempts = 0,
                   waits = 0,
                   due_at = $2,
                   outcome = null,
                   applied_at = null
             where id = $1
            """,
            event_id,
            tx.now,
        )
    )


class Oddity(Struct, kw_only=True):
    """Something that does not fit, waiting for an operator."""

    id: UUID
    kind: str
    subject: str
    details: dict[str, Any]
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: UUID | None
    note: str | None


Key = tuple[datetime, UUID]


async def oddity(tx: Tx, oddity_id: UUID) -> Oddity:
    """Return what does not fit, by its id; NotFound."""
    return await tx.one(
        Oddity,
        """
        select id, kind, subject, details, created_at, resolved_at, resolved_by, note
          from quarantine
         where id = $1
        """,
        oddity_id,
    )


async def oddities(tx: Tx, *, is_resolved: bool, after: Key | None, rows: int) -> list[Oddity]:
    """Return a page of what does not fit, newest first."""
    await tx.plan_anew()
    return await tx.all(
        Oddity,
        """
        select id, kind, subject, details, created_at, resolved_at, resolved_by, note
          from quarantine
         where (resolved_at is not null) = $1
           and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
         order by created_at desc, id desc
         limit $4
        """,
        is_resolved,
        *(after or (None, None)),
        rows,
    )


async def oddity_count(tx: Tx, *, is_resolved: bool) -> int:
    """Return how much does not fit."""
    return await tx.value(
        int,
        """
        select count(*)
          from quarantine
         where (resolved_at is not null) = $1
        """,
        is_resolved,
    )


async def insert_oddity(tx: Tx, oddity_id: UUID, *, kind: str, subject: str, details: dict[str, Any]) -> bool:
    """Keep what does not fit; False when it is waiting already."""
    return bool(
        await tx.run(
            """
            insert into quarantine (id, kind, subject, details, created_at)
            values ($1, $2, $3, $4, $5)
                on conflict (kind, subject) where resolved_at is null do nothing
            """,
            oddity_id,
            kind,
            subject,
            details,
            tx.now,
        )
    )


async def is_resolved(tx: Tx, *, kind: str, subject: str, details: dict[str, Any]) -> bool:
    """Return whether an operator has looked at the very same already, whoever told of it."""
    return await tx.value(
        bool,
        """
        select exists (select
                         from quarantine
                        where kind = $1
                          and subject = $2
                          and resolved_at is not null
                          and details - 'source' = $3::jsonb - 'source')
        """,
        kind,
        subject,
        details,
    )


async def save_resolved(tx: Tx, oddity_id: UUID, *, by: UUID, note: str | None) -> bool:
    """Note that an operator has looked; False when somebody had before."""
    return bool(
        await tx.run(
            """
            update quarantine
               set resolved_at = $4,
                   resolved_by = $2,
                   note = $3
             where id = $1
               and resolved_at is null
            """,
            oddity_id,
            by,
            note,
            tx.now,
        )
    )
