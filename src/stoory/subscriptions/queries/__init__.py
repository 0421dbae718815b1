"""Subscriptions in the database: what each is on now, and what happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.platform.database import Tx
from stoory.subscriptions.subscription import Subscription

Key = tuple[datetime, UUID]
"""Lists are ordered by (created_at, id), newest first."""


async def subscription(tx: Tx, subscription_id: UUID) -> Subscription:
    """Return a subscription; NotFound."""
    return await tx.one(
        Subscription,
        """
        select id, user_id, plan, plan_valid_from, period, status, amount, currency, anchor_at, periods_begun,
               current_period_start, current_period_end, paid_until, cancel_at_period_end, next_plan, next_period,
               reminders, due_at, lapses_at, started_at, ended_at, created_at, updated_at
          from subscriptions
         where id = $1
        """,
        subscription_id,
    )


async def lock_subscription(tx: Tx, subscription_id: UUID) -> Subscription:
    """Return a subscription and hold it; NotFound."""
    return await tx.one(
        Subscription,
        """
        select id, user_id, plan, plan_valid_from, period, status, amount, currency, anchor_at, periods_begun,
               current_period_start, current_period_end, paid_until, cancel_at_period_end, next_plan, next_period,
               reminders, due_at, lapses_at, started_at, ended_at, created_at, updated_at
          from subscriptions
         where id = $1
           for update
        """,
        subscription_id,
    )


async def lock_not_over(tx: Tx, user_id: UUID) -> list[Subscription]:
    """Return what somebody is on or waits to be on, and hold it: one of each at most."""
    return await tx.all(
        Subscription,
        """
        select id, user_id, plan, plan_valid_from, period, status, amount, currency, anchor_at, periods_begun,
               current_period_start, current_period_end, paid_until, cancel_at_period_end, next_plan, next_period,
               reminders, due_at, lapses_at, started_at, ended_at, created_at, updated_at
          from subscriptions
         where user_id = $1
           and status in ('pending', 'active', 'past_due')
         order by id
           for update
        """,
        user_id,
    )


async def subscriptions(
    tx: Tx, user_id: UUID | None, status: str | None, after: Key | None, rows: int
) -> list[Subscription]:
    """Return a page of subscriptions that the viewer may see, newest first."""
    await tx.plan_anew()
    return await tx.all(
        Subscription,
        """
        select id, user_id, plan, plan_valid_from, period, status, amount, currency, anchor_at, periods_begun,
               current_period_start, current_period_end, paid_until, cancel_at_period_end, next_plan, next_period,
               reminders, due_at, lapses_at, started_at, ended_at, created_at, updated_at
          from subscriptions
         where ($1::uuid is null or user_id = $1)
           and ($2::text is null or status = $2)
           and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
         order by created_at desc, id desc
         limit $5
        """,
        user_id,
        status,
        *(after or (None, None)),
        rows,
    )


async def subscription_count(tx: Tx, user_id: UUID | None, status: str | None) -> int:
    """Return how many subscriptions there are of those."""
    return await tx.value(
        int,
        """
        select count(*)
          from subscriptions
         where ($1::uuid is null or user_id = $1)
           and ($2::text is null or status = $2)
        """,
        user_id,
        status,
    )


async def due(tx: Tx, resting: list[UUID], rows: int) -> list[UUID]:
    """Return the subscriptions whose clock has something to do, the longest due first."""
    return await tx.value(
        list[UUID],
        """
        select coalesce(array_agg(d.id order by d.due_at), '{}')
          from (select id, due_at
                  from subscriptions
                 where due_at <= $1
                   and id <> all ($2::uuid[])
                 order by due_at
                 limit $3) d
        """,
        tx.now,
        resting,
        rows,
    )


async def insert_subscription(tx: Tx, new: Subscription) -> None:
    """Store a subscription that is asked for."""
    await tx.run(
        """
        insert into subscriptions (id, user_id, plan, plan_valid_from, period, status, amount, due_at, started_at,
                                   created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        """,
        new.id,
        new.user_id,
        new.plan,
        new.plan_valid_from,
        new.period,
        new.status,
        new.amount,
        new.due_at,
        new.started_at,
        new.created_at,
    )


async def save_subscription(tx: Tx, after: Subscription) -> None:
    """Store everything of a subscription that can change; it is held."""
    await tx.run(
        """
        update subscriptions
           set plan = $2, plan_valid_from = $3, period = $4, status = $5, amount = $6,
               anchor_at = $7, periods_begun = $8, current_period_start = $9, current_period_end = $10,
               paid_until = $11, cancel_at_period_end = $12, next_plan = $13, next_period = $14,
               reminders = $15, due_at = $16, lapses_at = $17, started_at = $18, ended_at = $19, updated_at = $20
         where id = $1
        """,
        *(after.id, after.plan, after.plan_valid_from, after.period, after.status, after.amount),
        *(after.anchor_at, after.periods_begun, after.current_period_start, after.current_period_end),
        *(after.paid_until, after.cancel_at_period_end, after.next_plan, after.next_period),
        *(after.reminders, after.due_at, after.lapses_at, after.started_at, after.ended_at, after.updated_at),
    )


class Event(Struct, kw_only=True):
    """Something that happened to a subscription."""

    seq: int
    kind: str
    by_id: UUID
    data: dict[str, Any]
    at: datetime


async def events(tx: Tx, subscription_id: UUID) -> list[Event]:
    """Return what happened to a subscription, from the beginning."""
    return await tx.all(
        Event,
        """
        select seq, kind, by_id, data, at
          from subscription_events
         where subscription_id = $1
         order by seq
        """,
        subscription_id,
    )


async def append_event(tx: Tx, of: Subscription, kind: str, by: UUID, data: dict[str, Any]) -> None:
    """Add what happened to the history of a subscription, which is held."""
    await tx.run(
        """
        insert into subscription_events (subscription_id, seq, kind, by_id, data, at, user_id)
        select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6
          from subscription_events
         where subscription_id = $1
        """,
        of.id,
        kind,
        by,
        data,
        tx.now,
        of.user_id,
    )
