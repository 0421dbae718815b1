"""What is due: deals whose clock has run out, postings that have come to their end."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from stoory.deals.states import CLOSED
from stoory.platform.database import Tx
from stoory.postings.rules import Kind


class Due(Struct):
    """A deal whose clock needs attention."""

    request_id: UUID
    conversation_id: UUID


async def due(tx: Tx, resting: list[UUID], rows: int) -> list[Due]:
    """Return the deals whose nearest clock has run out, longest ago first, but for those resting after a failure."""
    return await tx.all(
        Due,
        """
        select request_id, conversation_id
          from deals
         where deadline_at <= $1
           and request_id <> all ($2::uuid[])
         order by deadline_at
         limit $3
        """,
        tx.now,
        resting,
        rows,
    )


class EndedPosting(Struct):
    """An open posting past its end, nothing of which goes on."""

    kind: Kind
    id: UUID
    has_completed_deal: bool


async def ended_postings(tx: Tx, rows: int) -> list[EndedPosting]:
    """Return open postings whose end has passed and none of whose deals is still open."""
    return await tx.all(
        EndedPosting,
        """
        select 'bid' as kind, b.id,
               exists (select from deals d where d.bid_id = b.id and d.state = 'completed') as has_completed_deal
          from bids b
         where b.status = 'open'
           and b.ends_at <= $1
           and not exists (select from deals d where d.bid_id = b.id and d.state <> all ($2::text[]))
         union all
        select 'campaign', c.id,
               exists (select from deals d where d.campaign_id = c.id and d.state = 'completed')
          from campaigns c
         where c.status = 'open'
           and c.ends_at <= $1
           and not exists (select from deals d where d.campaign_id = c.id and d.state <> all ($2::text[]))
         limit $3
        """,
        tx.now,
        list(CLOSED),
        rows,
    )
