"""The statements of bids: a range, from min_budget to max_budget."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from stoory.platform.database import Tx
from stoory.postings.queries.columns import alike
from stoory.postings.rules import Posting

ROWS: Final = """
select 'bid' as kind, b.id, b.min_budget, b.max_budget, b.title, b.description,
       b.status, b.requirements, b.language, b.platform, b.content_type, b.category, b.starts_at, b.ends_at,
       b.image_url, b.deliverables, b.min_followers, b.usage_rights, b.disclosure_required, b.updated_at,
       b.created_at, b.created_by,
       case when (select app.role()) in ('brand_owner', 'admin')
            then (select count(*)
                    from requests r
                   where r.bid_id = b.id
                     and r.status <> 'cancelled')
        end as applications_count,
       case when (select app.role()) = 'influencer'
            then (select jsonb_build_object('id', r.id, 'status', r.status)
                    from requests r
                   where r.bid_id = b.id
                     and r.influencer_id = (select app.user_id())
                   order by r.created_at desc, r.id desc
                   limit 1)
        end as my_request
  from bids b
 where b.id = any ($1)
"""
"""Those of the bids that may be seen, each as the person who asks knows it."""


async def rows(tx: Tx, ids: list[UUID]) -> list[Posting]:
    """Return those of the bids that may be seen, in any order, each as the person who asks knows it."""
    return await tx.all(Posting, ROWS, ids)


async def hold(tx: Tx, posting_id: UUID) -> Posting:
    """Return one bid and hold it until the end of the transaction; NotFound."""
    return await tx.one(Posting, ROWS + "for update of b", [posting_id])


async def add(tx: Tx, posting: Posting) -> None:
    """Write a new bid."""
    await tx.run(
        """
        insert into bids
               (id, created_at, created_by, min_budget, max_budget,
                title, description, status, requirements, language, platform, content_type, category, starts_at,
                ends_at, image_url, deliverables, min_followers, usage_rights, disclosure_required, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """,
        posting.id,
        posting.created_at,
        posting.created_by,
        posting.min_budget,
        posting.max_budget,
        *alike(posting),
    )


async def save(tx: Tx, posting: Posting) -> None:
    """Write everything of a bid that can change."""
    await tx.run(
        """
        update bids
           set min_budget = $2, max_budget = $3, title = $4, description = $5, status = $6, requirements = $7,
               language = $8, platform = $9, content_type = $10, category = $11, starts_at = $12, ends_at = $13,
               image_url = $14, deliverables = $15, min_followers = $16, usage_rights = $17,
               disclosure_required = $18, updated_at = $19
         where id = $1
        """,
        posting.id,
        posting.min_budget,
        posting.max_budget,
        *alike(posting),
    )


async def remove(tx: Tx, posting_id: UUID) -> None:
    """Delete one bid."""
    await tx.run("delete from bids where id = $1", posting_id)
