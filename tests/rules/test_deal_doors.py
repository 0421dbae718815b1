"""The doors on the request: PUT status and PUT amount are moves of the deal."""

from __future__ import annotations

import pytest

from stoory.actor import Role
from stoory.deals.deal import BODY
from stoory.deals.doors import action_for_amount, action_for_status
from stoory.deals.projections import projection
from stoory.deals.states import Action, State
from stoory.errors import Conflict, Forbidden
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, Person, accepted, rs


def _refused(bargain: Bargain, who: Person, status: str) -> str:
    with pytest.raises(Conflict) as caught:
        action_for_status(bargain.deal, who.role, status)
    assert "allowed" in caught.value.extra
    return caught.value.code


def _answered() -> Bargain:
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    return bargain


def _declined() -> Bargain:
    bargain = Bargain()
    bargain.press(ASHA, "decline_proposal")
    return bargain


def test_approved_is_accept_proposal():
    assert action_for_status(Bargain().deal, Role.BRAND_OWNER, "approved") is Action.ACCEPT_PROPOSAL
    assert action_for_status(_answered().deal, Role.INFLUENCER, "approved") is Action.ACCEPT_PROPOSAL


def test_approving_out_of_turn_fails_as_the_move_does():
    bargain = Bargain()
    action = action_for_status(bargain.deal, Role.INFLUENCER, "approved")
    assert action is not None
    assert bargain.conflict(RAVI, action) == "not_your_turn"


def test_rejected_by_the_owner_is_a_decline_on_her_turn_else_a_retraction():
    assert action_for_status(Bargain().deal, Role.BRAND_OWNER, "rejected") is Action.DECLINE_PROPOSAL
    assert action_for_status(_answered().deal, Role.BRAND_OWNER, "rejected") is Action.RETRACT_PROPOSAL


def test_rejected_by_the_influencer_is_a_decline_on_her_turn_only():
    assert action_for_status(_answered().deal, Role.INFLUENCER, "rejected") is Action.DECLINE_PROPOSAL
    assert _refused(Bargain(), RAVI, "rejected") == "invalid_transition"


def test_in_progress_asks_for_payment_first():
    for bargain in (Bargain(), accepted()):
        for who in (ASHA, RAVI, OM):
            assert _refused(bargain, who, "in_progress") == "payment_required"


def test_cancelled_by_the_influencer_is_a_withdrawal_while_unpaid():
    for bargain in (Bargain(), _answered(), accepted()):
        assert action_for_status(bargain.deal, Role.INFLUENCER, "cancelled") is Action.WITHDRAW_PROPOSAL


def test_cancelled_by_the_owner_retracts_and_is_answered_rejected():
    bargain = Bargain()
    action = action_for_status(bargain.deal, Role.BRAND_OWNER, "cancelled")
    assert action is Action.RETRACT_PROPOSAL
    bargain.press(ASHA, action)
    assert projection(bargain.deal).status == "rejected"


def test_cancelled_by_the_owner_after_acceptance_is_cancel_deal():
    assert action_for_status(accepted().deal, Role.BRAND_OWNER, "cancelled") is Action.CANCEL_DEAL


@pytest.mark.parametrize("who", [ASHA, RAVI, OM])
def test_the_status_it_already_has_changes_nothing(who: Person):
    for bargain, status in ((Bargain(), "pending"), (accepted(), "approved"), (_declined(), "rejected")):
        assert action_for_status(bargain.deal, who.role, status) is None


@pytest.mark.parametrize("who", [ASHA, RAVI, OM])
def test_every_other_transition_is_impossible(who: Person):
    for bargain, status in (
        (Bargain(), "completed"),
        (accepted(), "pending"), (accepted(), "rejected"), (accepted(), "completed"),
        (_declined(), "approved"), (_declined(), "cancelled"), (_declined(), "in_progress"),
    ):  # fmt: skip
        assert _refused(bargain, who, status) == "invalid_transition"


def test_om_uses_the_door_for_the_awaited_side_or_for_the_side_he_names():
    assert action_for_status(Bargain().deal, OM.role, "cancelled") is Action.RETRACT_PROPOSAL
    assert action_for_status(_answered().deal, OM.role, "cancelled") is Action.WITHDRAW_PROPOSAL
    named = action_for_status(Bargain().deal, OM.role, "cancelled", as_role=Role.INFLUENCER)
    assert named is Action.WITHDRAW_PROPOSAL


def test_the_influencer_never_sets_the_amount():
    for bargain in (Bargain(), accepted()):
        with pytest.raises(Forbidden):
            action_for_amount(bargain.deal, Role.INFLUENCER, rs(5000))


