"""What is stored of payouts: what is on its way, and the wallet."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.money import Balance, Money
from stoory.payouts.rules import Status
from stoory.platform.database import Tx


class Payout(Struct, kw_only=True):
    """A payout, on the wire and off it."""

    id: UUID
    user_id: UUID
    account_id: UUID
    amount: Money
    status: Status
    reference: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime


Key = tuple[datetime, UUID]


async def payout(tx: Tx, payout_id: UUID) -> Payout:
    """Return a payout; NotFound."""
    return await tx.one(
        Payout,
        """
        select id, user_id, account_id, amount, status, reference, reason, created_at, updated_at
          from payouts
         where id = $1
        """,
        payout_id,
    )


async def lock_payout(tx: Tx, payout_id: UUID) -> Payout:
    """Return a payout and hold it."""
    return await tx.one(
        Payout,
        """
        select id, user_id, account_id, amount, status, reference, reason, created_at, updated_at
          from payouts
         where id = $1
           for update
        """,
        payout_id,
    )


class Found(Struct):
    """The payout something is told of."""

    id: UUID


async def payout_at_razorpay(tx: Tx, razorpay_payout_id: str, reference_id: str | None) -> Found | None:
    """Return the payout RazorpayX knows by that id, or that was asked for as ours."""
    return await tx.maybe(
        Found,
        """
        select id
          from payouts
         where razorpay_payout_id = $1
            or id::text = $2
        """,
        razorpay_payout_id,
        reference_id,
    )


async def payouts(
    tx: Tx, user_id: UUID | None, status: str | None, after: Key | None, rows: int
) -> list[Payout]:
    """Return a page of payouts, of one person or of all, newest first."""
    return await tx.all(
        Payout,
        """
        select id, user_id, account_id, amount, status, reference, reason, created_at, updated_at
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


async def unsettled(tx: Tx, checked_before: datetime, rows: int) -> list[Payout]:
    """Return payouts on their way, not asked about since then, longest ago first."""
    return await tx.all(
        Payout,
        """
        select id, user_id, account_id, amount, status, reference, reason, created_at, updated_at
          from payouts
         where status in ('requested', 'processing')
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


async def insert_payout(tx: Tx, payout_id: UUID, user_id: UUID, account_id: UUID, amount: Money) -> Payout:
    """Store a payout that was asked for."""
    return await tx.one(
        Payout,
        """
        insert into payouts (id, user_id, account_id, amount, status, created_at, updated_at, checked_at)
        values ($1, $2, $3, $4, 'requested', $5, $5, $5)
        returning id, user_id, account_id, amount, status, reference, reason, created_at, updated_at
        """,
        payout_id,
        user_id,
        account_id,
        amount,
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
        returning id, user_id, account_id, amount, status, reference, reason, created_at, updated_at
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


class Wallet(Struct, kw_only=True):
    """An influencer's money, in rupees."""

    held: Balance
    """In the escrows of her running deals, before commission."""
    available: Balance
    """To be paid out now."""
    in_transit: Balance
    paid_out: Balance


async def wallet(tx: Tx, user_id: UUID) -> Wallet:
    """Return somebody's wallet, as they may see it: what their deals hold, what is theirs, what has left."""
    return await tx.one(
        Wallet,
        """
        select (select coalesce(sum((d.flow_data ->> 'paid')::numeric - (d.flow_data ->> 'released')::numeric
                                    - (d.flow_data ->> 'refunded')::numeric), 0)::numeric
                  from deals d
                 where d.influencer_id = $1
                   and d.state in ('in_progress', 'work_submitted', 'changes_requested', 'disputed')) as held,
               (select coalesce(sum(-a.balance_paise), 0)::numeric / 100
                  from ledger_accounts a
                 where a.owner_id = $1) as available,
               (select coalesce(sum(p.amount), 0)::numeric
                  from payouts p
                 where p.user_id = $1
                   and p.status in ('requested', 'processing')) as in_transit,
               (select coalesce(sum(p.amount), 0)::numeric
                  from payouts p
                 where p.user_id = $1
                   and p.status = 'processed') as paid_out
        """,
        user_id,
    )


class AtRazorpay(Struct):
    """By which id RazorpayX knows a payout."""

    razorpay_payout_id: str


async def at_razorpay(tx: Tx, payout_id: UUID) -> AtRazorpay | None:
    """Return by which id RazorpayX knows a payout, if it does."""
    return await tx.maybe(
        AtRazorpay,
        """
        select razorpay_payout_id
          from payouts
         where id = $1
           and razorpay_payout_id is not null
        """,
        payout_id,
    )
