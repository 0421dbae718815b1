"""What is stored of requests, as whoever asks may see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import astuple

from stoory.money import Money
from stoory.platform.database import Tx


class Request(Struct, kw_only=True):
    """A request on the wire; `status`, the amounts and `flow_state` are projections of its deal."""

    id: UUID
    campaign_id: UUID | None
    bid_id: UUID | None
    influencer_id: UUID
    brand_owner_id: UUID
    conversation_id: UUID
    status: str
    flow_state: str
    proposed_amount: Money
    agreed_amount: Money | None
    message: str | None
    portfolio_links: list[str]
    payment_status: str
    paid_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Applicant(Struct):
    """What the owner of a posting sees of who applied."""

    id: UUID
    name: str
    profile_image_url: str | None
    bio: str | None
    social_platforms: list[dict[str, Any]]


class Application(Request, kw_only=True):
    """A request together with its influencer."""

    influencer: Applicant


class Filter(Struct, kw_only=True):
    """Which requests a list is about; None is every one."""

    status: str | None = None
    campaign_id: UUID | None = None
    bid_id: UUID | None = None


Key = tuple[datetime, UUID]
"""Lists are ordered by (created_at, id), newest first."""


async def request(tx: Tx, request_id: UUID) -> Request:
    """Return one request; NotFound."""
    return await tx.one(
        Request,
        """
        select r.id, r.campaign_id, r.bid_id, r.influencer_id, r.brand_owner_id, c.id as conversation_id,
               r.status, c.flow_state, r.proposed_amount, r.agreed_amount, r.message, r.portfolio_links,
               r.payment_status, r.paid_at, r.created_at, r.updated_at
          from requests r
          join conversations c on c.request_id = r.id
         where r.id = $1
        """,
        request_id,
    )


async def requests(tx: Tx, which: Filter, after: Key | None, rows: int) -> list[Request]:
    """Return a page of the viewer's requests, newest first; their conversations are looked up one by one, by id."""
    await tx.plan_anew()
    return await tx.all(
        Request,
        """
        select r.id, r.campaign_id, r.bid_id, r.influencer_id, r.brand_owner_id, c.id as conversation_id,
               r.status, c.flow_state, r.proposed_amount, r.agreed_amount, r.message, r.portfolio_links,
               r.payment_status, r.paid_at, r.created_at, r.updated_at
          from (select id, campaign_id, bid_id, influencer_id, brand_owner_id, status, proposed_amount, agreed_amount,
                       message, portfolio_links, payment_status, paid_at, created_at, updated_at
                  from requests
                 where ($1::text is null or status = $1)
                   and ($2::uuid is null or campaign_id = $2)
                   and ($3::uuid is null or bid_id = $3)
                   and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
                 order by created_at desc, id desc
                 limit $6) r
         cross join lateral (select id, flow_state
                               from conversations
                              where request_id = r.id
                              limit 1) c
         order by r.created_at desc, r.id desc
        """,
        which.status,
        which.campaign_id,
        which.bid_id,
        *(after or (None, None)),
        rows,
    )


async def request_count(tx: Tx, which: Filter) -> int:
    """Return how many of the viewer's requests the filter leaves."""
    return await tx.value(
        int,
        """
        select count(*)
          from requests r
         where ($1::text is null or r.status = $1)
           and ($2::uuid is null or r.campaign_id = $2)
           and ($3::uuid is null or r.bid_id = $3)
        """,
        which.status,
        which.campaign_id,
        which.bid_id,
    )


