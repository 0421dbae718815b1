"""Whom a deal is about, and which deals operators look at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.deals.buttons import Prefill
from stoory.money import Money
from stoory.platform.database import Tx

Key = tuple[datetime, UUID]
"""Disputes are ordered by (opened_at, request_id), the longest waiting first."""


async def is_influencer(tx: Tx, user_id: UUID) -> bool:
    """Return whether that user exists and is an influencer."""
    return await tx.value(
        bool,
        """
        select exists (select from public_profiles where id = $1 and role = 'influencer')
        """,
        user_id,
    )


async def payer(tx: Tx, user_id: UUID) -> Prefill:
    """Return what Razorpay's checkout fills in for whoever pays."""
    return await tx.one(
        Prefill,
        """
        select name, phone as contact, email
          from users
         where id = $1
        """,
        user_id,
    )


class Dispute(Struct, kw_only=True):
    """A deal that waits for an operator's decision."""

    request_id: UUID
    conversation_id: UUID
    title: str
    brand_owner_id: UUID
    influencer_id: UUID
    opened_at: datetime
    opened_by: str
    reason: str
    held: Money
    """What release_amount and refund_amount must add up to."""


async def disputes(tx: Tx, after: Key | None, rows: int) -> list[Dispute]:
    """Return a page of the deals in dispute."""
    return await tx.all(
        Dispute,
        """
        select d.request_id, d.conversation_id, d.terms ->> 'title' as title, d.brand_owner_id, d.influencer_id,
               (d.flow_data #>> '{dispute,at}')::timestamptz as opened_at,
               d.flow_data #>> '{dispute,by}' as opened_by, d.flow_data #>> '{dispute,reason}' as reason,
               (d.flow_data ->> 'paid')::numeric - (d.flow_data ->> 'released')::numeric
               - (d.flow_data ->> 'refunded')::numeric as held
          from deals d
         where d.state = 'disputed'
           and ($1::timestamptz is null
                or ((d.flow_data #>> '{dispute,at}')::timestamptz, d.request_id) > ($1, $2::uuid))
         order by opened_at, d.request_id
         limit $3
        """,
        *(after or (None, None)),
        rows,
    )
