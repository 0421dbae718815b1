"""How a deal begins: an application, an initialize call, an invitation.

Request, conversation and deal come into being together, in one transaction.
"""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from stoory.actor import Actor, Role
from stoory.chat import actions as chat
from stoory.deals import moves, queries
from stoory.deals.actions.record import Outcome, flow, record_first, shown
from stoory.deals.amounts import bid_bounds, campaign_bounds, check_amount
from stoory.deals.deal import Event, Terms
from stoory.deals.history import evolve
from stoory.deals.queries import DealRow, Source, people, source
from stoory.deals.rules import PROCESS_VERSION
from stoory.deals.states import Action
from stoory.errors import Conflict, NotFound
from stoory.money import Money
from stoory.plans import queries as plans
from stoory.plans.actions import require_room
from stoory.plans.rules import Feature
from stoory.platform.database import Tx
from stoory.postings import queries as postings
from stoory.postings.rules import Kind, Posting, require_owner, takes_applications
from stoory.requests import actions as requests
from stoory.requests import queries as request_queries
from stoory.requests.queries import Draft


class Opening(Struct, kw_only=True):
    """What is asked for: who shall work on which posting, for how much."""

    kind: Kind
    posting_id: UUID
    influencer_id: UUID
    amount: Money
    amount_field: str = "proposed_amount"
    """What the body calls the amount."""
    message: str | None = None
    portfolio_links: list[str] = []

    @property
    def source(self) -> Source:
        """The posting, in the column of its kind."""
        return source(self.kind, self.posting_id)


async def apply(tx: Tx, actor: Actor, opening: Opening) -> Outcome:
    """Begin a deal by an influencer's application.

    Raises NotFound, Conflict `not_open` or `already_applied`, Invalid `amount_out_of_range`, PlanLimit.
    """
    held = await _hold(tx, actor, opening)
    if held.live is not None:
        raise requests.already_applied(held.live)
    return await _begin(tx, actor, held, opening, Action.APPLY)


async def invite(tx: Tx, actor: Actor, opening: Opening) -> Outcome:
    """Begin a deal by the brand's invitation; the influencer answers first. Raises as `apply` does."""
    await _check_influencer(tx, opening)
    held = await _hold(tx, actor, opening)
    if held.live is not None:
        raise requests.already_applied(held.live)
    return await _begin(tx, actor, held, opening, Action.INVITE)


async def initialize(tx: Tx, actor: Actor, opening: Opening) -> tuple[DealRow, bool]:
    """Return the open deal of that posting and influencer, and whether an earlier call initialized it.

    It is begun now if there is none. The amount is always checked, and used only when the deal is created.
    Raises NotFound, Conflict `not_open`, Invalid `amount_out_of_range`.
    """
    if actor.role is Role.INFLUENCER and actor.id != opening.influencer_id:
        raise NotFound
    await _check_influencer(tx, opening)
    held = await _hold(tx, actor, opening)
    if held.live is None:
        action = Action.APPLY if actor.role is Role.INFLUENCER else Action.INITIALIZE
        row = (await _begin(tx, actor, held, opening, action)).row
    else:
        row = await queries.deal_of(tx, held.live.id)
        check_amount(row.deal.terms, opening.amount, field=opening.amount_field)
    return row, not await queries.mark_initialized(tx, row.request_id)


class _Held(Struct):
    """A posting under its lock, and the influencer's live request for it."""

    posting: Posting
    live: request_queries.Live | None


async def _check_influencer(tx: Tx, opening: Opening) -> None:
    if not await people.is_influencer(tx, opening.influencer_id):
        raise NotFound


async def _hold(tx: Tx, actor: Actor, opening: Opening) -> _Held:
    """Load the posting as the user, then hold it as the system, so that it cannot close meanwhile."""
    seen = await postings.posting(tx, opening.kind, opening.posting_id)
    if actor.role is not Role.INFLUENCER:
        require_owner(seen, actor)
    await tx.as_system("begin a deal")
    posting = await postings.lock_posting(tx, opening.kind, opening.posting_id)
    live = await request_queries.live_request(tx, **opening.source, influencer_id=opening.influencer_id)
    return _Held(posting, live)


async def _begin(tx: Tx, actor: Actor, held: _Held, opening: Opening, action: Action) -> Outcome:
    posting = held.posting
    if not takes_applications(posting, tx.now):
        raise Conflict(f"This {posting.kind} takes no applications any more.", code="not_open")
    event = moves.begin(
        action,
        actor_id=actor.id,
        role=actor.role,
        terms=await _terms(tx, posting),
        amount=opening.amount,
        now=tx.now,
        message=opening.message,
        field=opening.amount_field,
    )
    if action is Action.APPLY:
        await require_room(tx, opening.influencer_id, Feature.LIVE_APPLICATIONS)
    return await record_first(tx, await _seat(tx, posting, opening, event), event)


async def _seat(tx: Tx, posting: Posting, opening: Opening, event: Event) -> DealRow:
    """Store the request and the conversation of the two, and return the deal that joins them."""
    brand_owner_id, influencer_id = posting.created_by, opening.influencer_id
    deal = evolve(None, event)
    draft = Draft(
        **opening.source,
        influencer_id=influencer_id,
        brand_owner_id=brand_owner_id,
        message=opening.message,
        portfolio_links=opening.portfolio_links,
        shown=shown(deal),
    )
    request_id = await requests.open_request(tx, draft)
    conversation_id = await chat.open_for_deal(
        tx,
        request_id=request_id,
        **opening.source,
        brand_owner_id=brand_owner_id,
        influencer_id=influencer_id,
        flow=flow(deal),
    )
    return DealRow(
        request_id=request_id,
        conversation_id=conversation_id,
        **opening.source,
        influencer_id=influencer_id,
        brand_owner_id=brand_owner_id,
        initialized_at=None,
        deal=deal,
    )


async def _terms(tx: Tx, posting: Posting) -> Terms:
    """Pin what the deal keeps, whatever becomes of the posting and of the brand's plan."""
    plan = await plans.plan_of(tx, posting.created_by)
    least, most = (
        bid_bounds(posting.min_amount, posting.max_amount)
        if posting.kind is Kind.BID
        else campaign_bounds(posting.max_amount)
    )
    return Terms(
        process_version=PROCESS_VERSION,
        kind=posting.kind.value,
        title=posting.title,
        min_amount=least,
        max_amount=most,
        commission_bp=plan.commission_bp,
        deliverables=tuple(posting.deliverables),
        usage_rights=posting.usage_rights,
        disclosure_required=posting.disclosure_required,
    )
