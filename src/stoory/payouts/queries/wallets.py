"""An influencer's money, whatever it is doing."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from stoory.money import Balance
from stoory.platform.database import Tx


class Wallet(Struct, kw_only=True):
    """An influencer's money, in rupees."""

    held: Balance
    """In the escrows of her running deals, before commission."""
    available: Balance
    """To be paid out now."""
    in_transit: Balance
    paid_out: Balance


async def wallet(tx: Tx, user_id: UUID) -> Wallet:
    """Return somebody's wallet, as they may see it: what their deals hold, what is theirs, what has left."""
    return await tx.one(
        Wallet,
        """
        select (select coalesce(sum((d.flow_data ->> 'paid')::numeric - (d.flow_data ->> 'released')::numeric
                                    - (d.flow_data ->> 'refunded')::numeric), 0)::numeric
                  from deals d
                 where d.influencer_id = $1
                   and d.state in ('in_progress', 'work_submitted', 'changes_requested', 'disputed')) as held,
               (select coalesce(sum(-a.balance_paise), 0)::numeric / 100
                  from ledger_accounts a
                 where a.owner_id = $1) as available,
               (select coalesce(sum(p.amount), 0)::numeric
                  from payouts p
                 where p.user_id = $1
                   and p.status in ('requested', 'processing')) as in_transit,
               (select coalesce(sum(p.amount), 0)::numeric
                  from payouts p
                 where p.user_id = $1
                   and p.status = 'processed') as paid_out
        """,
        user_id,
    )