async def applications(tx: Tx, which: Filter, after: Key | None, rows: int) -> list[Application]:
    """Return a page of the requests on one posting with their influencers, newest first.

    The view of profiles is a barrier: joined plainly it would be read whole, so each profile is looked up by id.
    """
    await tx.plan_anew()
    return await tx.all(
        Application,
        """
        select r.id, r.campaign_id, r.bid_id, r.influencer_id, r.brand_owner_id, c.id as conversation_id,
               r.status, c.flow_state, r.proposed_amount, r.agreed_amount, r.message, r.portfolio_links,
               r.payment_status, r.paid_at, r.created_at, r.updated_at,
               jsonb_build_object('id', p.id, 'name', p.name, 'profile_image_url', p.profile_image_url,
                                  'bio', p.bio, 'social_platforms', p.social_platforms) as influencer
          from requests r
          join conversations c on c.request_id = r.id
         cross join lateral (select pp.id, pp.name, pp.profile_image_url, pp.bio, pp.social_platforms
                               from public_profiles pp
                              where pp.id = r.influencer_id
                              limit 1) p
         where ($1::text is null or r.status = $1)
           and ($2::uuid is null or r.campaign_id = $2)
           and ($3::uuid is null or r.bid_id = $3)
           and ($4::timestamptz is null or (r.created_at, r.id) < ($4, $5::uuid))
         order by r.created_at desc, r.id desc
         limit $6
        """,
        which.status,
        which.campaign_id,
        which.bid_id,
        *(after or (None, None)),
        rows,
    )


class Live(Struct):
    """The live request of an influencer for a posting."""

    id: UUID
    conversation_id: UUID


async def live_request(
    tx: Tx, *, campaign_id: UUID | None, bid_id: UUID | None, influencer_id: UUID
) -> Live | None:
    """Return the one request of that influencer for that posting that has not ended."""
    return await tx.maybe(
        Live,
        """
        select r.id, c.id as conversation_id
          from requests r
          join conversations c on c.request_id = r.id
         where r.influencer_id = $1
           and (r.campaign_id = $2 or r.bid_id = $3)
           and r.status in ('pending', 'approved', 'in_progress')
        """,
        influencer_id,
        campaign_id,
        bid_id,
    )


class Shown(Struct, frozen=True, kw_only=True):
    """What a request shows of its deal."""

    status: str
    proposed_amount: Money
    agreed_amount: Money | None
    payment_status: str
    paid_at: datetime | None


class Draft(Struct, kw_only=True):
    """A request that is about to be stored."""

    campaign_id: UUID | None
    bid_id: UUID | None
    influencer_id: UUID
    brand_owner_id: UUID
    message: str | None = None
    portfolio_links: list[str] = []
    shown: Shown


class Changes(Struct, kw_only=True):
    """What an influencer may still change herself; UNSET stays as it is."""

    message: str | UnsetType | None = UNSET
    portfolio_links: list[str] | UnsetType = UNSET


class Stored(Struct):
    """What the database made of a draft."""

    id: UUID


async def insert_request(tx: Tx, draft: Draft) -> UUID | None:
    """Store a request; None when the influencer has a live one for this posting already."""
    stored = await tx.maybe(
        Stored,
        """
        insert into requests (campaign_id, bid_id, influencer_id, brand_owner_id, message, portfolio_links,
                              created_at, updated_at, status, proposed_amount, agreed_amount, payment_status, paid_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12)
        on conflict do nothing
        returning id
        """,
        draft.campaign_id,
        draft.bid_id,
        draft.influencer_id,
        draft.brand_owner_id,
        draft.message,
        draft.portfolio_links,
        tx.now,
        *astuple(draft.shown),
    )
    return stored and stored.id


async def update_words(tx: Tx, request_id: UUID, changes: Changes) -> None:
    """Store the influencer's own words."""
    await tx.run(
        """
        update requests
           set message = case when $2 then $3 else message end,
               portfolio_links = coalesce($4::text[], portfolio_links),
               updated_at = $5
         where id = $1
        """,
        request_id,
        changes.message is not UNSET,
        None if changes.message is UNSET else changes.message,
        None if changes.portfolio_links is UNSET else changes.portfolio_links,
        tx.now,
    )


async def update_projection(tx: Tx, request_id: UUID, shown: Shown) -> None:
    """Store what the deal makes of a request."""
    await tx.run(
        """
        update requests
           set updated_at = $2,
               status = $3,
               proposed_amount = $4,
               agreed_amount = $5,
               payment_status = $6,
               paid_at = $7
         where id = $1
        """,
        request_id,
        tx.now,
        *astuple(shown),
    )
