"""Campaigns and bids over HTTP: the same five routes under two addresses."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Struct

from stoory.actor import Actor
from stoory.money import Money
from stoory.platform.database import Database
from stoory.platform.http.answers import Answer
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    Pagination,
    decode_cursor,
    encode_cursor,
)
from stoory.platform.http.routes import BRANDS, SIGNED_IN, Db, Id, Me, delete, get, post, put
from stoory.postings import actions, queries
from stoory.postings.api.shapes import (
    Bid,
    BidAnswer,
    BidChange,
    BidsAnswer,
    Campaign,
    CampaignAnswer,
    CampaignChange,
    CampaignsAnswer,
    NewBid,
    NewCampaign,
    shown,
)
from stoory.postings.queries import pages
from stoory.postings.queries.pages import OpenPostings, Which
from stoory.postings.rules import Kind, Posting, Status
from stoory.postings.search import Place, Sort, Wanted, place

Text = FromQuery[str | None]
Amount = Annotated[
    str | None, QueryParameter(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$", description="a number of rupees")
]
Words = Annotated[
    str | None, QueryParameter(min_length=1, max_length=200, description="stand in title or description")
]


class Asked(Struct):
    """Which page of which list."""

    wanted: Wanted
    after: Place | None
    limit: int
    include_total: bool


async def read_query(
    *,
    status: FromQuery[Status | None] = None,
    platform: Text = None,
    language: Text = None,
    category: Text = None,
    content_type: Text = None,
    created_by: FromQuery[UUID | None] = None,
    min_budget: Amount = None,
    max_budget: Amount = None,
    search: Words = None,
    sort: FromQuery[Sort] = Sort.NEWEST,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> Asked:
    """Read the query of a list, the same for campaigns and bids."""
    wanted = Wanted(
        status=status,
        platform=platform,
        language=language,
        category=category,
        content_type=content_type,
        created_by=created_by,
        min_paise=None if min_budget is None else Money.rupees(min_budget).paise,
        max_paise=None if max_budget is None else Money.rupees(max_budget).paise,
        words=search,
        sort=sort,
    )
    return Asked(wanted, decode_cursor(Place, cursor), limit, include_total)


QUERY: Final = {"asked": Provide(read_query)}


@post("/api/campaigns", who=BRANDS, status=201)
async def create_campaign(db: Db, actor: Me, data: JSONBody[NewCampaign]) -> CampaignAnswer:
    """Post a campaign: one budget for all its deals."""
    async with db.as_user(actor) as tx:
        posting = await actions.create(tx, actor, Kind.CAMPAIGN, data.fields())
    return CampaignAnswer(campaign=shown(Campaign, posting, actor))


@post("/api/bids", who=BRANDS, status=201)
async def create_bid(db: Db, actor: Me, data: JSONBody[NewBid]) -> BidAnswer:
    """Post a bid: the range in which its deal may lie."""
    async with db.as_user(actor) as tx:
        posting = await actions.create(tx, actor, Kind.BID, data.fields())
    return BidAnswer(bid=shown(Bid, posting, actor))


@get("/api/campaigns", who=SIGNED_IN, dependencies=QUERY)
async def list_campaigns(
    db: Db, actor: Me, asked: NamedDependency[Asked], open_postings: OpenPostings
) -> CampaignsAnswer:
    """List campaigns: a brand's own, for influencers those open and those they applied to, for operators all.

    `min_budget` and `max_budget` are what the budget must lie between; texts are compared without regard to case.
    """
    rows, pagination = await _page(db, actor, Kind.CAMPAIGN, asked, open_postings)
    return CampaignsAnswer(campaigns=[shown(Campaign, row, actor) for row in rows], pagination=pagination)


@get("/api/bids", who=SIGNED_IN, dependencies=QUERY)
async def list_bids(
    db: Db, actor: Me, asked: NamedDependency[Asked], open_postings: OpenPostings
) -> BidsAnswer:
    """List bids: a brand's own, for influencers those open and those they applied to, for operators all.

    `min_budget` and `max_budget` are a range the bid's own must reach into, and budgets sort by `max_budget`; texts
    are compared without regard to case.
    """
    rows, pagination = await _page(db, actor, Kind.BID, asked, open_postings)
    return BidsAnswer(bids=[shown(Bid, row, actor) for row in rows], pagination=pagination)


@get("/api/campaigns/{campaign_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_campaign(db: Db, actor: Me, campaign_id: Id) -> CampaignAnswer:
    """Return one campaign."""
    async with db.as_user(actor, readonly=True) as tx:
        posting = await queries.posting(tx, Kind.CAMPAIGN, campaign_id)
    return CampaignAnswer(campaign=shown(Campaign, posting, actor))


@get("/api/bids/{bid_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_bid(db: Db, actor: Me, bid_id: Id) -> BidAnswer:
    """Return one bid."""
    async with db.as_user(actor, readonly=True) as tx:
        posting = await queries.posting(tx, Kind.BID, bid_id)
    return BidAnswer(bid=shown(Bid, posting, actor))


@put("/api/campaigns/{campaign_id:uuid}", who=BRANDS, fails=(404, 409))
async def change_campaign(
    db: Db, actor: Me, campaign_id: Id, data: JSONBody[CampaignChange]
) -> CampaignAnswer:
    """Change some fields of a campaign, or its status: open, in_progress, completed; cancelled until completed.

    Cancelling closes its deals that are not paid for; paid ones go on.
    """
    async with db.as_user(actor) as tx:
        posting = await actions.change(tx, actor, Kind.CAMPAIGN, campaign_id, data.fields())
    return CampaignAnswer(campaign=shown(Campaign, posting, actor))


@put("/api/bids/{bid_id:uuid}", who=BRANDS, fails=(404, 409))
async def change_bid(db: Db, actor: Me, bid_id: Id, data: JSONBody[BidChange]) -> BidAnswer:
    """Change some fields of a bid, or its status: open, in_progress, completed; cancelled until completed.

    Cancelling closes its deals that are not paid for; a paid one goes on.
    """
    async with db.as_user(actor) as tx:
        posting = await actions.change(tx, actor, Kind.BID, bid_id, data.fields())
    return BidAnswer(bid=shown(Bid, posting, actor))


@delete("/api/campaigns/{campaign_id:uuid}", who=BRANDS, fails=(404, 409))
async def remove_campaign(db: Db, actor: Me, campaign_id: Id) -> Answer:
    """Delete a campaign nobody applied to."""
    async with db.as_user(actor) as tx:
        await actions.remove(tx, actor, Kind.CAMPAIGN, campaign_id)
    return Answer(message="The campaign was deleted.")


@delete("/api/bids/{bid_id:uuid}", who=BRANDS, fails=(404, 409))
async def remove_bid(db: Db, actor: Me, bid_id: Id) -> Answer:
    """Delete a bid nobody applied to."""
    async with db.as_user(actor) as tx:
        await actions.remove(tx, actor, Kind.BID, bid_id)
    return Answer(message="The bid was deleted.")


async def _page(
    db: Database, actor: Actor, kind: Kind, asked: Asked, open_postings: OpenPostings
) -> tuple[list[Posting], Pagination]:
    async with db.as_user(actor, readonly=True) as tx:
        found = await pages.found(
            tx, actor, Which(kind, asked.wanted, asked.after, asked.limit), open_postings
        )
        total = await queries.total(tx, kind, asked.wanted) if asked.include_total else UNSET
    cursor = encode_cursor(place(found.rows[-1])) if found.has_more else None
    return found.rows, Pagination(asked.limit, cursor, found.has_more, total)


ROUTES: Final[list[Any]] = [
    create_campaign,
    create_bid,
    list_campaigns,
    list_bids,
    show_campaign,
    show_bid,
    change_campaign,
    change_bid,
    remove_campaign,
    remove_bid,
]
