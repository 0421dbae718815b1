"""Every move up to the acceptance: who makes it, what it does, when it is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from stoory.actor import Role
from stoory.deals.deal import BODY, TEXT_INPUT, Event, Prompt
from stoory.deals.rules import open_actions
from stoory.deals.states import Action, State
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, accepted, at_the_last_offer, rs, terms

PENDING_BRAND = [
    "accept_proposal",
    "negotiate_amount",
    "negotiation_amount",
    "set_amount",
    "decline_proposal",
    "retract_proposal",
]


def test_asha_accepts_and_pays_next():
    bargain = Bargain()
    bargain.press(ASHA, "accept_proposal", amount=5000, additional_notes="Great proposal, let's proceed!")
    assert (bargain.state, bargain.turn) == (State.ACCEPTED, Role.BRAND_OWNER)
    assert bargain.deal.agreed_amount == rs(5000)
    assert bargain.deal.accepted_at == bargain.now


def test_accepting_binds_the_amount_on_the_table_even_unnamed():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    bargain.press(RAVI, "accept_proposal")
    assert bargain.deal.agreed_amount == rs(4500)


def test_accepting_an_amount_that_is_no_longer_on_the_table_is_refused():
    bargain = Bargain()
    assert bargain.conflict(ASHA, "accept_proposal", amount=4999) == "offer_changed"
    assert bargain.state is State.INITIAL


def test_what_ravi_has_not_confirmed_he_confirms_before_payment():
    bargain = accepted(confirmed=False)
    assert bargain.turn is Role.INFLUENCER
    assert bargain.conflict(ASHA, "proceed_to_payment") == "awaiting_influencer"
    bargain.press(RAVI, "confirm_terms")
    assert (bargain.state, bargain.turn) == (State.ACCEPTED, Role.BRAND_OWNER)
    assert bargain.deal.influencer_confirmed


def test_terms_are_confirmed_only_once():
    assert accepted().conflict(RAVI, "confirm_terms") == "invalid_action"


def test_asha_cannot_confirm_for_ravi():
    assert accepted(confirmed=False).conflict(ASHA, "confirm_terms") == "invalid_action"


def test_ravi_confirms_an_invitation_by_accepting_it():
    bargain = Bargain(Action.INVITE, ASHA)
    bargain.press(RAVI, "accept_proposal")
    assert (bargain.state, bargain.turn) == (State.ACCEPTED, Role.BRAND_OWNER)
    assert bargain.deal.influencer_confirmed


def test_ravi_confirms_by_naming_an_amount_himself():
    bargain = Bargain(Action.INVITE, ASHA)
    bargain.offer(RAVI, 5500)
    assert bargain.deal.influencer_confirmed
    bargain.press(ASHA, "accept_proposal")
    assert bargain.turn is Role.BRAND_OWNER


def test_the_first_negotiate_button_opens_the_negotiation_and_asks():
    bargain = Bargain()
    before = bargain.deal
    event = bargain.press(ASHA, "negotiate_amount")
    assert isinstance(event, Event)
    assert (bargain.state, bargain.turn) == (State.NEGOTIATING, Role.BRAND_OWNER)
    assert bargain.deal.deadlines == before.deadlines
    assert bargain.deal.offers == before.offers


def test_a_later_negotiate_button_only_asks_and_asks_the_same_again():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    before = bargain.deal
    first, again = bargain.press(ASHA, "negotiate_amount"), bargain.press(ASHA, "negotiate_amount")
    assert (
        first
        == again
        == Prompt(Action.NEGOTIATE_AMOUNT, asks=Action.NEGOTIATION_AMOUNT, by_role=Role.BRAND_OWNER)
    )
    assert bargain.deal == before


def test_a_prompt_that_already_holds_its_answer_is_the_answer():
    for opened in (False, True):
        bargain = Bargain()
        if opened:
            bargain.press(ASHA, "negotiate_amount")
        event = bargain.press(ASHA, "negotiate_amount", proposed_amount=4500, reasoning="Market rates")
        assert isinstance(event, Event)
        assert event.action is Action.NEGOTIATION_AMOUNT
        assert bargain.deal.amount == rs(4500)
        assert bargain.turn is Role.INFLUENCER


def test_a_prompt_with_half_an_answer_still_asks():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    assert isinstance(bargain.press(ASHA, "negotiate_amount", reasoning="Market rates"), Prompt)


def test_an_offer_passes_the_turn():
    bargain = Bargain()
    bargain.offer(ASHA, 4500, reasoning="Based on market rates and campaign scope", deliver_by="2026-04-01")
    assert (bargain.state, bargain.turn) == (State.NEGOTIATING, Role.INFLUENCER)
    offer = bargain.deal.offers[-1]
    assert (offer.n, offer.by_role, offer.amount) == (2, Role.BRAND_OWNER, rs(4500))
    assert offer.reasoning == "Based on market rates and campaign scope"
    bargain.offer(RAVI, 4800)
    assert bargain.turn is Role.BRAND_OWNER


def test_an_offer_needs_no_button_first():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    assert bargain.state is State.NEGOTIATING


def test_the_delivery_date_is_the_last_one_named():
    bargain = Bargain()
    assert bargain.deal.deliver_by is None
    bargain.offer(ASHA, 4500, deliver_by="2026-04-01")
    bargain.offer(RAVI, 4800)
    assert str(bargain.deal.deliver_by) == "2026-04-01"
    bargain.offer(ASHA, 4600, deliver_by="2026-05-01")
    assert str(bargain.deal.deliver_by) == "2026-05-01"


def test_without_a_named_date_the_postings_holds():
    assert Bargain(pinned=terms(deliver_by=date(2026, 6, 1))).deal.deliver_by == date(2026, 6, 1)


def test_an_offer_equal_to_the_one_on_the_table_is_refused():
    error = Bargain().invalid(ASHA, "negotiation_amount", door=TEXT_INPUT, proposed_amount=5000)
    assert error.code == "offer_unchanged"
    assert error.errors[0].field == "values.proposed_amount"


def test_after_the_sixth_offer_there_is_only_accept_or_decline():
    bargain = at_the_last_offer()
    assert bargain.deal.rounds_left == 0
    assert bargain.conflict(RAVI, "negotiation_amount", proposed_amount=6000) == "no_rounds_left"
    assert bargain.conflict(RAVI, "negotiate_amount") == "no_rounds_left"
    assert open_actions(bargain.deal, Role.INFLUENCER) == [
        "accept_proposal", "decline_proposal", "withdraw_proposal",
    ]  # fmt: skip


def test_ravi_edits_his_application_until_it_is_answered():
    bargain = Bargain()
    bargain.press(RAVI, "edit_proposal", door=BODY, proposed_amount=6000, message="Two reels")
    assert (bargain.state, bargain.turn) == (State.INITIAL, Role.BRAND_OWNER)
    assert [(o.n, o.amount, o.by_role) for o in bargain.deal.offers] == [(1, rs(6000), Role.INFLUENCER)]
    bargain.offer(ASHA, 5500)
    assert bargain.conflict(RAVI, "edit_proposal", proposed_amount=6500) == "invalid_action"


def test_a_brand_that_has_begun_to_negotiate_is_not_overtaken_by_an_edit():
    bargain = Bargain()
    bargain.press(ASHA, "negotiate_amount")
    assert bargain.conflict(RAVI, "edit_proposal", proposed_amount=6000) == "invalid_action"


def test_an_edit_without_another_amount_leaves_the_offer_alone():
    bargain = Bargain()
    offers = bargain.deal.offers
    edits: list[dict[str, Any]] = [{"message": "Hello"}, {"proposed_amount": 5000}]
    for data in edits:
        event = bargain.press(RAVI, "edit_proposal", **data)
        assert isinstance(event, Event)
        assert event.amount is None
    assert bargain.deal.offers == offers


def test_an_amount_the_brand_set_counts_as_an_answer_to_the_application():
    bargain = Bargain()
    bargain.press(ASHA, "set_amount", amount=4500)
    assert bargain.state is State.INITIAL
    assert bargain.conflict(RAVI, "edit_proposal", proposed_amount=6000) == "invalid_action"


def test_an_invitation_is_not_ravis_to_edit():
    bargain = Bargain(Action.INVITE, ASHA)
    assert bargain.conflict(RAVI, "edit_proposal", proposed_amount=6000) == "invalid_action"


def test_declining_ends_the_negotiation():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    bargain.press(RAVI, "decline_proposal", reason="Too little")
    assert (bargain.state, bargain.turn) == (State.DECLINED, None)


def test_only_the_awaited_side_declines():
    assert Bargain().conflict(RAVI, "decline_proposal") == "not_your_turn"


def test_asha_retracts_whoever_is_awaited():
    for answered in (False, True):
        bargain = Bargain()
        if answered:
            bargain.offer(ASHA, 4500)
        bargain.press(ASHA, "retract_proposal")
        assert bargain.state is State.DECLINED


def test_ravi_withdraws_whoever_is_awaited_while_nothing_is_paid():
    answered = Bargain()
    answered.offer(ASHA, 4500)
    for bargain in (Bargain(), answered, accepted()):
        bargain.press(RAVI, "withdraw_proposal")
        assert (bargain.state, bargain.turn) == (State.WITHDRAWN, None)


def test_asha_cancels_what_she_accepted_while_it_is_unpaid():
    bargain = accepted()
    bargain.press(ASHA, "cancel_deal", reason="Budget cut")
    assert (bargain.state, bargain.turn) == (State.CANCELLED, None)
    assert bargain.deal.agreed_amount == rs(5000)


def test_ravi_cannot_cancel_an_unpaid_deal_but_withdraw():
    assert accepted().conflict(RAVI, "cancel_deal") == "invalid_action"


def test_a_cancelled_posting_declines_what_was_not_accepted_and_cancels_what_was():
    for bargain, end in ((Bargain(), State.DECLINED), (accepted(), State.CANCELLED)):
        bargain.system(Action.POSTING_CANCELLED)
        assert bargain.state is end


def test_the_wrong_turn_is_told_what_can_be_done_instead():
    bargain = Bargain()
    assert bargain.conflict(RAVI, "accept_proposal") == "not_your_turn"
    assert open_actions(bargain.deal, Role.INFLUENCER) == ["edit_proposal", "withdraw_proposal"]
    assert open_actions(bargain.deal, Role.BRAND_OWNER) == PENDING_BRAND


@pytest.mark.parametrize("action", ["retract_proposal", "set_amount", "offer_expired", "posting_cancelled"])
def test_a_move_ravi_can_never_make_is_not_a_question_of_turns(action: str):
    assert Bargain().conflict(RAVI, action) == "invalid_action"


def test_a_move_of_another_state_is_refused():
    assert Bargain().conflict(ASHA, "proceed_to_payment") == "invalid_action"
    assert accepted().conflict(ASHA, "accept_proposal") == "invalid_action"


@pytest.mark.parametrize("action", ["dance", "apply", "invite", "", "ACCEPT_PROPOSAL"])
def test_an_unknown_action_is_invalid(action: str):
    assert Bargain().wrong_fields(ASHA, action) == ["action"]


def test_only_inputs_come_through_the_text_input():
    assert Bargain().wrong_fields(ASHA, "accept_proposal", door=TEXT_INPUT) == ["input_type"]


def test_nothing_happens_to_a_closed_deal():
    bargain = Bargain()
    bargain.press(ASHA, "decline_proposal")
    for who in (ASHA, RAVI, OM):
        assert open_actions(bargain.deal, who.role) == []
        assert bargain.conflict(who, "accept_proposal") == "invalid_action"
