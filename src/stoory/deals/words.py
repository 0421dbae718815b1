"""The words of the process: what the system says in the chat, and what it lets people know. No logic, only tables."""

from __future__ import annotations

from typing import Final

from stoory.actor import Role
from stoory.deals.buttons import Button
from stoory.deals.states import Action

WELCOME: Final = "Welcome to the automated negotiation flow!"
ASK: Final = "Which amount would you like to propose? It can be from {least} to {most}. {rounds}"
ASKED: Final[dict[Action, str]] = {
    Action.NEGOTIATION_AMOUNT: ASK,
    Action.WORK_SUBMISSION: "What have you made, and where can it be seen?",
    Action.CHANGE_REQUEST: "What should change? {changes}",
    Action.DISPUTE: "What is wrong? An operator reads it, hears the other side and decides.",
}
NEXT_STEPS: Final[dict[Action, tuple[str, ...]]] = {
    Action.ACCEPT_PROPOSAL: (
        "Payment processing will begin",
        "Contract will be generated",
        "Work timeline will be shared",
    ),
    Action.WORK_SUBMISSION: ("The brand reviews the work", "Approval releases the money"),
    Action.CHANGE_REQUEST: ("The influencer makes the changes", "The work is submitted again"),
    Action.DISPUTE: ("The other side can reply", "An operator decides"),
}

SAID: Final[dict[Action, str]] = {
    Action.APPLY: WELCOME,
    Action.INITIALIZE: WELCOME,
    Action.INVITE: WELCOME,
    Action.EDIT_PROPOSAL: "The influencer has edited the application. {amount} is on the table.",
    Action.ACCEPT_PROPOSAL: "Great! Your proposal has been accepted. The {other} will be notified.",
    Action.CONFIRM_TERMS: "The influencer has confirmed the terms: {agreed}. {next}",
    Action.NEGOTIATE_AMOUNT: ASK,
    Action.NEGOTIATION_AMOUNT: "The {mover} proposes {amount}. {rounds}",
    Action.SET_AMOUNT: "The brand has set the amount to {amount}. {rounds}",
    Action.DECLINE_PROPOSAL: "The {mover} has declined {amount}. This negotiation ends here.",
    Action.RETRACT_PROPOSAL: "The brand has ended this negotiation.",
    Action.WITHDRAW_PROPOSAL: "The influencer has withdrawn the application. Nothing was charged.",
    Action.PAYMENT_CAPTURED: "{paid} has been paid and is held in escrow. The influencer can begin.{due}",
    Action.PAYMENT_FAILED: "The payment did not go through. Nothing was charged; the brand can try again.",
    Action.PAYMENT_ABANDONED: "The payment was not completed. The brand can proceed to payment again.",
    Action.WORK_SUBMISSION: "The influencer has submitted the work. {review}",
    Action.APPROVE_WORK: "The brand has approved the work. {released} is released to the influencer.",
    Action.AUTO_APPROVE: "The time to review is over, so the work is approved. {released} is released.",
    Action.CHANGE_REQUEST: "The brand asks for changes. {changes}",
    Action.DELIVERY_OVERDUE: "The work did not come in time, so this deal is cancelled. {refunded} goes back.",
    Action.CANCEL_DEAL: "The {mover} has cancelled this deal. {charged}",
    Action.PROPOSE_CANCEL: "The {mover} proposes to cancel: {proposal}. The {other} can accept or reject this.",
    Action.ACCEPT_CANCEL: "The {mover} has accepted to cancel. {split}",
    Action.REJECT_CANCEL: "The {mover} has not accepted to cancel. The deal goes on.",
    Action.DISPUTE: "The {mover} has opened a dispute. All clocks stand until an operator has decided.",
    Action.CHARGED_BACK: "The brand's bank has taken the payment back. All clocks stand until an operator has decided.",
    Action.DISPUTE_REPLY: "The {mover} has replied to the dispute.",
    Action.WITHDRAW_DISPUTE: "The {mover} has withdrawn the dispute. The deal goes on where it was.",
    Action.RESOLVE_DISPUTE: "An operator has decided the dispute. {split}",
    Action.REFUND: "An operator gives {refunded} back to the brand.",
    Action.OFFER_EXPIRED: "Nobody answered the offer of {amount} in time, so it has expired.",
    Action.PAYMENT_EXPIRED: "The payment of {agreed} did not come in time, so this deal has expired.",
    Action.REMINDER: "A reminder for the {awaited}: {left} left to {todo}.",
    Action.POSTING_CANCELLED: "The {posting} has been cancelled, so this ends here. Nothing was charged.",
}
"""The first message of each move."""

HIRED: Final = "Somebody else has been hired for this {posting}, so this ends here. Nothing was charged."
SURPLUS: Final = "A payment of {amount_told} came that nobody waited for. It goes back by itself."
PAY: Final = "Please pay {agreed}. The money is held until you approve the work."
LAST_CHANGES: Final = "These are the last changes that can be asked for."
CHANGES_LEFT: Final = "After these, changes can be asked for {count} more time{s}."
REVIEW: Final = "The brand has {days} days to review it; then it is approved by itself."

AGREED: Final = "The amount is agreed: {agreed}. {next}"
"""The second message of an acceptance: the one that asks for what comes next."""

PAY_NOW: Final = Button("pay_now", "Pay Now", Action.PROCEED_TO_PAYMENT, "success")

