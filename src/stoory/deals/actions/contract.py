"""Drawing up the contract, in the transaction that funds the deal; its documents are stored afterwards."""

from __future__ import annotations

from stoory.deals.contract import contract
from stoory.deals.queries import DealRow, contracts
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue


async def draw_up(tx: Tx, row: DealRow) -> None:
    """Keep what was agreed, once, and have it set and stored."""
    names = await contracts.names(tx, row.brand_owner_id, row.influencer_id)
    drawn = contract(
        row.deal, request_id=row.request_id, brand=names.brand, influencer=names.influencer, at=tx.now
    )
    await contracts.insert_contract(tx, drawn, row.brand_owner_id, row.influencer_id)
    await enqueue(tx, "store_contract", {"request_id": str(row.request_id)})
