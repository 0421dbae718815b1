"""Whose support threads have priority: those of customers whose plan has it."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from stoory.chat.rows import StoredConversation
from stoory.plans.rules import Feature
from stoory.platform.database import Tx


async def with_priority(tx: Tx, found: list[StoredConversation]) -> list[StoredConversation]:
    """Return conversations, each support thread with whether it has priority; only where there is one is it asked."""
    threads = {each.customer_id for each in found if each.customer_id is not None}
    if not threads:
        return found
    preferred = await _preferred(tx, list(threads))
    return [
        each if each.customer_id is None else replace(each, has_priority=each.customer_id in preferred)
        for each in found
    ]


async def _preferred(tx: Tx, customer_ids: list[UUID]) -> set[UUID]:
    return await tx.value(
        set[UUID],
        """
        select coalesce(array_agg(c.id), '{}')
          from unnest($1::uuid[]) c (id)
         where exists (select
                         from app.plan_of(c.id, $2) p
                        where $3 = any (p.features))
        """,
        customer_ids,
        tx.now,
        Feature.PRIORITY_SUPPORT,
    )
