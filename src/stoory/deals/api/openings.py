"""The three ways a deal begins."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from uuid import UUID

from litestar import Response
from litestar.params import JSONBody
from msgspec import Meta

from stoory.actor import Actor, Role
from stoory.chat import queries as chat
from stoory.chat.rows import ConversationRow
from stoory.deals.actions.begin import Opening, apply, initialize, invite
from stoory.deals.states import State
from stoory.errors import FieldError, Invalid
from stoory.money import Money
from stoory.platform.database import Database
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.routes import BRANDS, INFLUENCERS, SIGNED_IN, Db, Id, Me, post
from stoory.postings.rules import Kind
from stoory.requests import queries as requests
from stoory.requests.queries import Request

Words = Annotated[str, Meta(max_length=2000)]
HttpsUrl = Annotated[
    str, Meta(pattern=r"^https://[^\s/?#]+\S*$", max_length=2000, description="an https address")
]
Links = Annotated[list[HttpsUrl], Meta(max_length=10)]


class ApplicationBody(Body, kw_only=True):
    """An application to a campaign or to a bid."""

    READ_ONLY: ClassVar = frozenset(Request.__struct_fields__) - {
        "campaign_id", "bid_id", "proposed_amount", "message", "portfolio_links",
    }  # fmt: skip
    EXAMPLE: ClassVar = {
        "bid_id": "b1d00000-0000-4000-8000-000000000001",
        "proposed_amount": 5000,
        "message": "I'm interested in this campaign!",
        "portfolio_links": ["https://example.com/portfolio"],
    }

    campaign_id: UUID | None = None
    bid_id: UUID | None = None
    proposed_amount: Money
    message: Words | None = None
    portfolio_links: Links | None = None


class InitializeBid(Body):
    """The negotiation of a bid with an influencer."""

    EXAMPLE: ClassVar = {
        "bid_id": "b1d00000-0000-4000-8000-000000000001",
        "influencer_id": "a5000000-0000-4000-8000-000000000002",
        "proposed_amount": 5000,
    }

    bid_id: UUID
    influencer_id: UUID
    proposed_amount: Money


class InitializeCampaign(Body):
    """The negotiation of a campaign with an influencer."""

    EXAMPLE: ClassVar = {
        "campaign_id": "ca000000-0000-4000-8000-000000000001",
        "influencer_id": "a5000000-0000-4000-8000-000000000002",
        "proposed_amount": 5000,
    }

    campaign_id: UUID
    influencer_id: UUID
    proposed_amount: Money


class Invitation(Body):
    """A brand's invitation of an influencer to one of its postings."""

    EXAMPLE: ClassVar = {
        "influencer_id": "a5000000-0000-4000-8000-000000000002",
        "amount": 5000,
        "message": "We like your videos. Would you make one for us?",
    }

    influencer_id: UUID
    amount: Money
    message: Words | None = None


class RequestCreated(Answer):
    """A new application."""

    request: Request


class Initialized(Answer):
    """The automated conversation of a deal."""

    conversation: ConversationRow
    flow_state: State
    awaiting_role: Role | None
    is_existing: bool


class Invited(Answer):
    """A new invitation and its conversation."""

    request: Request
    conversation: ConversationRow


@post("/api/requests", who=INFLUENCERS, status=201, fails=(404, 409))
async def apply_to_posting(db: Db, actor: Me, data: JSONBody[ApplicationBody]) -> RequestCreated:
    """Apply to a campaign or to a bid."""
    kind, posting_id = _posting_of(data)
    opening = Opening(
        kind=kind,
        posting_id=posting_id,
        influencer_id=actor.id,
        amount=data.proposed_amount,
        message=data.message,
        portfolio_links=data.portfolio_links or [],
    )
    async with db.as_user(actor) as tx:
        begun = await apply(tx, actor, opening)
        return RequestCreated(request=await requests.request(tx, begun.row.request_id))


@post("/api/bids/automated/initialize", who=SIGNED_IN, status=201, fails=(404, 409))
async def initialize_bid(db: Db, actor: Me, data: JSONBody[InitializeBid]) -> Response[Initialized]:
    """Open the automated negotiation of a bid with an influencer, or return the open one.

    201 the first time, 200 with `is_existing: true` afterwards, always with the current state and buttons.
    """
    return await _initialize(db, actor, Kind.BID, data.bid_id, data)


@post("/api/campaigns/automated/initialize", who=SIGNED_IN, status=201, fails=(404, 409))
async def initialize_campaign(db: Db, actor: Me, data: JSONBody[InitializeCampaign]) -> Response[Initialized]:
    """Open the automated negotiation of a campaign with an influencer, or return the open one.

    201 the first time, 200 with `is_existing: true` afterwards, always with the current state and buttons.
    """
    return await _initialize(db, actor, Kind.CAMPAIGN, data.campaign_id, data)


@post("/api/bids/{bid_id:uuid}/invitations", who=BRANDS, status=201, fails=(404, 409))
async def invite_to_bid(db: Db, actor: Me, bid_id: Id, data: JSONBody[Invitation]) -> Invited:
    """Invite an influencer to a bid; she answers first."""
    return await _invite(db, actor, Kind.BID, bid_id, data)


@post("/api/campaigns/{campaign_id:uuid}/invitations", who=BRANDS, status=201, fails=(404, 409))
async def invite_to_campaign(db: Db, actor: Me, campaign_id: Id, data: JSONBody[Invitation]) -> Invited:
    """Invite an influencer to a campaign; she answers first."""
    return await _invite(db, actor, Kind.CAMPAIGN, campaign_id, data)


def _posting_of(data: ApplicationBody) -> tuple[Kind, UUID]:
    if data.bid_id is not None and data.campaign_id is None:
        return Kind.BID, data.bid_id
    if data.campaign_id is not None and data.bid_id is None:
        return Kind.CAMPAIGN, data.campaign_id
    wrong = "exactly one of campaign_id and bid_id must be given"
    raise Invalid(FieldError("campaign_id", wrong), FieldError("bid_id", wrong))


async def _initialize(
    db: Database, actor: Actor, kind: Kind, posting_id: UUID, data: InitializeBid | InitializeCampaign
) -> Response[Initialized]:
    opening = Opening(
        kind=kind, posting_id=posting_id, influencer_id=data.influencer_id, amount=data.proposed_amount
    )
    async with db.as_user(actor) as tx:
        row, is_existing = await initialize(tx, actor, opening)
        answer = Initialized(
            message="Automated conversation initialized successfully",
            conversation=await chat.conversation_with_action(tx, actor, row.conversation_id),
            flow_state=row.deal.state,
            awaiting_role=row.deal.awaiting_role,
            is_existing=is_existing,
        )
    return Response(answer, status_code=200 if is_existing else 201)


async def _invite(db: Database, actor: Actor, kind: Kind, posting_id: UUID, data: Invitation) -> Invited:
    opening = Opening(
        kind=kind,
        posting_id=posting_id,
        influencer_id=data.influencer_id,
        amount=data.amount,
        amount_field="amount",
        message=data.message,
    )
    async with db.as_user(actor) as tx:
        row = (await invite(tx, actor, opening)).row
        return Invited(
            request=await requests.request(tx, row.request_id),
            conversation=await chat.conversation_for(tx, actor, row.conversation_id),
        )


ROUTES: Final = [apply_to_posting, initialize_bid, initialize_campaign, invite_to_bid, invite_to_campaign]