def test_the_amount_on_the_table_is_agreed_to_without_an_offer():
    bargain = Bargain()
    before = bargain.deal
    assert action_for_amount(bargain.deal, Role.BRAND_OWNER, rs(5000)) is Action.SET_AMOUNT
    bargain.press(ASHA, "set_amount", amount=5000)
    assert bargain.deal.agreed_amount == rs(5000)
    assert bargain.deal.offers == before.offers
    assert bargain.deal.deadlines == before.deadlines
    assert bargain.deal.influencer_confirmed
    assert bargain.lines == []
    assert action_for_amount(bargain.deal, Role.BRAND_OWNER, rs(5000)) is None


def test_another_amount_is_an_offer_after_which_it_is_still_the_brands_turn():
    bargain = Bargain()
    bargain.wait(hours=10)
    bargain.press(ASHA, "set_amount", door=BODY, amount=4500)
    assert (bargain.state, bargain.turn) == (State.INITIAL, Role.BRAND_OWNER)
    assert bargain.deal.agreed_amount == bargain.deal.amount == rs(4500)
    assert [offer.by_role for offer in bargain.deal.offers] == [Role.INFLUENCER, Role.BRAND_OWNER]
    assert bargain.deal.expires_at is not None
    assert (bargain.deal.expires_at - bargain.now).total_seconds() == 72 * 3600


def test_less_than_ravi_asked_for_has_to_be_confirmed_by_him():
    bargain = Bargain()
    bargain.press(ASHA, "set_amount", amount=4999)
    assert not bargain.deal.influencer_confirmed
    bargain.press(ASHA, "accept_proposal")
    assert bargain.turn is Role.INFLUENCER


def test_as_much_as_ravi_asked_for_needs_no_confirmation():
    bargain = Bargain()
    for amount in (5001, 5000):
        bargain.press(ASHA, "set_amount", amount=amount)
        assert bargain.deal.influencer_confirmed


def test_ravis_last_figure_counts_not_his_first():
    bargain = _answered()
    bargain.offer(RAVI, 4800)
    bargain.press(ASHA, "set_amount", amount=4900)
    assert bargain.deal.influencer_confirmed


def test_whatever_is_set_has_to_be_confirmed_if_ravi_has_named_no_figure():
    bargain = Bargain(Action.INITIALIZE, ASHA)
    bargain.press(ASHA, "set_amount", amount=8000)
    assert not bargain.deal.influencer_confirmed


def test_the_next_offer_clears_the_agreed_amount():
    bargain = Bargain()
    bargain.press(ASHA, "set_amount", amount=4500)
    bargain.offer(ASHA, 4600)
    assert bargain.deal.agreed_amount is None


def test_an_edited_amount_clears_what_the_brand_agreed_to():
    bargain = Bargain()
    bargain.press(ASHA, "set_amount", amount=5000)
    bargain.press(RAVI, "edit_proposal", proposed_amount=7000)
    assert bargain.deal.agreed_amount is None


def test_the_amount_is_set_on_the_brands_turn_only():
    assert _answered().conflict(ASHA, "set_amount", amount=4600) == "not_your_turn"
    assert _answered().conflict(OM, "set_amount", amount=4600) == "not_your_turn"


def test_a_set_amount_lies_within_the_bounds():
    error = Bargain().invalid(ASHA, "set_amount", door=BODY, amount=9000)
    assert error.code == "amount_out_of_range"
    assert error.errors[0].field == "amount"


def test_a_set_amount_counts_among_the_six_offers():
    bargain = Bargain()
    for amount in range(5001, 5006):
        bargain.press(ASHA, "set_amount", amount=amount)
    assert bargain.deal.rounds_left == 0
    assert bargain.conflict(ASHA, "set_amount", amount=5100) == "no_rounds_left"
    bargain.press(ASHA, "set_amount", amount=5005)


def test_once_accepted_the_amount_is_locked():
    bargain = accepted()
    assert action_for_amount(bargain.deal, Role.BRAND_OWNER, rs(5000)) is None
    with pytest.raises(Conflict) as caught:
        action_for_amount(bargain.deal, Role.BRAND_OWNER, rs(5001))
    assert caught.value.code == "amount_locked"
    assert caught.value.extra["allowed"] == ["proceed_to_payment", "cancel_deal"]


def test_om_sets_the_amount_for_the_brand():
    bargain = Bargain()
    assert action_for_amount(bargain.deal, OM.role, rs(4500)) is Action.SET_AMOUNT
    bargain.press(OM, "set_amount", amount=4500)
    assert bargain.deal.offers[-1].by_role is Role.BRAND_OWNER
