"""The rules are held to the book: what is offered, what is refused and why, where each move leads and who is next.

Asha and Ravi stand in turn wherever a deal can stand, and everybody tries everything there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from stoory.actor import Role
from stoory.deals.deal import BUTTON, TEXT_INPUT, Deal, Event, Press, Prompt, Unchanged, system_press
from stoory.deals.history import evolve
from stoory.deals.moves import decide
from stoory.deals.rules import MOVES, open_actions
from stoory.deals.states import Action, State
from stoory.errors import Conflict
from tests.rules.bargain import (
    ASHA,
    OM,
    RAVI,
    Bargain,
    Person,
    accepted,
    at_the_last_offer,
    disputed,
    funded,
    submitted,
)
from tests.rules.book import KNOWN, LEADS, NOT_IN_THE_BOOK, PAGES, Lead, Page

LONG: Final = timedelta(days=400)
"""After so long every clock has run out."""

INPUTS: Final = {
    "negotiation_amount", "work_submission", "change_request", "propose_cancel", "dispute", "dispute_reply",
    "resolve_dispute",
}  # fmt: skip
"""What arrives as text input; the rest are buttons, or doors of their own."""

ASKED: Final = {
    "negotiate_amount": "negotiation_amount",
    "submit_work": "work_submission",
    "request_changes": "change_request",
    "open_dispute": "dispute",
}
"""The prompts, and what each asks for."""

OPEN_TO_BOTH: Final = {"propose_cancel", "open_dispute", "dispute"}


def pressed(bargain: Bargain, who: Person, *moves: str) -> Bargain:
    """Let somebody make moves."""
    for move in moves:
        door = TEXT_INPUT if move in INPUTS else BUTTON
        bargain.press(who, move, door=door, **filled(bargain.deal, move))
    return bargain


def filled(deal: Deal, move: str) -> dict[str, Any]:
    """Return a form of that move, well filled in."""
    payment = {"order_id": "o", "payment_id": "p", "amount": 5000}
    forms: dict[str, dict[str, Any]] = {
        "edit_proposal": {"proposed_amount": 6500},
        "negotiation_amount": {"proposed_amount": 7000 + len(deal.offers)},
        "set_amount": {"amount": 7500 + len(deal.offers) if deal.rounds_left else deal.amount.to_wire()},
        "work_submission": {"description": "Two videos"},
        "change_request": {"feedback": "Show the logo"},
        "propose_cancel": {"refund_amount": 1000},
        "dispute": {"reason": "It is not what we agreed"},
        "dispute_reply": {"reason": "It is"},
        "resolve_dispute": {"release_amount": deal.held.to_wire(), "refund_amount": 0, "reason": "Seen"},
        "refund": {"amount": 1, "reason": "One photo less"},
        "payment_captured": payment,
        "payment_failed": payment,
    }
    reminded = [{"timer": each.timer.value, "n": each.n} for each in deal.reminders[:1]]
    return reminded[0] if move == "reminder" and reminded else forms.get(move, {})


def lowered() -> Bargain:
    """Return an application of 5,000 for which Asha has set 4,500."""
    bargain = Bargain()
    bargain.press(ASHA, "set_amount", amount=4500)
    return bargain


def begun(opening: Action = Action.INITIALIZE) -> Bargain:
    """Return a deal Asha has begun, to which Ravi has not said a word."""
    return Bargain(opening, ASHA)


def ravis_last_offer() -> Bargain:
    """Return a deal with six offers, the last of them Ravi's."""
    bargain = begun(Action.INVITE)
    for who in (RAVI, ASHA, RAVI, ASHA, RAVI):
        pressed(bargain, who, "negotiation_amount")
    return bargain


def sent_back(times: int = 1) -> Bargain:
    """Return a deal whose work Asha has sent back so often."""
    bargain = submitted()
    for n in range(times):
        pressed(bargain, RAVI, *(["work_submission"] if n else []))
        pressed(bargain, ASHA, "change_request")
    return bargain


def expired() -> Bargain:
    """Return a deal nobody answered."""
    bargain = Bargain()
    bargain.wait(hours=72)
    return bargain


