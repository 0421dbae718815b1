"""The table itself: what it must contain, and which tables are refused at import."""

from __future__ import annotations

import pytest

from stoory.actor import Role
from stoory.deals import words
from stoory.deals.forms import FORMS
from stoory.deals.projections import STATUS
from stoory.deals.rules import (
    ACTIONS,
    INPUTS,
    MOVES,
    OPENINGS,
    Move,
    check_table,
    open_actions,
    refusals,
)
from stoory.deals.states import CLOSED, PARTICIPANTS, ROLES, Action, Party, State, Turn
from stoory.deals.timers import TIMERS
from tests.rules.bargain import Bargain, accepted


def test_the_table_in_use_is_a_good_one():
    check_table(MOVES, TIMERS)


def test_a_closed_state_with_a_move_is_refused():
    reopening = Move(by=Party.EITHER, to=State.INITIAL)
    with pytest.raises(ValueError, match="declined is closed"):
        check_table(MOVES | {(State.DECLINED, Action.EDIT_PROPOSAL): reopening}, TIMERS)


def test_a_move_to_nowhere_is_refused():
    lost = Move(by=Party.EITHER, to="nowhere")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="which is no state"):
        check_table(MOVES | {(State.INITIAL, Action.CANCEL_DEAL): lost}, TIMERS)


@pytest.mark.parametrize("state", sorted(set(State) - CLOSED))
def test_a_state_in_which_a_deal_could_wait_for_ever_is_refused(state: State):
    endless = {key: move for key, move in MOVES.items() if key[0] is not state or key[1] not in TIMERS}
    with pytest.raises(ValueError, match=f"stay {state} for ever"):
        check_table(endless, TIMERS)


def test_an_operator_who_ends_a_state_is_as_good_as_a_clock():
    key = (State.ACCEPTED, Action.PAYMENT_EXPIRED)
    check_table(
        MOVES | {key: Move(by=Party.ADMIN, to=State.EXPIRED, next=Turn.NOBODY)},
        {action: timer for action, timer in TIMERS.items() if action is not Action.PAYMENT_EXPIRED},
    )


def test_an_end_at_which_somebody_is_still_awaited_is_refused():
    dangling = Move(by=Party.EITHER, to=State.DECLINED)
    with pytest.raises(ValueError, match="leads to declined but the turn of same role"):
        check_table(MOVES | {(State.INITIAL, Action.CANCEL_DEAL): dangling}, TIMERS)


def test_a_prompt_for_input_nothing_takes_is_refused():
    deaf = Move(by=Party.AWAITED, asks=Action.NEGOTIATION_AMOUNT)
    with pytest.raises(ValueError, match="which is no move there"):
        check_table(MOVES | {(State.ACCEPTED, Action.NEGOTIATE_AMOUNT): deaf}, TIMERS)


def test_every_state_has_a_status_and_every_move_its_words():
    assert set(STATUS) == set(State)
    unspoken = {
        Action.PROCEED_TO_PAYMENT,  # its message is written once Razorpay knows the order
        Action.SUBMIT_WORK,
        Action.REQUEST_CHANGES,
        Action.OPEN_DISPUTE,
    }
    assert set(words.SAID) == (set(ACTIONS) | set(OPENINGS)) - unspoken
    assert set(words.NEWS) == set(words.SAID) - {Action.NEGOTIATE_AMOUNT}
    assert set(words.ASKED) == {move.asks for move in MOVES.values() if move.asks}
    assert set(ACTIONS) | set(OPENINGS) == set(Action)


def test_every_move_of_a_person_has_a_form():
    people = {*PARTICIPANTS, Role.ADMIN}
    assert set(FORMS) == {action for (_, action), move in MOVES.items() if people & {*ROLES[move.by]}}


def test_the_inputs_are_those_of_the_process():
    assert sorted(INPUTS) == [
        "change_request",
        "dispute",
        "dispute_reply",
        "negotiation_amount",
        "propose_cancel",
        "resolve_dispute",
        "work_submission",
    ]


def test_open_and_refused_moves_together_are_all_moves():
    for bargain in (Bargain(), accepted(), accepted(confirmed=False)):
        for role in Role:
            opened, refused = open_actions(bargain.deal, role), refusals(bargain.deal, role)
            assert sorted([*opened, *refused]) == sorted(ACTIONS)


def test_every_refusal_says_why():
    refused = refusals(Bargain().deal, Role.INFLUENCER)
    assert refused[Action.ACCEPT_PROPOSAL].message == "It is not your turn: the brand answers next."
    assert refused[Action.RETRACT_PROPOSAL].message == "retract_proposal is never a move of the influencer."
    assert refused[Action.CONFIRM_TERMS].message == "confirm_terms is not possible: the deal is initial."


def test_an_operator_is_open_to_the_moves_of_both_sides():
    bargain = Bargain()
    both = {*open_actions(bargain.deal, Role.BRAND_OWNER), *open_actions(bargain.deal, Role.INFLUENCER)}
    assert set(open_actions(bargain.deal, Role.ADMIN)) == both
