"""What the system says after each move, what it asks for, and who else is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from msgspec import Struct

from stoory.actor import Role
from stoory.deals import buttons
from stoory.deals.amounts import rupees
from stoory.deals.buttons import ActionData
from stoory.deals.deal import Deal, Event, Prompt
from stoory.deals.projections import FlowContext, flow_context
from stoory.deals.rules import MOVES, spoken
from stoory.deals.states import PARTICIPANTS, Action, other_side

WELCOME: Final = "Welcome to the automated negotiation flow!"
ASK: Final = "Which amount would you like to propose? It can be from {least} to {most}. {rounds}"
NEXT_STEPS: Final = (
    "Payment processing will begin",
    "Contract will be generated",
    "Work timeline will be shared",
)

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
    Action.CANCEL_DEAL: "The brand has cancelled this deal before payment. Nothing was charged.",
    Action.OFFER_EXPIRED: "Nobody answered the offer of {amount} in time, so it has expired.",
    Action.PAYMENT_EXPIRED: "The payment of {agreed} did not come in time, so this deal has expired.",
    Action.REMINDER: "A reminder for the {awaited}: {left} left to {todo}.",
    Action.POSTING_CANCELLED: "The {posting} has been cancelled, so this ends here. Nothing was charged.",
}
"""The first message of each move."""

AGREED: Final = "The amount is agreed: {agreed}. {next}"
"""The second message of an acceptance: the one that asks for what comes next."""

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
    Action.CANCEL_DEAL: ("deal_cancelled", "{title}: the brand has cancelled the deal before payment."),
    Action.OFFER_EXPIRED: ("offer_expired", "{title}: the offer of {amount} has expired."),
    Action.PAYMENT_EXPIRED: (
        "payment_expired",
        "{title}: {agreed} was not paid in time; the deal has expired.",
    ),
    Action.REMINDER: ("deal_reminder", "{title}: {left} left to {todo}."),
    Action.POSTING_CANCELLED: ("posting_cancelled", "{title}: the {posting} has been cancelled."),
}
"""The notification of each move: its kind and its words. A prompt is news to nobody."""


class Line(Struct, frozen=True, kw_only=True):
    """One automated message. The action is shown to `action_role` only, the text to both."""

    text: str
    action_data: ActionData | None = None
    action_role: Role | None = None
    flow_context: FlowContext


class Notice(Struct, frozen=True, kw_only=True):
    """A notification for one side."""

    role: Role
    kind: str
    text: str


def messages(deal: Deal, event: Event) -> list[Line]:
    """Return the messages of a move, in order, given the deal after it; at most one asks for an action.

    A move nobody needs to hear of (the brand agrees to the amount already on the table) writes none.
    """
    if _is_silent(event):
        return []
    match event.action:
        case Action.NEGOTIATE_AMOUNT:
            return [_asking(deal, MOVES[deal.state, event.action].asks or event.action)]
        case Action.ACCEPT_PROPOSAL:
            said = _told(SAID[event.action], deal, event)
            agreed = _told(AGREED, deal, event) + _remarks(event)
            return [_line(deal, said), _line(deal, agreed, buttons.offered(deal))]
        case _:
            said = _told(SAID[event.action], deal, event) + _remarks(event)
            return [_line(deal, said, None if event.action is Action.REMINDER else buttons.offered(deal))]


def prompt_line(deal: Deal, prompt: Prompt) -> Line:
    """Return the answer to a press that only asked for input. No message is written: nothing happened."""
    return _asking(deal, prompt.asks)


def next_steps(event: Event) -> list[str]:
    """Return what follows, as the answer to the press lists it."""
    return list(NEXT_STEPS) if event.action is Action.ACCEPT_PROPOSAL else []


def notices(deal: Deal, event: Event) -> list[Notice]:
    """Return who else is told of a move, given the deal after it.

    A reminder goes to the awaited side, a participant's move to the other one, any other move to both.
    """
    if event.action not in NEWS or _is_silent(event):
        return []
    if event.action is Action.REMINDER:
        told = (deal.awaiting_role or Role.BRAND_OWNER,)
    else:
        told = (other_side(event.role),) if event.role in PARTICIPANTS else PARTICIPANTS
    kind, words = NEWS[event.action]
    text = _told(words, deal, event)
    return [Notice(role=role, kind=kind, text=text) for role in told]


def settles(deal: Deal, lines: list[Line]) -> bool:
    """Tell whether what is said now answers the conversation's open action: by a new one, or by the end."""
    return deal.is_closed or any(line.action_data for line in lines)


def _is_silent(event: Event) -> bool:
    return event.action is Action.SET_AMOUNT and "n" not in event.data


def _line(deal: Deal, text: str, action_data: ActionData | None = None) -> Line:
    return Line(
        text=text,
        action_data=action_data,
        action_role=deal.awaiting_role if action_data else None,
        flow_context=flow_context(deal),
    )


def _asking(deal: Deal, asks: Action) -> Line:
    terms = deal.terms
    text = ASK.format(least=rupees(terms.min_amount), most=rupees(terms.max_amount), rounds=_rounds(deal))
    return _line(deal, text, buttons.asked(deal, asks))


def _told(words: str, deal: Deal, event: Event) -> str:
    """Fill in the words. What people wrote is only ever a value here, never part of the pattern."""
    return words.format(
        title=deal.terms.title,
        posting=deal.terms.kind,
        amount=rupees(deal.amount),
        agreed=rupees(deal.agreed_amount or deal.amount),
        mover=spoken(event.by_role),
        other=spoken(other_side(event.by_role)),
        rounds=_rounds(deal),
        next=NEXT.get(deal.awaiting_role, "") if deal.awaiting_role else "",
        awaited=spoken(deal.awaiting_role),
        left=_left(deal, event),
        todo=_todo(deal),
    )


def _rounds(deal: Deal) -> str:
    return ROUNDS[min(deal.rounds_left, 2)].format(rounds_left=deal.rounds_left)


def _remarks(event: Event) -> str:
    said = [words.format(remark=event.data[name]) for name, words in REMARKS.items() if name in event.data]
    return "".join(f"\n{remark}" for remark in said)


def _left(deal: Deal, event: Event) -> str:
    """Return the whole hours left on the next clock: people plan with less time rather than with more."""
    hours = (deal.expires_at - event.at) // timedelta(hours=1) if deal.expires_at else 0
    return {0: "less than an hour", 1: "one hour"}.get(hours, f"{hours} hours")


def _todo(deal: Deal) -> str:
    if deal.is_pending:
        return f"answer the offer of {rupees(deal.amount)}"
    verb = "confirm the terms at" if deal.awaiting_role is Role.INFLUENCER else "pay"
    return f"{verb} {rupees(deal.agreed_amount or deal.amount)}"