DEALS: Final[dict[str, Callable[[], Bargain]]] = {
    "initial: Ravi has applied": Bargain,
    "initial: Asha has set a lower amount": lowered,
    "initial: Asha has set six amounts": lambda: pressed(Bargain(), ASHA, *["set_amount"] * 5),
    "initial: Asha has begun": begun,
    "initial: Ravi is invited": lambda: begun(Action.INVITE),
    "negotiating: Asha has begun and asks": lambda: pressed(begun(), ASHA, "negotiate_amount"),
    "negotiating: Asha has made an offer": lambda: pressed(Bargain(), ASHA, "negotiation_amount"),
    "negotiating: Ravi has made an offer": lambda: pressed(begun(Action.INVITE), RAVI, "negotiation_amount"),
    "negotiating: Asha has made the last offer": at_the_last_offer,
    "negotiating: Ravi has made the last offer": ravis_last_offer,
    "accepted: Ravi has confirmed": accepted,
    "accepted: Ravi has not confirmed": lambda: accepted(confirmed=False),
    "payment_pending": lambda: pressed(accepted(), ASHA, "proceed_to_payment"),
    "in_progress": funded,
    "in_progress: Asha proposes to cancel": lambda: pressed(funded(), ASHA, "propose_cancel"),
    "in_progress: Ravi proposes to cancel": lambda: pressed(funded(), RAVI, "propose_cancel"),
    "work_submitted": submitted,
    "work_submitted: Asha proposes to cancel": lambda: pressed(submitted(), ASHA, "propose_cancel"),
    "work_submitted: Ravi proposes to cancel": lambda: pressed(submitted(), RAVI, "propose_cancel"),
    "work_submitted: it was sent back three times": lambda: pressed(sent_back(3), RAVI, "work_submission"),
    "changes_requested": sent_back,
    "changes_requested: Asha proposes to cancel": lambda: pressed(sent_back(), ASHA, "propose_cancel"),
    "changes_requested: Ravi proposes to cancel": lambda: pressed(sent_back(), RAVI, "propose_cancel"),
    "disputed: by Asha, whose turn it was": disputed,
    "disputed: by Ravi, while Asha reviews": lambda: pressed(submitted(), RAVI, "dispute"),
    "disputed: by Ravi, who was to deliver": lambda: pressed(funded(), RAVI, "dispute"),
    "disputed: by Asha, while Ravi makes changes": lambda: pressed(sent_back(), ASHA, "dispute"),
    "completed": lambda: pressed(submitted(), ASHA, "approve_work"),
    "declined": lambda: pressed(Bargain(), ASHA, "decline_proposal"),
    "withdrawn": lambda: pressed(Bargain(), RAVI, "withdraw_proposal"),
    "expired": expired,
    "cancelled: before payment": lambda: pressed(accepted(), ASHA, "cancel_deal"),
    "cancelled: after payment": lambda: pressed(funded(), RAVI, "cancel_deal"),
}
"""How a deal comes to each page of the book."""

PEOPLE: Final = {Role.BRAND_OWNER: ASHA, Role.INFLUENCER: RAVI, Role.ADMIN: OM}
SIDES: Final = (Role.BRAND_OWNER, Role.INFLUENCER)
FUNDED: Final = [name for name, page in PAGES.items() if "refund" in page.om]

everywhere = pytest.mark.parametrize("name", PAGES)
everybody = pytest.mark.parametrize("role", list(Role))
each_side = pytest.mark.parametrize("side", SIDES)


def press(bargain: Bargain, role: Role, move: str, **data: Any) -> Press:
    """Return somebody's press; what presses by itself does so when its time has come."""
    if role is Role.SYSTEM:
        return system_press(Action(move), bargain.now + LONG, data)
    door = TEXT_INPUT if move in INPUTS else BUTTON
    who = PEOPLE[role]
    return Press(actor_id=who.id, role=role, action=move, data=data, now=bargain.now, door=door)


def lead(deal: Deal, wish: Press) -> Lead:
    """Return where a press leads, and whose turn it is then."""
    match decide(deal, wish):
        case Prompt(asks=asks):
            return f"asks {asks}", deal.awaiting_role
        case Unchanged(action):
            return f"shows {action}", deal.awaiting_role
        case Event() as event:
            after = evolve(deal, event)
            return after.state.value, after.awaiting_role


def code(deal: Deal, wish: Press) -> str:
    """Return with which code a press is refused, having seen that what is allowed stands beside it."""
    with pytest.raises(Conflict) as refused:
        decide(deal, wish)
    assert refused.value.extra["allowed"] == open_actions(deal, wish.role)
    return refused.value.code


