"""The statements of campaigns: one budget, which stands in both bounds of a posting."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from stoory.platform.database import Tx
from stoory.postings.queries.columns import alike
from stoory.postings.rules import Posting

ROWS: Final = """
select 'campaign' as kind, c.id, c.budget as min_budget, c.budget as max_budget, c.title, c.description,
       c.status, c.requirements, c.language, c.platform, c.content_type, c.category, c.starts_at, c.ends_at,
       c.image_url, c.deliverables, c.min_followers, c.usage_rights, c.disclosure_required, c.updated_at,
       c.created_at, c.created_by,
       case when (select app.role()) in ('brand_owner', 'admin')
            then (select count(*)
                    from requests r
                   where r.campaign_id = c.id
                     and r.status <> 'cancelled')
        end as applications_count,
       case when (select app.role()) = 'influencer'
            then (select jsonb_build_object('id', r.id, 'status', r.status)
                    from requests r
                   where r.campaign_id = c.id
                     and r.influencer_id = (select app.user_id())
                   order by r.created_at desc, r.id desc
                   limit 1)
        end as my_request
  from campaigns c
 where c.id = any ($1)
"""
"""Those of the campaigns that may be seen, each as the person who asks knows it."""


async def rows(tx: Tx, ids: list[UUID]) -> list[Posting]:
    """Return those of the campaigns that may be seen, in any order, each as the person who asks knows it."""
    return await tx.all(Posting, ROWS, ids)


async def hold(tx: Tx, posting_id: UUID) -> Posting:
    """Return one campaign and hold it until the end of the transaction; NotFound."""
    return await tx.one(Posting, ROWS + "for update of c", [posting_id])


async def add(tx: Tx, posting: Posting) -> None:
    """Write a new campaign."""
    await tx.run(
        """
        insert into campaigns
               (id, created_at, created_by, budget,
                title, description, status, requirements, language, platform, content_type, category, starts_at,
                ends_at, image_url, deliverables, min_followers, usage_rights, disclosure_required, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        """,
        posting.id,
        posting.created_at,
        posting.created_by,
        posting.max_budget,
        *alike(posting),
    )


async def save(tx: Tx, posting: Posting) -> None:
    """Write everything of a campaign that can change."""
    await tx.run(
        """
        update campaigns
           set budget = $2, title = $3, description = $4, status = $5, requirements = $6, language = $7,
               platform = $8, content_type = $9, category = $10, starts_at = $11, ends_at = $12, image_url = $13,
               deliverables = $14, min_followers = $15, usage_rights = $16, disclosure_required = $17,
               updated_at = $18
         where id = $1
        """,
        posting.id,
        posting.max_budget,
        *alike(posting),
    )


async def remove(tx: Tx, posting_id: UUID) -> None:
    """Delete one campaign."""
    await tx.run("delete from campaigns where id = $1", posting_id)
