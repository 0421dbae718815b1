"""What must be true of the database whatever happened. `stoory doctor` asks, the metrics show it, tests end with it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from stoory.claims import CLAIMS
from stoory.deals import queries
from stoory.deals.history import replay
from stoory.deals.projections import projection
from stoory.money import Money
from stoory.platform.database import Database, Tx

DEALS_A_BATCH: Final = 200
SHOWN: Final = 5
"""How many that break a claim are named."""

DEAL_CLAIMS: Final = (
    "a deal is the sum of its events",
    "request and conversation show where their deal stands",
)
"""These are asked of each deal in turn."""


class Broken(Struct, frozen=True):
    """A claim that does not hold, and some of where."""

    claim: str
    where: list[str]


async def examine(db: Database) -> list[Broken]:
    """Look at everything and return what does not hold. Reads only."""
    found: list[Broken] = []
    async with db.as_auditor() as tx:
        for claim, sql in CLAIMS.items():
            if where := await tx.all(Where, sql):
                found.append(Broken(claim, [row.broken for row in where[:SHOWN]]))
    return [*found, *await _examine_deals(db)]


async def _examine_deals(db: Database) -> list[Broken]:
    """Compare every deal with the sum of its events, and what is shown of it with what it is."""
    differing: list[str] = []
    shown_otherwise: list[str] = []
    after = UUID(int=0)
    while True:
        async with db.as_auditor() as tx:
            ids = await _deals_after(tx, after)
            for request_id in ids:
                try:
                    row = await queries.deal_of(tx, request_id)
                    told = replay(await queries.events(tx, request_id))
                except ValueError:  # cannot even be read
                    differing.append(str(request_id))
                    continue
                if told != row.deal:
                    differing.append(str(request_id))
                truth = projection(row.deal)
                seen = structs.asdict(await _shown(tx, request_id))
                if any(seen[name] != getattr(truth, name) for name in seen):
                    shown_otherwise.append(str(request_id))
        if not ids:
            break
        after = ids[-1]
    found = zip(DEAL_CLAIMS, (differing, shown_otherwise), strict=True)
    return [Broken(claim, where[:SHOWN]) for claim, where in found if where]


class Where(Struct):
    """What breaks a claim."""

    broken: str


class _Shown(Struct):
    status: str
    proposed_amount: Money
    agreed_amount: Money | None
    payment_status: str
    paid_at: datetime | None
    flow_state: str
    awaiting_role: str | None
    chat_status: str
    automation_enabled: bool
    payment_required: bool
    payment_completed: bool


async def _deals_after(tx: Tx, after: UUID) -> list[UUID]:
    return await tx.value(
        list[UUID],
        """
        select coalesce(array_agg(d.request_id order by d.request_id), '{}')
          from (select request_id from deals where request_id > $1 order by request_id limit $2) d
        """,
        after,
        DEALS_A_BATCH,
    )


async def _shown(tx: Tx, request_id: UUID) -> _Shown:
    return await tx.one(
        _Shown,
        """
        select r.status, r.proposed_amount, r.agreed_amount, r.payment_status, r.paid_at, c.flow_state,
               c.awaiting_role, c.chat_status, c.automation_enabled, c.payment_required, c.payment_completed
          from requests r
          join conversations c on c.request_id = r.id
         where r.id = $1
        """,
        request_id,
    )
