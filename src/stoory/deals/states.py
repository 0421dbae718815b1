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
    PAYMENT_PENDING = "payment_pending"
    IN_PROGRESS = "in_progress"
    WORK_SUBMITTED = "work_submitted"
    CHANGES_REQUESTED = "changes_requested"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


PENDING: Final = (State.INITIAL, State.NEGOTIATING)
"""Nothing is agreed yet: the states in which offers are made."""

UNPAID: Final = (State.ACCEPTED, State.PAYMENT_PENDING)
"""Agreed, and waiting for the brand's money."""

WORKING: Final = (State.IN_PROGRESS, State.CHANGES_REQUESTED)
"""Funded, and the influencer is to deliver."""

RUNNING: Final = (*WORKING, State.WORK_SUBMITTED)
"""Funded, and between the two: whatever they agree on or argue about happens here."""

FUNDED: Final = (*RUNNING, State.DISPUTED)
"""The escrow holds money."""

CLOSED: Final = frozenset({State.COMPLETED, State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED})
"""The ends. A closed deal stays closed; applying again makes a new one."""

FREE: Final = (*PENDING, State.DECLINED, State.WITHDRAWN, State.EXPIRED, State.CANCELLED)
"""These take up no room of their posting: nothing is spent or promised."""


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
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_FAILED = "payment_failed"
    CHARGED_BACK = "charged_back"
    SUBMIT_WORK = "submit_work"
    WORK_SUBMISSION = "work_submission"
    APPROVE_WORK = "approve_work"
    REQUEST_CHANGES = "request_changes"
    CHANGE_REQUEST = "change_request"
    CANCEL_DEAL = "cancel_deal"
    PROPOSE_CANCEL = "propose_cancel"
    ACCEPT_CANCEL = "accept_cancel"
    REJECT_CANCEL = "reject_cancel"
    OPEN_DISPUTE = "open_dispute"
    DISPUTE = "dispute"
    DISPUTE_REPLY = "dispute_reply"
    WITHDRAW_DISPUTE = "withdraw_dispute"
    RESOLVE_DISPUTE = "resolve_dispute"
    REFUND = "refund"
    OFFER_EXPIRED = "offer_expired"
    PAYMENT_ABANDONED = "payment_abandoned"
    PAYMENT_EXPIRED = "payment_expired"
    AUTO_APPROVE = "auto_approve"
    DELIVERY_OVERDUE = "delivery_overdue"
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
    INFLUENCER = "influencer"
    ADMIN = "admin"
    PAYER = "brand_owner, or influencer if not confirmed"
    AS_BEFORE = "as before the dispute"
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
