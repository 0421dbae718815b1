"""Contracts of funded deals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.deals.contract import Contract
from stoory.platform.database import Tx


class Names(Struct):
    """What the two of a deal are called."""

    brand: str
    influencer: str


async def names(tx: Tx, brand_owner_id: UUID, influencer_id: UUID) -> Names:
    """Return what the two of a deal are called."""
    return await tx.one(
        Names,
        """
        select b.name as brand, i.name as influencer
          from users b
         cross join users i
         where b.id = $1
           and i.id = $2
        """,
        brand_owner_id,
        influencer_id,
    )


class Drawn(Struct, kw_only=True):
    """A contract that was drawn up."""

    request_id: UUID
    content: Contract
    stored_at: datetime | None


async def contract_of(tx: Tx, request_id: UUID) -> Drawn:
    """Return the contract of a request; NotFound until its deal is funded."""
    return await tx.one(
        Drawn,
        """
        select request_id, content, stored_at
          from contracts
         where request_id = $1
        """,
        request_id,
    )


async def insert_contract(tx: Tx, drawn: Contract, brand_owner_id: UUID, influencer_id: UUID) -> None:
    """Keep a contract, once."""
    await tx.run(
        """
        insert into contracts (request_id, brand_owner_id, influencer_id, hash, content, created_at)
        values ($1, $2, $3, $4, $5, $6)
            on conflict (request_id) do nothing
        """,
        drawn.request_id,
        brand_owner_id,
        influencer_id,
        drawn.hash,
        drawn,
        tx.now,
    )


async def save_stored(tx: Tx, request_id: UUID) -> None:
    """Note that a contract's files are kept."""
    await tx.run(
        """
        update contracts
           set stored_at = $2
         where request_id = $1
           and stored_at is null
        """,
        request_id,
        tx.now,
    )
