"""The vocabulary of deals: where one can stand, what can happen to it, who may, and whose turn follows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from stoory.actor import Role


class State(StrEnum):
    """Where a deal stands. `next_states` on the wire keeps this order."""

    INITIAL = "initial"
    NEGOTIATING = "negotiating"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


PENDING: Final = (State.INITIAL, State.NEGOTIATING)
"""Nothing is agreed yet: the states in which offers are made."""

CLOSED: Final = frozenset({State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED})
"""The ends. A closed deal stays closed; applying again makes a new one."""


class Action(StrEnum):
    """What can happen to a deal. The first three begin it; each of the others is a row of `rules.MOVES`."""

    APPLY = "apply"
    INITIALIZE = "initialize"
    INVITE = "invite"

    EDIT_PROPOSAL = "edit_proposal"
    ACCEPT_PROPOSAL = "accept_proposal"
    CONFIRM_TERMS = "confirm_terms"
    NEGOTIATE_AMOUNT = "negotiate_amount"
    NEGOTIATION_AMOUNT = "negotiation_amount"
    SET_AMOUNT = "set_amount"
    DECLINE_PROPOSAL = "decline_proposal"
    RETRACT_PROPOSAL = "retract_proposal"
    WITHDRAW_PROPOSAL = "withdraw_proposal"
    PROCEED_TO_PAYMENT = "proceed_to_payment"
    CANCEL_DEAL = "cancel_deal"
    OFFER_EXPIRED = "offer_expired"
    PAYMENT_EXPIRED = "payment_expired"
    REMINDER = "reminder"
    POSTING_CANCELLED = "posting_cancelled"


class Party(StrEnum):
    """Who may make a move; only `AWAITED` depends on the turn."""

    AWAITED = "awaiting role"
    BRAND_OWNER = "brand_owner"
    INFLUENCER = "influencer"
    EITHER = "either"
    ADMIN = "admin"
    TIMER = "timer"
    PAYMENTS = "payments"
    POSTING = "posting"


class Turn(StrEnum):
    """Whose turn it is after a move."""

    SAME = "same role"
    OTHER = "other role"
    BRAND_OWNER = "brand_owner"
    PAYER = "brand_owner, or influencer if not confirmed"
    NOBODY = "-"


PARTICIPANTS: Final = (Role.BRAND_OWNER, Role.INFLUENCER)
"""The two sides of every deal. Operators make moves for one of them."""

ROLES: Final[dict[Party, tuple[Role, ...]]] = {
    Party.AWAITED: PARTICIPANTS,
    Party.EITHER: PARTICIPANTS,
    Party.BRAND_OWNER: (Role.BRAND_OWNER,),
    Party.INFLUENCER: (Role.INFLUENCER,),
    Party.ADMIN: (Role.ADMIN,),
    Party.TIMER: (Role.SYSTEM,),
    Party.PAYMENTS: (Role.SYSTEM,),
    Party.POSTING: (Role.SYSTEM,),
}
"""Which roles stand behind a party. Clocks, payments and postings all press as the system user."""


def other_side(role: Role | None) -> Role:
    """Return the participant across the table."""
    return Role.BRAND_OWNER if role is Role.INFLUENCER else Role.INFLUENCER
