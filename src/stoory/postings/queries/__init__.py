"""Campaigns and bids in the database: each question once; what differs between the tables is in its own module."""

from __future__ import annotations

from typing import Final, Protocol
from uuid import UUID

from msgspec.structs import astuple

from stoory.errors import NotFound
from stoory.platform.database import Tx
from stoory.postings.queries import bids, campaigns
from stoory.postings.rules import Kind, Posting
from stoory.postings.search import Place, Wanted


class Table(Protocol):
    """What both modules of statements offer."""

    async def rows(self, tx: Tx, ids: list[UUID]) -> list[Posting]:
        """Return those of the ids that may be seen, in any order."""
        ...

    async def hold(self, tx: Tx, posting_id: UUID) -> Posting:
        """Return one row and hold it until the end of the transaction; NotFound."""
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
    found = await postings(tx, kind, [posting_id])
    if not found:
        raise NotFound
    return found[0]


async def postings(tx: Tx, kind: Kind, ids: list[UUID]) -> list[Posting]:
    """Return those of the postings that may be seen, in any order, each as the person who asks knows it."""
    return await TABLES[kind].rows(tx, ids)


async def lock_posting(tx: Tx, kind: Kind, posting_id: UUID) -> Posting:
    """Return one posting and hold it: until the transaction's end nobody else moves it or writes an application."""
    return await TABLES[kind].hold(tx, posting_id)


async def add(tx: Tx, posting: Posting) -> None:
    """Write a new posting."""
    await TABLES[posting.kind].add(tx, posting)


async def save(tx: Tx, posting: Posting) -> None:
    """Write everything of a posting that can change."""
    await TABLES[posting.kind].save(tx, posting)


async def remove(tx: Tx, posting: Posting) -> None:
    """Delete a posting."""
    await TABLES[posting.kind].remove(tx, posting.id)


async def find(
    tx: Tx, kind: Kind, wanted: Wanted, after: Place | None, *, limit: int, only_mine: bool = False
) -> list[UUID]:
    """Return the ids of the first `limit` postings after that place, in any order and perhaps with some more.

    Of an influencer's, perhaps only those she applied to.
    """
    return await tx.value(
        list[UUID],
        """
        select coalesce(array_agg(found.id), '{}')
          from app.find_postings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
               as found (id)
        """,
        kind,
        *astuple(wanted),
        *(after or (None, None, None)),
        limit,
        only_mine,
    )


async def total(tx: Tx, kind: Kind, wanted: Wanted) -> int:
    """Return how many postings somebody who looks for this would find on all pages together."""
    return await tx.value(
        int,
        """
        select count(*)
          from app.find_postings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, null, null, null, null, null)
        """,
        kind,
        *astuple(wanted)[:-1],
    )


async def has_applications(tx: Tx, posting: Posting) -> bool:
    """Return whether anybody ever applied, withdrawn applications included."""
    return await tx.value(
        bool,
        """
        select exists (select
                         from requests
                        where campaign_id = $1
                           or bid_id = $1)
        """,
        posting.id,
    )


async def unfunded_requests(tx: Tx, posting: Posting) -> list[UUID]:
    """Return the requests whose deal is open and not paid for."""
    return await tx.value(
        list[UUID],
        """
        select coalesce(array_agg(id order by created_at, id), '{}')
          from requests
         where (campaign_id = $1 or bid_id = $1)
           and status in ('pending', 'approved')
        """,
        posting.id,
    )
