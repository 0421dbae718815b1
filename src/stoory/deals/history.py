"""A deal is the sum of its events: folding them from the start gives the same deal, always."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import reduce
from typing import Any, Final

from msgspec.structs import replace

from stoory.actor import Role
from stoory.deals import archive, clocks
from stoory.deals.deal import CancelProposal, Deal, Dispute, Event, Movement, Offer, Terms, Work
from stoory.deals.rules import MOVES, OPENINGS
from stoory.deals.states import CLOSED, Action, Turn, other_side
from stoory.money import Money

Changes = dict[str, Any]


def replay(events: Iterable[Event]) -> Deal:
    """Return the deal its events tell of, first to last; ValueError when there are none or one is missing."""
    deal = reduce(evolve, events, None)
    if deal is None:
        raise ValueError("a deal begins with an event")
    return deal


def evolve(deal: Deal | None, event: Event) -> Deal:
    """Return the deal after what happened. It decides nothing: what is told here has already been allowed."""
    if event.seq != (deal.seq if deal else 0) + 1:
        raise ValueError(f"event {event.seq} does not follow {deal.seq if deal else 'nothing'}")
    if deal is None:
        return clocks.wind(_begun(event), None, event.at)
    changes = EFFECTS.get(event.action, _nothing_more)(deal, event)
    kept = {} if event.action in KEEP_PROPOSAL else {"cancel_proposal": None}
    after = replace(deal, seq=event.seq, state=event.to_state, **{**kept, **_moved(deal, event), **changes})
    turn = MOVES[deal.state, event.action].next
    return clocks.wind(replace(after, awaiting_role=_next_role(deal, after, turn)), deal, event.at)


def movement(before: Deal, after: Deal) -> Movement:
    """Return what left the escrow between two events, gross."""
    return Movement(after.released - before.released, after.refunded - before.refunded)


def _moved(deal: Deal, event: Event) -> Changes:
    """Take what left the escrow from its event."""
    return {
        "released": deal.released + _rupees(event, "release"),
        "refunded": deal.refunded + _rupees(event, "refund"),
    }


def _rupees(event: Event, name: str) -> Money:
    return Money.rupees(event.data.get(name, 0))


def _begun(event: Event) -> Deal:
    offer = _offer(event)
    return Deal(
        seq=event.seq,
        state=event.to_state,
        awaiting_role=OPENINGS[event.action][1],
        opening=event.action,
        terms=archive.restored(event.data["terms"], Terms),
        offers=(offer,),
        influencer_confirmed=offer.by_role is Role.INFLUENCER,
    )


def _next_role(before: Deal, deal: Deal, turn: Turn) -> Role | None:
    if deal.is_closed:
        return None
    payer = Role.BRAND_OWNER if deal.influencer_confirmed else Role.INFLUENCER
    roles: dict[Turn, Role | None] = {
        Turn.SAME: deal.awaiting_role,
        Turn.OTHER: other_side(deal.awaiting_role),
        Turn.BRAND_OWNER: Role.BRAND_OWNER,
        Turn.INFLUENCER: Role.INFLUENCER,
        Turn.ADMIN: Role.ADMIN,
        Turn.PAYER: payer,
        Turn.AS_BEFORE: before.dispute and before.dispute.from_role,
        Turn.NOBODY: None,
    }
    return roles[turn]


def _edited(deal: Deal, event: Event) -> Changes:
    """Let a new amount replace offer 1; message and links belong to the request."""
    return {"offers": (*deal.offers[:-1], _offer(event)), "agreed_amount": None} if event.amount else {}


def _accepted(deal: Deal, event: Event) -> Changes:
    return {
        "agreed_amount": event.amount,
        "accepted_at": event.at,
        "influencer_confirmed": deal.influencer_confirmed or event.by_role is Role.INFLUENCER,
    }


def _terms_confirmed(_deal: Deal, _event: Event) -> Changes:
    return {"influencer_confirmed": True}


def _offered(deal: Deal, event: Event) -> Changes:
    return {
        "offers": (*deal.offers, _offer(event)),
        "agreed_amount": None,
        "influencer_confirmed": deal.influencer_confirmed or event.by_role is Role.INFLUENCER,
    }


def _amount_set(deal: Deal, event: Event) -> Changes:
    """Agree to an amount for the brand; one that differs from the table is an offer too.

    The influencer has not said yes to less than she asked for, so she is asked again before payment.
    """
    if "n" not in event.data:
        return {"agreed_amount": event.amount}
    offer, asked = _offer(event), deal.last_figure_of(Role.INFLUENCER)
    return {
        "offers": (*deal.offers, offer),
        "agreed_amount": offer.amount,
        "influencer_confirmed": deal.influencer_confirmed and asked is not None and offer.amount >= asked,
    }


def _payment_asked(_deal: Deal, event: Event) -> Changes:
    return {"payment_asked_at": event.at}


def _captured(deal: Deal, event: Event) -> Changes:
    """Fund the deal with its first payment; a further one goes back and changes nothing."""
    if deal.is_funded or deal.is_closed:
        return {}
    return {"paid": event.amount, "funded_at": event.at}


def _submitted(_deal: Deal, event: Event) -> Changes:
    links = tuple(event.data.get("links", ()))
    work = Work(description=event.data["description"], links=links, at=event.at)
    return {"work": work, "review_since": event.at}


def _changes_requested(deal: Deal, event: Event) -> Changes:
    return {"changes_requested": deal.changes_requested + 1, "changes_since": event.at}


def _cancel_proposed(_deal: Deal, event: Event) -> Changes:
    refund = Money.rupees(event.data["refund_amount"])
    return {"cancel_proposal": CancelProposal(by=event.by_role, refund_amount=refund)}


def _disputed(deal: Deal, event: Event) -> Changes:
    return _in_dispute(deal, event, event.by_role)


def _charged_back(deal: Deal, event: Event) -> Changes:
    """Let an operator decide, who opens the dispute: neither side can withdraw it."""
    return _in_dispute(deal, event, Role.ADMIN)


def _in_dispute(deal: Deal, event: Event, by: Role) -> Changes:
    return {
        "dispute": Dispute(
            by=by,
            reason=event.data["reason"],
            from_state=deal.state,
            from_role=deal.awaiting_role,
            at=event.at,
        )
    }


def _dispute_withdrawn(deal: Deal, event: Event) -> Changes:
    """Let the clocks go on with the time that was left: what they run from moves on by the time of the dispute."""
    stood = event.at - deal.dispute.at if deal.dispute else timedelta()
    return {
        "dispute": None,
        "delivery_delay": deal.delivery_delay + stood,
        "review_since": deal.review_since and deal.review_since + stood,
        "changes_since": deal.changes_since and deal.changes_since + stood,
    }


def _dispute_resolved(_deal: Deal, _event: Event) -> Changes:
    return {"dispute": None}


def _refunded(deal: Deal, event: Event) -> Changes:
    """Let a dispute about nothing any more be over."""
    return {"dispute": None if event.to_state in CLOSED else deal.dispute}


def _reminded(deal: Deal, event: Event) -> Changes:
    return {"reminders": clocks.said(deal, event.data)}


def _nothing_more(_deal: Deal, _event: Event) -> Changes:
    return {}


EFFECTS: Final[dict[Action, Callable[[Deal, Event], Changes]]] = {
    Action.EDIT_PROPOSAL: _edited,
    Action.ACCEPT_PROPOSAL: _accepted,
    Action.CONFIRM_TERMS: _terms_confirmed,
    Action.NEGOTIATION_AMOUNT: _offered,
    Action.SET_AMOUNT: _amount_set,
    Action.PROCEED_TO_PAYMENT: _payment_asked,
    Action.PAYMENT_CAPTURED: _captured,
    Action.WORK_SUBMISSION: _submitted,
    Action.CHANGE_REQUEST: _changes_requested,
    Action.PROPOSE_CANCEL: _cancel_proposed,
    Action.DISPUTE: _disputed,
    Action.CHARGED_BACK: _charged_back,
    Action.REFUND: _refunded,
    Action.WITHDRAW_DISPUTE: _dispute_withdrawn,
    Action.RESOLVE_DISPUTE: _dispute_resolved,
    Action.REMINDER: _reminded,
}
"""What a move changes beside state, turn, money and clocks."""

KEEP_PROPOSAL: Final = frozenset(
    {Action.PROPOSE_CANCEL, Action.REMINDER, Action.PAYMENT_CAPTURED, Action.PAYMENT_FAILED}
)
"""Any other move drops an open proposal to cancel."""


def _offer(event: Event) -> Offer:
    if event.amount is None:
        raise ValueError(f"event {event.seq} makes an offer without an amount")
    named = event.data.get("deliver_by")
    return Offer(
        n=event.data["n"],
        by_role=event.by_role,
        amount=event.amount,
        reasoning=event.data.get("reasoning"),
        deliver_by=date.fromisoformat(named) if named else None,
        at=event.at,
    )
