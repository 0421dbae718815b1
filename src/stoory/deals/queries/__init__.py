"""What is stored of deals: one row each, and its events."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, cast
from uuid import UUID

from msgspec import Struct, structs

from stoory.deals import archive
from stoory.deals.deal import Deal, Event
from stoory.deals.states import FREE
from stoory.money import Money
from stoory.platform.database import Tx
from stoory.postings.rules import Kind

COLUMNS_OF_THEIR_OWN = frozenset({"seq", "state", "awaiting_role", "terms", "deadlines"})
"""What of a Deal has a column; the rest is kept together in `flow_data`."""


class DealRow(Struct, kw_only=True):
    """A deal and whom and what it is about."""

    request_id: UUID
    conversation_id: UUID
    campaign_id: UUID | None
    bid_id: UUID | None
    brand_owner_id: UUID
    influencer_id: UUID
    initialized_at: datetime | None
    deal: Deal

    @property
    def kind(self) -> Kind:
        """What the deal is about: a campaign or a bid."""
        return Kind.CAMPAIGN if self.bid_id is None else Kind.BID

    @property
    def posting_id(self) -> UUID:
        """The campaign or bid the deal is about."""
        return cast("UUID", self.bid_id or self.campaign_id)


class Source(TypedDict):
    """A posting as the two columns that name it; exactly one of them is set."""

    campaign_id: UUID | None
    bid_id: UUID | None


def source(kind: Kind, posting_id: UUID) -> Source:
    """Return a posting in the column of its kind."""
    return Source(
        campaign_id=posting_id if kind is Kind.CAMPAIGN else None,
        bid_id=posting_id if kind is Kind.BID else None,
    )


async def deal_in(tx: Tx, conversation_id: UUID) -> DealRow:
    """Return the deal of a conversation; NotFound, also when the conversation has none."""
    return await tx.one(
        DealRow,
        """
        select request_id, conversation_id, campaign_id, bid_id, brand_owner_id, influencer_id, initialized_at,
               flow_data || jsonb_build_object('seq', seq, 'state', state, 'awaiting_role', awaiting_role,
                                               'terms', terms, 'deadlines', deadlines) as deal
          from deals
         where conversation_id = $1
        """,
        conversation_id,
    )


async def deal_of(tx: Tx, request_id: UUID) -> DealRow:
    """Return the deal of a request; NotFound."""
    return await tx.one(
        DealRow,
        """
        select request_id, conversation_id, campaign_id, bid_id, brand_owner_id, influencer_id, initialized_at,
               flow_data || jsonb_build_object('seq', seq, 'state', state, 'awaiting_role', awaiting_role,
                                               'terms', terms, 'deadlines', deadlines) as deal
          from deals
         where request_id = $1
        """,
        request_id,
    )


async def events(tx: Tx, request_id: UUID) -> list[Event]:
    """Return what happened to a deal, first to last."""
    return await tx.all(
        Event,
        """
        select seq, actor_id, role, action, from_state, to_state, amount, data, process_version, at
          from deal_events
         where request_id = $1
         order by seq
        """,
        request_id,
    )


async def insert_deal(tx: Tx, row: DealRow) -> None:
    """Store a deal that has just begun."""
    await tx.run(
        """
        insert into deals (request_id, conversation_id, campaign_id, bid_id, brand_owner_id, influencer_id,
                           initialized_at, terms, seq, state, awaiting_role, flow_data, deadlines, deadline_at,
                           created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
        """,
        row.request_id,
        row.conversation_id,
        row.campaign_id,
        row.bid_id,
        row.brand_owner_id,
        row.influencer_id,
        row.initialized_at,
        row.deal.terms,
        *_moving_columns(row.deal),
        tx.now,
    )


async def save_deal(tx: Tx, request_id: UUID, deal: Deal) -> None:
    """Store where a deal stands now."""
    await tx.run(
        """
        update deals
           set seq = $2,
               state = $3,
               awaiting_role = $4,
               flow_data = $5,
               deadlines = $6,
               deadline_at = $7,
               updated_at = $8
         where request_id = $1
        """,
        request_id,
        *_moving_columns(deal),
        tx.now,
    )


def _moving_columns(deal: Deal) -> tuple[object, ...]:
    rest = {name: value for name, value in structs.asdict(deal).items() if name not in COLUMNS_OF_THEIR_OWN}
    return deal.seq, deal.state, deal.awaiting_role, archive.plain(rest), deal.deadlines, deal.deadline_at


async def append_event(tx: Tx, row: DealRow, event: Event) -> None:
    """Add what happened to the history of a deal, for ever."""
    await tx.run(
        """
        insert into deal_events (request_id, brand_owner_id, influencer_id, seq, actor_id, role, action,
                                 from_state, to_state, amount, data, process_version, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        row.request_id,
        row.brand_owner_id,
        row.influencer_id,
        event.seq,
        event.actor_id,
        event.role,
        event.action,
        event.from_state,
        event.to_state,
        event.amount,
        event.data,
        event.process_version,
        event.at,
    )


async def mark_initialized(tx: Tx, request_id: UUID) -> bool:
    """Note that a deal was initialized by that call; False when an earlier one did."""
    return bool(
        await tx.run(
            """
            update deals
               set initialized_at = $2
             where request_id = $1
               and initialized_at is null
            """,
            request_id,
            tx.now,
        )
    )


async def taken_by_others(tx: Tx, row: DealRow) -> Money:
    """Return the sum of the agreed amounts of the posting's other deals that take up its room."""
    return await tx.value(
        Money,
        """
        select coalesce(sum((flow_data ->> 'agreed_amount')::numeric), 0)::numeric
          from deals
         where (bid_id = $1 or campaign_id = $2)
           and request_id <> $3
           and state <> all ($4::text[])
        """,
        row.bid_id,
        row.campaign_id,
        row.request_id,
        list(FREE),
    )
