"""The doors on the request: which move of the deal a PUT on its status or amount is."""

from __future__ import annotations

from typing import Final

from stoory.actor import Role
from stoory.deals.amounts import rupees
from stoory.deals.conditions import Refusal
from stoory.deals.deal import Deal
from stoory.deals.moves import conflict
from stoory.deals.projections import STATUS
from stoory.deals.rules import refusal
from stoory.deals.states import PARTICIPANTS, Action
from stoory.errors import Forbidden
from stoory.money import Money

STATUS_MOVES: Final[dict[str, dict[Role, tuple[Action, ...]]]] = {
    "approved": {
        Role.BRAND_OWNER: (Action.ACCEPT_PROPOSAL,),
        Role.INFLUENCER: (Action.ACCEPT_PROPOSAL,),
    },
    "rejected": {
        Role.BRAND_OWNER: (Action.DECLINE_PROPOSAL, Action.RETRACT_PROPOSAL),
        Role.INFLUENCER: (Action.DECLINE_PROPOSAL,),
    },
    "completed": {Role.BRAND_OWNER: (Action.APPROVE_WORK,)},
    "cancelled": {
        Role.BRAND_OWNER: (Action.RETRACT_PROPOSAL, Action.CANCEL_DEAL),
        Role.INFLUENCER: (Action.WITHDRAW_PROPOSAL,),
    },
}
"""Which moves a status stands for, by side; the first one open is made."""


def action_for_status(deal: Deal, role: Role, status: str, *, as_role: Role | None = None) -> Action | None:
    """Return the move that gives the request that status, or None when it has it already.

    `role` is the actor's; an operator moves for `as_role`, else for the awaited side. Raises Conflict
    `payment_required` for in_progress while unpaid, `invalid_transition` for whatever else is impossible.
    """
    if status == STATUS[deal.state]:
        return None
    if status == "in_progress" and not deal.is_closed and not deal.is_funded:
        raise conflict(deal, role, Refusal("payment_required", "Work begins once the deal is paid."))
    unfunded_only = status == "cancelled" and deal.is_funded
    moves = {} if unfunded_only else STATUS_MOVES.get(status, {})
    for side in _sides(deal, role, as_role):
        for action in moves.get(side, ()):
            if refusal(deal, side, action) is None:
                return action
    if status == "approved" and deal.is_pending:
        return Action.ACCEPT_PROPOSAL
    raise conflict(
        deal, role, Refusal("invalid_transition", f"The request is {STATUS[deal.state]}, not to be {status}.")
    )


def _sides(deal: Deal, role: Role, as_role: Role | None) -> tuple[Role, ...]:
    """Return for whom the actor may move: an operator for the side he names, else for both, the awaited one first."""
    if role is not Role.ADMIN:
        return (role,)
    if as_role:
        return (as_role,)
    return tuple(sorted(PARTICIPANTS, key=lambda side: side is not deal.awaiting_role))


def action_for_amount(deal: Deal, role: Role, amount: Money) -> Action | None:
    """Return the move that sets the agreed amount, or None when it is already that.

    Raises Forbidden for the influencer, Conflict `amount_locked` once the deal has been accepted.
    """
    if role is Role.INFLUENCER:
        raise Forbidden("Only the brand sets the agreed amount; propose another one in the chat.")
    if amount == deal.agreed_amount:
        return None
    if deal.accepted_at:
        agreed = rupees(deal.agreed_amount or deal.amount)
        raise conflict(
            deal, role, Refusal("amount_locked", f"The amount is agreed at {agreed} and cannot change.")
        )
    return Action.SET_AMOUNT
