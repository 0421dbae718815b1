"""What the system says after each move, what it asks for, and who else is told."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from stoory.actor import Role
from stoory.deals import buttons, phrases
from stoory.deals.amounts import rupees
from stoory.deals.buttons import ActionData, Checkout
from stoory.deals.deal import Deal, Event, Prompt
from stoory.deals.phrases import remarks, told
from stoory.deals.projections import FlowContext, flow_context
from stoory.deals.rules import MOVES
from stoory.deals.states import PARTICIPANTS, Action, other_side
from stoory.deals.words import (
    AGREED,
    ASIDE,
    ASKED,
    DISPUTE_WAITS,
    HIRED,
    NEWS,
    NEXT_STEPS,
    PAY,
    PAY_NOW,
    PAYERS_ONLY,
    SAID,
    SURPLUS,
)


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
    if _is_silent(deal, event):
        return []
    said = told(_words_of(event), deal, event)
    match event.action:
        case Action.NEGOTIATE_AMOUNT:
            return [_asking(deal, MOVES[deal.state, event.action].asks or event.action, deal.awaiting_role)]
        case Action.ACCEPT_PROPOSAL:
            agreed = told(AGREED, deal, event) + remarks(event)
            return [_line(deal, said), _line(deal, agreed, buttons.offered(deal))]
        case _ if event.action in ASIDE or _is_surplus(event):
            return [_line(deal, said + remarks(event))]
        case _:
            return [_line(deal, said + remarks(event), buttons.offered(deal))]


def _words_of(event: Event) -> str:
    if event.action is Action.POSTING_CANCELLED and event.data.get("cause") == "hired":
        return HIRED
    if _is_surplus(event):
        return SURPLUS
    return SAID[event.action]


def payment_line(deal: Deal, checkout: Checkout) -> Line:
    """Return the message that opens Razorpay's checkout; it is written once Razorpay knows the order."""
    shown = ActionData(buttons=[PAY_NOW], checkout=checkout)
    return _line(deal, PAY.format(agreed=rupees(deal.agreed_amount or deal.amount)), shown)


def prompt_line(deal: Deal, prompt: Prompt) -> Line:
    """Return the answer to a press that only asked for input. No message is written: nothing happened."""
    return _asking(deal, prompt.asks, prompt.by_role)


def next_steps(event: Event) -> list[str]:
    """Return what follows, as the answer to the press lists it."""
    return list(NEXT_STEPS.get(event.action, ()))


def notices(deal: Deal, event: Event) -> list[Notice]:
    """Return who else is told of a move, given the deal after it.

    A reminder goes to the awaited side, a participant's move to the other one, any other move to both.
    """
    if event.action not in NEWS or _is_unheard(event):
        return []
    kind, words = NEWS[event.action]
    if _is_surplus(event):
        kind, words = "payment_returned", "{title}: " + SURPLUS
    if event.action is Action.POSTING_CANCELLED and event.data.get("cause") == "hired":
        words = "{title}: " + HIRED
    if _is_for_operators(deal, event):
        kind, words = DISPUTE_WAITS
    text = told(words, deal, event)
    return [Notice(role=role, kind=kind, text=text) for role in _listeners(deal, event)]


def _listeners(deal: Deal, event: Event) -> tuple[Role, ...]:
    """Return who hears of a move."""
    if event.action is Action.REMINDER:
        return (deal.awaiting_role or Role.BRAND_OWNER,)
    if event.action in PAYERS_ONLY:
        return (Role.BRAND_OWNER,)
    return (other_side(event.role),) if event.role in PARTICIPANTS else PARTICIPANTS


def settles(deal: Deal, lines: list[Line]) -> bool:
    """Tell whether the conversation's open action is answered: by a new one, by calling an operator, by the end."""
    return deal.is_closed or deal.awaiting_role is Role.ADMIN or any(line.action_data for line in lines)


def _is_silent(deal: Deal, event: Event) -> bool:
    """Tell whether nothing is said in the chat: nothing new for the two, or another message says it."""
    return _is_unheard(event) or event.action is Action.PROCEED_TO_PAYMENT or _is_for_operators(deal, event)


def _is_for_operators(deal: Deal, event: Event) -> bool:
    """Tell whether somebody is reminded who takes no part in the chat."""
    return event.action is Action.REMINDER and deal.awaiting_role is Role.ADMIN


def _is_surplus(event: Event) -> bool:
    """Tell whether a payment came that nobody waited for."""
    return event.action is Action.PAYMENT_CAPTURED and event.from_state == event.to_state


def _is_unheard(event: Event) -> bool:
    """Tell whether nobody needs to hear of a move."""
    if event.action is Action.PAYMENT_FAILED:
        return event.from_state == event.to_state
    return event.action is Action.SET_AMOUNT and "n" not in event.data


def _line(deal: Deal, text: str, action_data: ActionData | None = None) -> Line:
    return Line(
        text=text,
        action_data=action_data,
        action_role=deal.awaiting_role if action_data else None,
        flow_context=flow_context(deal),
    )


def _asking(deal: Deal, asks: Action, role: Role | None) -> Line:
    terms = deal.terms
    text = ASKED[asks].format(
        least=rupees(terms.min_amount),
        most=rupees(terms.max_amount),
        rounds=phrases.rounds(deal),
        changes=phrases.changes(deal.changes_left - 1),
    )
    return replace(_line(deal, text, buttons.asked(deal, asks, role)), action_role=role)
