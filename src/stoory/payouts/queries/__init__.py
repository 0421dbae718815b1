"""What is stored of payouts: what is on its way, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.money import Money
from stoory.payouts.rules import Method, Status
from stoory.platform.database import Tx


class Payout(Struct, kw_only=True):
    """A payout, on the wire and off it."""

    id: UUID
    user_id: UUID
    account_id: UUID
    amount: Money
    method: Method
    status: Status
    reference: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime


class Known(Payout, kw_only=True):
    """A payout, and how RazorpayX knows it: for us alone."""

    sent_from: str | None
    """The account it was asked to pay from; None when it never was."""
    razorpay_payout_id: str | None


Key = tuple[datetime, UUID]


async def payout(tx: Tx, payout_id: UUID) -> Payout:
    """Return a payout; NotFound."""
    return await tx.one(
        Payout,
        """
        select id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at
          from payouts
         where id = $1
        """,
        payout_id,
    )


async def lock_payout(tx: Tx, payout_id: UUID) -> Known:
    """Return a payout and hold it; NotFound."""
    return await tx.one(
        Known,
        """
        select id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at,
               sent_from, razorpay_payout_id
          from payouts
         where id = $1
           for update
        """,
        payout_id,
    )


class Found(Struct):
    """The payout something is told of."""

    id: UUID


async def payout_at_razorpay(tx: Tx, razorpay_payout_id: str, payout_id: UUID | None) -> Found | None:
    """Return the payout RazorpayX knows by that id; or else the one it says it was asked for."""
    return await tx.maybe(
        Found,
        """
        select id
          from payouts
         where razorpay_payout_id = $1
            or id = $2
         order by razorpay_payout_id is not distinct from $1 desc
         limit 1
        """,
        razorpay_payout_id,
        payout_id,
    )


async def payouts(
    tx: Tx, user_id: UUID | None, status: str | None, after: Key | None, rows: int
) -> list[Payout]:
    """Return a page of payouts, of one person or of all, newest first."""
    await tx.plan_anew()
    return await tx.all(
        Payout,
        """
        select id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at
          from payouts
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


async def unsettled(tx: Tx, checked_before: datetime, rows: int) -> list[Known]:
    """Return payouts RazorpayX is to pay and has not, not asked about since then, longest ago first."""
    return await tx.all(
        Known,
        """
        select id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at,
               sent_from, razorpay_payout_id
          from payouts
         where method = 'razorpayx'
           and status in ('requested', 'processing')
           and checked_at < $1
         order by checked_at
         limit $2
        """,
        checked_before,
        rows,
    )


async def save_checked(tx: Tx, payout_ids: list[UUID]) -> None:
    """Note that RazorpayX has been asked about payouts."""
    await tx.run(
        """
        update payouts
           set checked_at = $2
         where id = any ($1::uuid[])
        """,
        payout_ids,
        tx.now,
    )


async def insert_payout(
    tx: Tx, payout_id: UUID, *, user_id: UUID, account_id: UUID, amount: Money, method: Method
) -> Payout:
    """Store a payout that was asked for."""
    return await tx.one(
        Payout,
        """
        insert into payouts (id, user_id, account_id, amount, method, status, created_at, updated_at,
                             checked_at)
        values ($1, $2, $3, $4, $5, 'requested', $6, $6, $6)
        returning id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at
        """,
        payout_id,
        user_id,
        account_id,
        amount,
        method,
        tx.now,
    )


async def save_sent(tx: Tx, payout_id: UUID, sent_from: str) -> None:
    """Store that RazorpayX is about to be asked to pay a payout, and from which account."""
    await tx.run(
        """
        update payouts
           set sent_from = $2,
               updated_at = $3
         where id = $1
        """,
        payout_id,
        sent_from,
        tx.now,
    )


async def save_method(tx: Tx, payout_id: UUID, method: Method) -> Payout:
    """Store who pays a payout."""
    return await tx.one(
        Payout,
        """
        update payouts
           set method = $2,
               updated_at = $3
         where id = $1
        returning id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at
        """,
        payout_id,
        method,
        tx.now,
    )


class Change(Struct, kw_only=True):
    """What became of a payout."""

    status: Status
    fee: Money | None = None
    reference: str | None = None
    reason: str | None = None
    razorpay_payout_id: str | None = None


async def save_payout(tx: Tx, payout_id: UUID, change: Change) -> Payout:
    """Store what became of a payout; what is not told anew stays."""
    return await tx.one(
        Payout,
        """
        update payouts
           set status = $2,
               fee = coalesce($3, fee),
               reference = coalesce($4, reference),
               reason = coalesce($5, reason),
               razorpay_payout_id = coalesce($6, razorpay_payout_id),
               updated_at = $7
         where id = $1
        returning id, user_id, account_id, amount, method, status, reference, reason, created_at, updated_at
        """,
        payout_id,
        change.status,
        change.fee,
        change.reference,
        change.reason,
        change.razorpay_payout_id,
        tx.now,
    )


async def append_event(tx: Tx, payout: Payout, status: Status, by: UUID, data: dict[str, Any]) -> None:
    """Add what happened to the history of a payout, which is held."""
    await tx.run(
        """
        insert into payout_events (payout_id, seq, status, by_id, data, at, user_id)
        select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6
          from payout_events
         where payout_id = $1
        """,
        payout.id,
        status,
        by,
        data,
        tx.now,
        payout.user_id,
    )
