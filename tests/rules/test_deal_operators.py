"""Om, an operator, makes the moves of both sides, and it is recorded that it was he."""

from __future__ import annotations

from stoory.actor import Role
from stoory.deals.deal import Event
from stoory.deals.doors import action_for_status
from stoory.deals.states import Action, State
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, accepted, disputed, funded, rs, submitted


def test_om_moves_for_the_awaited_side():
    bargain = Bargain()
    event = bargain.press(OM, "negotiation_amount", proposed_amount=4500)
    assert isinstance(event, Event)
    assert (event.actor_id, event.role, event.data["as_role"]) == (OM.id, Role.ADMIN, "brand_owner")
    assert bargain.deal.offers[-1].by_role is Role.BRAND_OWNER
    bargain.press(OM, "accept_proposal")
    assert bargain.events[-1].data["as_role"] == "influencer"


def test_om_moves_for_the_side_he_names():
    bargain = Bargain()
    assert bargain.conflict(OM, "accept_proposal", as_role="influencer") == "not_your_turn"
    bargain.press(OM, "edit_proposal", as_role="influencer", proposed_amount=6000)
    assert bargain.deal.offers[0].by_role is Role.INFLUENCER


def test_om_makes_a_move_only_one_side_can_for_that_side():
    bargain = Bargain()
    bargain.press(OM, "withdraw_proposal")
    assert bargain.events[-1].data["as_role"] == "influencer"


def test_om_confirming_for_ravi_counts_as_ravis_word():
    bargain = accepted(confirmed=False)
    bargain.press(OM, "confirm_terms")
    assert bargain.deal.influencer_confirmed


def test_om_is_no_clock():
    assert Bargain().conflict(OM, "offer_expired") == "invalid_action"
    assert Bargain().conflict(OM, "reminder") == "invalid_action"
    assert Bargain().conflict(OM, "posting_cancelled") == "invalid_action"


def test_om_withdraws_a_dispute_for_whoever_opened_it():
    for opener, as_role in ((ASHA, "brand_owner"), (RAVI, "influencer")):
        bargain = submitted()
        bargain.press(opener, "dispute", reason="It is not what we agreed")
        bargain.press(OM, "dispute_reply", reason="I have seen the videos")
        assert bargain.last.by_role is not opener.role
        bargain.press(OM, "withdraw_dispute")
        assert bargain.last.data["as_role"] == as_role


def test_om_answers_a_cancellation_for_whoever_did_not_propose_it():
    bargain = submitted()
    bargain.press(ASHA, "propose_cancel", refund_amount=1000)
    bargain.press(OM, "reject_cancel")
    assert bargain.last.by_role is Role.INFLUENCER


def test_om_completes_a_deal_through_the_status_whosever_turn_it_is():
    assert action_for_status(funded().deal, Role.ADMIN, "completed") is Action.APPROVE_WORK
    assert action_for_status(submitted().deal, Role.ADMIN, "completed") is Action.APPROVE_WORK


def test_a_refund_leaves_nothing_or_enough_to_be_sent():
    bargain = funded()
    assert bargain.wrong_fields(OM, "refund", amount=4999.5, reason="So") == ["data.amount"]
    bargain.press(OM, "refund", amount=4999, reason="So")
    assert bargain.deal.held == rs(1)
    bargain.press(OM, "refund", amount=1, reason="So")
    assert bargain.state is State.CANCELLED


def test_a_dispute_is_over_when_all_of_its_money_went_back():
    bargain = disputed()
    bargain.press(OM, "refund", reason="So")
    assert (bargain.state, bargain.deal.dispute) == (State.CANCELLED, None)


def test_what_a_bank_takes_back_stands_still_until_om_has_decided():
    bargain = submitted()
    bargain.system(Action.CHARGED_BACK, reason="The brand's bank has taken the payment back.")
    assert (bargain.state, bargain.turn, bargain.deal.deadlines) == (State.DISPUTED, Role.ADMIN, {})
    for who in (ASHA, RAVI, OM):
        assert bargain.conflict(who, "withdraw_dispute") == "invalid_action"
    assert bargain.conflict(ASHA, "approve_work") == "invalid_action"
    bargain.press(RAVI, "dispute_reply", reason="The work was approved by phone")
    bargain.press(OM, "resolve_dispute", release_amount=5000, refund_amount=0, reason="So")
    assert bargain.state is State.COMPLETED
