"""Om, an operator, makes the moves of both sides, and it is recorded that it was he."""

from __future__ import annotations

from stoory.actor import Role
from stoory.deals.deal import Event
from tests.rules.bargain import OM, Bargain, accepted


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