ASIDE: Final = frozenset({Action.REMINDER, Action.DISPUTE_REPLY})
"""Said without new buttons: the ones that wait go on waiting."""

PAYERS_ONLY: Final = frozenset({Action.PAYMENT_FAILED, Action.PAYMENT_ABANDONED})
"""News for the brand alone."""

NEXT: Final[dict[Role, str]] = {
    Role.BRAND_OWNER: "The brand can now proceed to payment; the money is held until the work is approved.",
    Role.INFLUENCER: "The influencer now confirms these terms; then the brand can proceed to payment.",
}

ROUNDS: Final = (
    "This was the last offer: it can only be accepted or declined.",
    "One more offer can be made.",
    "{rounds_left} more offers can be made.",
)
"""What is said when none, one or more offers are left."""

REMARKS: Final = {
    "reasoning": "Reasoning: {remark}",
    "deliver_by": "To be delivered by {remark}.",
    "reason": "Reason: {remark}",
    "description": "{remark}",
    "links": "{remark}",
    "feedback": "{remark}",
    "additional_notes": "Note: {remark}",
}
"""What the mover added, each on a line of its own."""

NEWS: Final[dict[Action, tuple[str, str]]] = {
    Action.APPLY: ("application_received", "{title}: there is a new application, for {amount}."),
    Action.INITIALIZE: ("negotiation_begun", "{title}: a negotiation has begun, at {amount}."),
    Action.INVITE: ("invitation_received", "{title}: there is an invitation, for {amount}."),
    Action.EDIT_PROPOSAL: ("proposal_edited", "{title}: the application was edited; it is for {amount}."),
    Action.ACCEPT_PROPOSAL: ("proposal_accepted", "{title}: the {mover} has accepted {agreed}. {next}"),
    Action.CONFIRM_TERMS: ("terms_confirmed", "{title}: the influencer has confirmed {agreed}. {next}"),
    Action.NEGOTIATION_AMOUNT: ("offer_received", "{title}: the {mover} proposes {amount}."),
    Action.SET_AMOUNT: ("amount_set", "{title}: the brand has set the amount to {amount}."),
    Action.DECLINE_PROPOSAL: ("proposal_declined", "{title}: the {mover} has declined {amount}."),
    Action.RETRACT_PROPOSAL: ("proposal_retracted", "{title}: the brand has ended the negotiation."),
    Action.WITHDRAW_PROPOSAL: ("proposal_withdrawn", "{title}: the influencer has withdrawn."),
    Action.PAYMENT_CAPTURED: ("deal_funded", "{title}: {paid} is paid and held in escrow. Work can begin."),
    Action.PAYMENT_FAILED: ("payment_failed", "{title}: the payment did not go through; try again."),
    Action.PAYMENT_ABANDONED: ("payment_abandoned", "{title}: the payment was not completed; try again."),
    Action.WORK_SUBMISSION: ("work_submitted", "{title}: the work is there. {review}"),
    Action.APPROVE_WORK: ("work_approved", "{title}: the work is approved; {released} is released."),
    Action.AUTO_APPROVE: (
        "work_approved",
        "{title}: the work is approved by itself; {released} is released.",
    ),
    Action.CHANGE_REQUEST: ("changes_requested", "{title}: the brand asks for changes. {changes}"),
    Action.DELIVERY_OVERDUE: (
        "delivery_overdue",
        "{title}: the work did not come in time; {refunded} goes back.",
    ),
    Action.CANCEL_DEAL: ("deal_cancelled", "{title}: the {mover} has cancelled the deal. {charged}"),
    Action.PROPOSE_CANCEL: ("cancel_proposed", "{title}: the {mover} proposes to cancel: {proposal}."),
    Action.ACCEPT_CANCEL: ("cancel_accepted", "{title}: the {mover} has accepted to cancel. {split}"),
    Action.REJECT_CANCEL: ("cancel_rejected", "{title}: the {mover} has not accepted to cancel."),
    Action.DISPUTE: ("dispute_opened", "{title}: the {mover} has opened a dispute."),
    Action.CHARGED_BACK: ("charged_back", "{title}: the brand's bank has taken the payment back."),
    Action.DISPUTE_REPLY: ("dispute_replied", "{title}: the {mover} has replied to the dispute."),
    Action.WITHDRAW_DISPUTE: ("dispute_withdrawn", "{title}: the {mover} has withdrawn the dispute."),
    Action.RESOLVE_DISPUTE: ("dispute_resolved", "{title}: an operator has decided the dispute. {split}"),
    Action.REFUND: ("deal_refunded", "{title}: an operator gives {refunded} back to the brand."),
    Action.OFFER_EXPIRED: ("offer_expired", "{title}: the offer of {amount} has expired."),
    Action.PAYMENT_EXPIRED: (
        "payment_expired",
        "{title}: {agreed} was not paid in time; the deal has expired.",
    ),
    Action.REMINDER: ("deal_reminder", "{title}: {left} left to {todo}."),
    Action.POSTING_CANCELLED: ("posting_cancelled", "{title}: the {posting} has been cancelled."),
}
"""The notification of each move: its kind and its words. A prompt is news to nobody."""

DISPUTE_WAITS: Final = (
    "dispute_waits",
    "{title}: a dispute opened by the {opener} waits for a decision{waited}.",
)
"""What operators hear of a dispute, and are reminded of."""
