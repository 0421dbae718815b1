"""Reading requests. What changes them are moves of their deal: see deals/api."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, cast
from uuid import UUID

from litestar.params import FromQuery, QueryParameter

from stoory.actor import Actor
from stoory.platform.database import Database
from stoory.platform.http.answers import Answer
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    Pagination,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import BRANDS, SIGNED_IN, Db, Id, Me, get
from stoory.postings import queries as postings
from stoory.postings.rules import Kind
from stoory.requests import queries
from stoory.requests.queries import Application, Filter, Key, Request


class Status(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class RequestAnswer(Answer):
    """One request."""

    request: Request


class RequestsAnswer(Answer):
    """A page of requests."""

    requests: list[Request]
    pagination: Pagination


class ApplicationsAnswer(Answer):
    """A page of the requests on one posting, with their influencers."""

    applications: list[Application]
    pagination: Pagination


StatusFilter = Annotated[
    Status | None, QueryParameter(name="status", description="only requests that stand so")
]


@get("/api/requests", who=SIGNED_IN)
async def list_requests(
    db: Db,
    actor: Me,
    *,
    status: StatusFilter = None,
    campaign_id: FromQuery[UUID | None] = None,
    bid_id: FromQuery[UUID | None] = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> RequestsAnswer:
    """List requests: an influencer's own, a brand's those on its postings, an operator's all; newest first."""
    which = Filter(status=status, campaign_id=campaign_id, bid_id=bid_id)
    async with db.as_user(actor, readonly=True) as tx:
        rows = await queries.requests(tx, which, decode_cursor(Key, cursor), limit + 1)
        total = await queries.request_count(tx, which) if include_total else None
    shown, pagination = page(rows, limit=limit, key=_key, total=total)
    return RequestsAnswer(requests=shown, pagination=pagination)


@get("/api/requests/{request_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_request(db: Db, actor: Me, request_id: Id) -> RequestAnswer:
    """Return one request."""
    async with db.as_user(actor, readonly=True) as tx:
        return RequestAnswer(request=await queries.request(tx, request_id))


@get("/api/bids/{bid_id:uuid}/applications", who=BRANDS, fails=(404,))
async def list_bid_applications(
    db: Db,
    actor: Me,
    bid_id: Id,
    *,
    status: StatusFilter = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> ApplicationsAnswer:
    """List the applications to a bid with their influencers, newest first."""
    which = Filter(status=status, bid_id=bid_id)
    return await _applications(db, actor, which, limit=limit, cursor=cursor, include_total=include_total)


@get("/api/campaigns/{campaign_id:uuid}/applications", who=BRANDS, fails=(404,))
async def list_campaign_applications(
    db: Db,
    actor: Me,
    campaign_id: Id,
    *,
    status: StatusFilter = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> ApplicationsAnswer:
    """List the applications to a campaign with their influencers, newest first."""
    which = Filter(status=status, campaign_id=campaign_id)
    return await _applications(db, actor, which, limit=limit, cursor=cursor, include_total=include_total)


async def _applications(
    db: Database, actor: Actor, which: Filter, *, limit: int, cursor: str | None, include_total: bool
) -> ApplicationsAnswer:
    async with db.as_user(actor, readonly=True) as tx:
        kind, posting_id = (Kind.BID, which.bid_id) if which.bid_id else (Kind.CAMPAIGN, which.campaign_id)
        await postings.posting(tx, kind, cast("UUID", posting_id))
        rows = await queries.applications(tx, which, decode_cursor(Key, cursor), limit + 1)
        total = await queries.request_count(tx, which) if include_total else None
    shown, pagination = page(rows, limit=limit, key=_key, total=total)
    return ApplicationsAnswer(applications=shown, pagination=pagination)


def _key(row: Request) -> Key:
    return row.created_at, row.id


ROUTES: Final = [list_requests, show_request, list_bid_applications, list_campaign_applications]
