"""What is done with postings: by their owners, and by the deals they lead to."""

from __future__ import annotations

from uuid import UUID

from stoory.platform.database import Tx
from stoory.postings import queries, rules
from stoory.postings.rules import Kind, Posting, Status


async def follow(tx: Tx, kind: Kind, posting_id: UUID, status: Status) -> Posting:
    """Move a posting along with its deals, or at its end; one already closed stays closed. Needs `as_system`."""
    posting = await queries.lock_posting(tx, kind, posting_id)
    after = rules.followed(posting, status, tx.now)
    if after is not posting:
        await queries.save(tx, after)
    return after
