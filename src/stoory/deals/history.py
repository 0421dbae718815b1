"""A deal is the sum of its events: folding them from the start gives the same deal, always."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import reduce
from typing import Any, Final

from msgspec.structs import replace

from stoory.actor import Role
from stoory.deals import archive, clocks
from stoory.deals.deal import Deal, Event, Offer, Terms
from stoory.deals.rules import MOVES, OPENINGS
from stoory.deals.states import Action, Turn, other_side

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
        return clocks.wind(_begun(event))
    changes = EFFECTS.get(event.action, _nothing_more)(deal, event)
    after = replace(deal, seq=event.seq, state=event.to_state, **changes)
    return clocks.wind(replace(after, awaiting_role=_next_role(after, MOVES[deal.state, event.action].next)))


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


def _next_role(deal: Deal, turn: Turn) -> Role | None:
    match turn:
        case Turn.SAME:
            return deal.awaiting_role
        case Turn.OTHER:
            return other_side(deal.awaiting_role)
        case Turn.BRAND_OWNER:
            return Role.BRAND_OWNER
        case Turn.PAYER:
            return Role.BRAND_OWNER if deal.influencer_confirmed else Role.INFLUENCER
        case Turn.NOBODY:
            return None


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
    Action.REMINDER: _reminded,
}
"""What a move changes beside state, turn and clocks."""


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
