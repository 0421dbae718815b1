"""What else a deal itself must allow before a move can be made: one function a condition, named after what is wrong."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from stoory.actor import Role
from stoory.deals.deal import Deal
from stoory.deals.states import Action


class Refusal(Struct, frozen=True):
    """Why a move is not open: the code and message of the conflict."""

    code: str
    message: str


NO_ROUNDS_LEFT: Final = Refusal(
    "no_rounds_left", "No more offers can be made: accept or decline the last one."
)


def answered(deal: Deal, _role: Role) -> Refusal | None:
    """Refuse to edit an application that somebody has answered."""
    if deal.opening is Action.APPLY and len(deal.offers) == 1:
        return None
    return Refusal("invalid_action", "Only an application nobody has answered yet can be edited.")


def confirmed(deal: Deal, _role: Role) -> Refusal | None:
    """Refuse to confirm twice."""
    return (
        Refusal("invalid_action", "The terms are already confirmed.") if deal.influencer_confirmed else None
    )


def unconfirmed(deal: Deal, _role: Role) -> Refusal | None:
    """Refuse payment for what the influencer has not agreed to."""
    if deal.influencer_confirmed:
        return None
    return Refusal("awaiting_influencer", "The influencer has to confirm the terms before payment.")


def out_of_rounds(deal: Deal, _role: Role) -> Refusal | None:
    """Refuse a seventh offer."""
    return None if deal.rounds_left else NO_ROUNDS_LEFT


def awaiting_the_influencer(deal: Deal, _role: Role) -> Refusal | None:
    """Refuse the brand a move while the influencer is to answer."""
    if deal.awaiting_role is Role.BRAND_OWNER:
        return None
    return Refusal("not_your_turn", "It is not the brand's turn: the influencer answers next.")


def out_of_changes(deal: Deal, _role: Role) -> Refusal | None:
    """Refuse to send the work back a fourth time."""
    if deal.changes_left:
        return None
    return Refusal("no_changes_left", "The work was sent back three times: approve it, or open a dispute.")


def nothing_to_answer(deal: Deal, role: Role) -> Refusal | None:
    """Refuse to answer a cancellation nobody, or oneself, has proposed."""
    if deal.cancel_proposal and deal.cancel_proposal.by is not role:
        return None
    return Refusal("invalid_action", "The other side has not proposed to cancel.")


def own_dispute(deal: Deal, role: Role) -> Refusal | None:
    """Refuse to reply to oneself."""
    if deal.dispute and deal.dispute.by is not role:
        return None
    return Refusal("invalid_action", "This is your own dispute: the other side replies to it.")


def others_dispute(deal: Deal, role: Role) -> Refusal | None:
    """Refuse to withdraw what the other side has opened."""
    if deal.dispute and deal.dispute.by is role:
        return None
    return Refusal("invalid_action", "Only who opened a dispute can withdraw it.")
