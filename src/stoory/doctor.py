"""What must be true of the database whatever happened. `stoory doctor` asks, the metrics show it, tests end with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

from msgspec import Struct, structs

from stoory.deals import queries
from stoory.deals.history import replay
from stoory.deals.projections import projection
from stoory.money import Money
from stoory.platform.database import Database, Tx

DEALS_A_BATCH: Final = 200
SHOWN: Final = 5
"""How many that break a claim are named."""

CLAIMS: Final[Mapping[str, LiteralString]] = {
    "messages are numbered without a gap": """
        select c.id::text as broken
          from conversations c
          left join messages m on m.conversation_id = c.id
         group by c.id
        having count(m.id) <> c.last_seq or coalesce(max(m.seq), 0) <> c.last_seq
    """,
    "nobody has read what is not there": """
        select p.conversation_id::text as broken
          from participations p
          join conversations c on c.id = p.conversation_id
         where p.seen_seq > c.last_seq
    """,
    "everybody's news is numbered without a gap": """
        select coalesce(i.user_id, n.user_id)::text as broken
          from inboxes i
     full join (select user_id, count(*) as kept, min(number) as first_number, max(number) as last_number
                  from news
                 group by user_id) n on n.user_id = i.user_id
         where coalesce(n.kept, 0) is distinct from i.last_number - i.first_number + 1
            or n.first_number <> i.first_number
            or n.last_number <> i.last_number
    """,
    "nobody has news of what is not there": """
        select n.user_id::text as broken
          from news n
          left join conversations c on c.id = n.conversation_id
         where c.id is null
            or n.seq > c.last_seq
    """,
    "a conversation has its two people": """
        select c.id::text as broken
          from conversations c
          left join participations p on p.conversation_id = c.id
         group by c.id
        having count(p.user_id) <> 2
    """,
    "only the open conversation of a deal waits for an answer": """
        select c.id::text as broken
          from conversations c
          left join messages m on m.conversation_id = c.id and m.action_required
         group by c.id
        having count(m.id) > (c.chat_status = 'automated')::integer
    """,
    "every request has one conversation and one deal": """
        select r.id::text as broken
          from requests r
          left join conversations c on c.request_id = r.id
          left join deals d on d.request_id = r.id and d.conversation_id = c.id
         where d.request_id is null
    """,
    "an open deal has somebody's turn, a closed one nobody's": """
        select request_id::text as broken
          from deals
         where (awaiting_role is null) <> (state in ('completed', 'declined', 'withdrawn', 'expired', 'cancelled'))
    """,
    "an open deal has a clock or an operator who was told, a closed one no clock": """
        select request_id::text as broken
          from deals
         where case when state in ('completed', 'declined', 'withdrawn', 'expired', 'cancelled')
                    then deadline_at is not null
                    else deadline_at is null and state <> 'disputed' end
    """,
    "all entries of the ledger add up to nothing": """
        select sum(amount_paise)::text as broken
          from ledger_entries
        having sum(amount_paise) <> 0
    """,
    "every journal of the ledger adds up to nothing": """
        select journal_id::text as broken
          from ledger_entries
         group by journal_id
        having sum(amount_paise) <> 0
    """,
    "every balance is the sum of its entries": """
        select a.account as broken
          from ledger_accounts a
          left join ledger_entries e on e.account = a.account
         group by a.account
        having a.balance_paise <> coalesce(sum(e.amount_paise), 0)
    """,
    "no account that is owed to somebody is overdrawn": """
        select account as broken
          from ledger_accounts
         where side = 'credit'
           and balance_paise > 0
    """,
    "what a deal holds stands in its escrow": """
        select d.request_id::text as broken
          from deals d
          left join ledger_accounts a on a.account = 'escrow:' || d.request_id
         where ((d.flow_data ->> 'paid')::numeric - (d.flow_data ->> 'released')::numeric
                - (d.flow_data ->> 'refunded')::numeric) * 100 <> -coalesce(a.balance_paise, 0)
    """,
    "no deal gives out more than was paid": """
        select request_id::text as broken
          from deals
         where (flow_data ->> 'released')::numeric + (flow_data ->> 'refunded')::numeric
               > (flow_data ->> 'paid')::numeric
    """,
    "a request is in progress exactly while its escrow holds money": """
        select r.id::text as broken
          from requests r
          left join ledger_accounts a on a.account = 'escrow:' || r.id
         where (r.status = 'in_progress') <> (coalesce(a.balance_paise, 0) < 0)
    """,
    "what was captured for a deal is what its deal was paid": """
        select d.request_id::text as broken
          from deals d
          left join orders o on o.request_id = d.request_id
          left join payments p on p.order_id = o.id and p.captured_at is not null and not p.is_surplus
         group by d.request_id
        having coalesce(sum(p.amount), 0) <> (d.flow_data ->> 'paid')::numeric
    """,
    "every order with a captured payment is paid or refunded": """
        select distinct o.id::text as broken
          from orders o
          join payments p on p.order_id = o.id
         where p.captured_at is not null
           and o.status not in ('paid', 'refunded')
    """,
    "an order that waits for money has a deal that does": """
        select o.id::text as broken
          from orders o
          join deals d on d.request_id = o.request_id
         where o.status in ('creating', 'created', 'attempted')
           and d.state not in ('accepted', 'payment_pending')
    """,
    "every captured payment and its fee stand in the ledger once": """
        select p.id::text as broken
          from payments p
         where (p.captured_at is not null)
               <> exists (select from ledger_journals j where j.key = 'capture:' || p.id)
            or (p.captured_at is not null and coalesce(p.fee, 0) > 0)
               <> exists (select from ledger_journals j where j.key = 'fee:' || p.id)
    """,
    "no payment is given back, or promised back, more than once": """
        select p.id::text as broken
          from payments p
          join refunds r on r.payment_id = p.id
         group by p.id
        having sum(r.amount) > p.amount
    """,
    "every surplus payment goes back whole": """
        select p.id::text as broken
          from payments p
          left join refunds r on r.payment_id = p.id
         where p.is_surplus
         group by p.id
        having coalesce(sum(r.amount), 0) <> p.amount
    """,
    "what is owed to payers is what is on its way back to them": """
        select (-a.balance_paise)::text as broken
          from ledger_accounts a
         where a.account = 'refunds_due'
           and -a.balance_paise <> (select coalesce(sum(r.amount), 0) * 100
                                      from refunds r
                                     where r.status <> 'processed')
    """,
    "what is in transit to influencers is what they were promised": """
        select (-a.balance_paise)::text as broken
          from ledger_accounts a
         where a.account = 'payouts'
           and -a.balance_paise <> (select coalesce(sum(p.amount), 0) * 100
                                      from payouts p
                                     where p.status in ('requested', 'processing'))
    """,
}
"""Each finds what breaks it; nothing found is how it should be."""


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