def by_the_book(page: Page, role: Role) -> dict[str, Lead]:
    """Return every move of that role, and where it leads."""
    return {move: page.lead(move) for move in page.offered(role)}


def test_the_book_knows_every_state_and_every_move():
    assert {page.state for page in PAGES.values()} == set(State)
    assert {action for _, action in MOVES} - KNOWN == NOT_IN_THE_BOOK
    assert DEALS.keys() == PAGES.keys()


def test_every_line_of_the_book_is_used():
    used = {(page.state, move) for page in PAGES.values() for role in Role for move in page.offered(role)}
    assert used == {*LEADS, ("disputed", "withdraw_dispute")}


@everywhere
def test_asha_and_ravi_get_where_the_book_begins(name: str):
    deal = DEALS[name]().deal
    assert (deal.state, deal.awaiting_role) == (PAGES[name].state, PAGES[name].turn)


@everywhere
@everybody
def test_everybody_is_offered_what_the_book_says(name: str, role: Role):
    offered = open_actions(DEALS[name]().deal, role)
    assert {*offered} - NOT_IN_THE_BOOK == PAGES[name].offered(role)


@everywhere
@everybody
def test_every_move_leads_where_the_book_says(name: str, role: Role):
    bargain = DEALS[name]()
    expected = by_the_book(PAGES[name], role)
    found = {
        move: lead(bargain.deal, press(bargain, role, move, **filled(bargain.deal, move)))
        for move in expected
    }
    assert found == expected


@everywhere
@everybody
def test_every_other_move_is_refused_as_the_book_says(name: str, role: Role):
    bargain, page = DEALS[name](), PAGES[name]
    expected = {move: page.code(role, move) for move in KNOWN - page.offered(role)}
    assert {move: code(bargain.deal, press(bargain, role, move)) for move in expected} == expected


@everywhere
@each_side
def test_om_may_do_for_a_side_what_that_side_may_and_nothing_else(name: str, side: Role):
    bargain, page = DEALS[name](), PAGES[name]
    deal, expected = bargain.deal, by_the_book(page, side)
    found = {
        move: lead(deal, press(bargain, Role.ADMIN, move, as_role=side.value, **filled(deal, move)))
        for move in expected
    }
    assert found == expected
    refused = {move: page.code(side, move) for move in KNOWN - page.offered(side)}
    told = {move: code(deal, press(bargain, Role.ADMIN, move, as_role=side.value)) for move in refused}
    assert told == refused


@everywhere
def test_om_moves_for_the_one_side_that_may_and_for_the_awaited_one_where_both_may(name: str):
    bargain, page = DEALS[name](), PAGES[name]
    expected = {
        **dict.fromkeys(page.asha, Role.BRAND_OWNER),
        **dict.fromkeys(page.ravi, Role.INFLUENCER),
        **dict.fromkeys(page.om, Role.ADMIN),
        **dict.fromkeys(page.asha & page.ravi, page.turn),
    }
    happened = {
        move: decide(bargain.deal, press(bargain, Role.ADMIN, move, **filled(bargain.deal, move)))
        for move in expected
    }
    moved = {move: each.by_role for move, each in happened.items() if not isinstance(each, Unchanged)}
    assert moved == {move: role for move, role in expected.items() if move in moved}
    assert page.asha & page.ravi <= OPEN_TO_BOTH


@everywhere
@each_side
def test_a_prompt_that_holds_its_answer_leads_where_the_answer_leads(name: str, side: Role):
    bargain, page = DEALS[name](), PAGES[name]
    for prompt in page.offered(side) & ASKED.keys():
        answer = ASKED[prompt]
        wish = press(bargain, side, prompt, **filled(bargain.deal, answer))
        assert lead(bargain.deal, wish) == page.lead(answer)


@pytest.mark.parametrize("name", FUNDED)
def test_a_deal_of_which_om_gives_everything_back_is_cancelled(name: str):
    bargain = DEALS[name]()
    assert lead(bargain.deal, press(bargain, Role.ADMIN, "refund", reason="So")) == ("cancelled", None)


@pytest.mark.parametrize("name", [name for name in PAGES if PAGES[name].state == "disputed"])
def test_a_dispute_in_which_nothing_is_released_is_cancelled(name: str):
    bargain = DEALS[name]()
    divided = {"release_amount": 0, "refund_amount": 5000, "reason": "Nothing came"}
    assert lead(bargain.deal, press(bargain, Role.ADMIN, "resolve_dispute", **divided)) == ("cancelled", None)
