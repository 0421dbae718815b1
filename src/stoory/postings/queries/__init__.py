"""Campaigns and bids in the database: each question once; what differs between the tables is in its own module."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from stoory.errors import NotFound
from stoory.platform.database import Tx
from stoory.postings.queries import bids, campaigns
from stoory.postings.rules import Kind, Posting, Status


class Table(Protocol):
    """What both modules of statements offer."""

    async def rows(self, tx: Tx, ids: list[UUID]) -> list[Posting]:
        """Return those of the ids that may be seen, in any order."""
        ...

    async def lock(self, tx: Tx, posting_id: UUID) -> None:
        """Hold one row until the end of the transaction."""
        ...

    async def add(self, tx: Tx, posting: Posting) -> None:
        """Write a new row."""
        ...

    async def save(self, tx: Tx, posting: Posting) -> None:
        """Write everything of a row that can change."""
        ...

    async def remove(self, tx: Tx, posting_id: UUID) -> None:
        """Delete one row."""
        ...


TABLES: Final[dict[Kind, Table]] = {Kind.CAMPAIGN: campaigns, Kind.BID: bids}


async def posting(tx: Tx, kind: Kind, posting_id: UUID) -> Posting:
    """Return one posting; NotFound when there is none, or none that may be seen."""
    found = await TABLES[kind].rows(tx, [posting_id])
    if not found:
        raise NotFound
    return found[0]


async def lock_posting(tx: Tx, kind: Kind, posting_id: UUID) -> Posting:
    """Return one posting and hold it: until the transaction's end nobody else moves it or writes an application."""
    await TABLES[kind].lock(tx, posting_id)
    return await posting(tx, kind, posting_id)


async def add(tx: Tx, posting: Posting) -> None:
    """Write a new posting."""
    await TABLES[posting.kind].add(tx, posting)


async def save(tx: Tx, posting: Posting) -> None:
    """Write everything of a posting that can change."""
    await TABLES[posting.kind].save(tx, posting)


async def remove(tx: Tx, posting: Posting) -> None:
    """Delete a posting."""
    await TABLES[posting.kind].remove(tx, posting.id)


class Ended(Struct, frozen=True):
    """An open posting whose end has come and of which no deal is open any more."""

    kind: Kind
    id: UUID
    has_completed_deal: bool

    @property
    def becomes(self) -> Status:
        """What it turns into: completed if any deal of it was."""
        return Status.COMPLETED if self.has_completed_deal else Status.CANCELLED


async def past_their_end(tx: Tx, now: datetime, limit: int) -> list[Ended]:
    """Return open postings past ends_at without an open deal, the longest ended first. Needs `as_system`."""
    return await tx.all(
        Ended,
        """
        select ended.kind, ended.id,
               exists (select
                         from requests r
                        where (r.campaign_id = ended.id or r.bid_id = ended.id)
                          and r.status = 'completed') as has_completed_deal
          from (select 'campaign' as kind, c.id, c.ends_at
                  from campaigns c
                 where c.status = 'open'
                   and c.ends_at <= $1
                 union all
                select 'bid', b.id, b.ends_at
                  from bids b
                 where b.status = 'open'
                   and b.ends_at <= $1) ended
         where not exists (select
                             from requests r
                            where (r.campaign_id = ended.id or r.bid_id = ended.id)
                              and r.status in ('pending', 'approved', 'in_progress'))
         order by ended.ends_at, ended.id
         limit $2
        """,
        now,
        limit,
    )
