"""What is shown of a deal: the context of a message, the data of a conversation, the columns of the guide."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from stoory.actor import Role
from stoory.deals.amounts import you_receive
from stoory.deals.buttons import next_states
from stoory.deals.deal import CancelProposal, Deal, Dispute, Offer, Work
from stoory.deals.states import UNPAID, State
from stoory.money import Money

STATUS: Final[dict[State, str]] = {
    State.INITIAL: "pending",
    State.NEGOTIATING: "pending",
    State.ACCEPTED: "approved",
    State.PAYMENT_PENDING: "approved",
    State.IN_PROGRESS: "in_progress",
    State.WORK_SUBMITTED: "in_progress",
    State.CHANGES_REQUESTED: "in_progress",
    State.DISPUTED: "in_progress",
    State.COMPLETED: "completed",
    State.DECLINED: "rejected",
    State.WITHDRAWN: "cancelled",
    State.EXPIRED: "cancelled",
    State.CANCELLED: "cancelled",
}
"""The status a request shows for each state of its deal."""


class BusinessRules(Struct, frozen=True, kw_only=True):
    """The limits of the next offer."""

    can_negotiate: bool
    min_amount: Money
    max_amount: Money
    rounds_left: int
    expires_at: datetime | None


class FlowContext(Struct, frozen=True, kw_only=True):
    """Where the deal stood when a message was written."""

    current_state: State
    next_states: list[State]
    business_rules: BusinessRules


class OfferShown(Struct, frozen=True, kw_only=True):
    """An offer as one of the two sees it; what is left of it is told to the influencer only."""

    n: int
    by_role: Role
    amount: Money
    you_receive: Money | UnsetType = UNSET
    reasoning: str | None
    deliver_by: date | None
    at: datetime


class FlowData(Struct, frozen=True, kw_only=True):
    """The deal as it stands in its conversation, seen by one viewer."""

    proposed_amount: Money
    bid_title: str | UnsetType = UNSET
    campaign_title: str | UnsetType = UNSET
    offers: list[OfferShown]
    rounds_left: int
    agreed_amount: Money | None
    influencer_confirmed: bool
    expires_at: datetime | None
    held: Money | UnsetType = UNSET
    """What the escrow holds, once the deal is funded."""
    work: Work | UnsetType = UNSET
    changes_left: int | UnsetType = UNSET
    cancel: CancelProposal | UnsetType = UNSET
    dispute: Dispute | UnsetType = UNSET


class Projection(Struct, frozen=True, kw_only=True):
    """The guide's columns on `requests` and `conversations`, written by deals alone."""

    status: str
    proposed_amount: Money
    agreed_amount: Money | None
    flow_state: State
    awaiting_role: Role | None
    chat_status: str
    automation_enabled: bool
    payment_required: bool
    payment_completed: bool
    payment_status: str
    paid_at: datetime | None


def flow_context(deal: Deal) -> FlowContext:
    """Return where the deal stands, as its messages carry it."""
    return FlowContext(
        current_state=deal.state,
        next_states=next_states(deal),
        business_rules=BusinessRules(
            can_negotiate=deal.is_pending and deal.rounds_left > 0,
            min_amount=deal.terms.min_amount,
            max_amount=deal.terms.max_amount,
            rounds_left=deal.rounds_left,
            expires_at=deal.expires_at,
        ),
    )


def flow_data(deal: Deal, viewer: Role) -> FlowData:
    """Return the deal as that viewer sees it."""
    is_bid = deal.terms.kind == "bid"
    return FlowData(
        proposed_amount=deal.amount,
        bid_title=deal.terms.title if is_bid else UNSET,
        campaign_title=UNSET if is_bid else deal.terms.title,
        offers=[_shown(deal, offer, viewer) for offer in deal.offers],
        rounds_left=deal.rounds_left,
        agreed_amount=deal.agreed_amount,
        influencer_confirmed=deal.influencer_confirmed,
        expires_at=deal.expires_at,
        held=deal.held if deal.is_funded else UNSET,
        work=deal.work or UNSET,
        changes_left=deal.changes_left if deal.work else UNSET,
        cancel=deal.cancel_proposal or UNSET,
        dispute=deal.dispute or UNSET,
    )


def projection(deal: Deal) -> Projection:
    """Return the columns of the request and of the conversation."""
    return Projection(
        status=STATUS[deal.state],
        proposed_amount=deal.last_figure_of(Role.INFLUENCER) or deal.amount,
        agreed_amount=deal.agreed_amount,
        flow_state=deal.state,
        awaiting_role=deal.awaiting_role,
        chat_status="completed" if deal.is_closed else "automated",
        automation_enabled=not deal.is_closed,
        payment_required=deal.state in UNPAID,
        payment_completed=deal.is_funded,
        payment_status=_payment_status(deal),
        paid_at=deal.funded_at,
    )


def _payment_status(deal: Deal) -> str:
    """Return how the payment stands: an order waits from the first press until the deal is funded or closed."""
    if deal.is_funded:
        return "refunded" if deal.refunded == deal.paid else "paid"
    return "pending" if deal.payment_asked_at and not deal.is_closed else "unpaid"


def _shown(deal: Deal, offer: Offer, viewer: Role) -> OfferShown:
    return OfferShown(
        n=offer.n,
        by_role=offer.by_role,
        amount=offer.amount,
        you_receive=you_receive(deal.terms, offer.amount) if viewer is Role.INFLUENCER else UNSET,
        reasoning=offer.reasoning,
        deliver_by=offer.deliver_by,
        at=offer.at,
    )
