"""How a deal begins: Ravi applies, or Asha invites, or she begins the negotiation herself."""

from __future__ import annotations

import pytest

from stoory.actor import Role
from stoory.deals.history import evolve, replay
from stoory.deals.moves import begin
from stoory.deals.states import Action, State
from stoory.errors import Forbidden, Invalid
from tests.rules.bargain import ASHA, NOON, OM, RAVI, Bargain, rs, terms


def test_ravi_applies_and_asha_answers_next():
    bargain = Bargain(Action.APPLY, RAVI)
    assert (bargain.state, bargain.turn) == (State.INITIAL, Role.BRAND_OWNER)
    assert bargain.deal.influencer_confirmed


def test_what_asha_begins_is_not_yet_confirmed_by_ravi():
    bargain = Bargain(Action.INITIALIZE, ASHA)
    assert (bargain.state, bargain.turn) == (State.INITIAL, Role.BRAND_OWNER)
    assert not bargain.deal.influencer_confirmed


def test_ravi_answers_an_invitation():
    bargain = Bargain(Action.INVITE, ASHA)
    assert (bargain.state, bargain.turn) == (State.INITIAL, Role.INFLUENCER)
    assert not bargain.deal.influencer_confirmed


def test_the_opening_amount_is_offer_one_of_whoever_named_it():
    assert [(o.n, o.by_role) for o in Bargain(Action.APPLY, RAVI).deal.offers] == [(1, Role.INFLUENCER)]
    assert [(o.n, o.by_role) for o in Bargain(Action.INVITE, ASHA).deal.offers] == [(1, Role.BRAND_OWNER)]


def test_om_begins_for_the_brand_and_it_is_recorded_so():
    bargain = Bargain(Action.INITIALIZE, OM)
    assert bargain.events[0].role is Role.ADMIN
    assert bargain.events[0].data["as_role"] == "brand_owner"
    assert bargain.deal.offers[0].by_role is Role.BRAND_OWNER
    assert not bargain.deal.influencer_confirmed


@pytest.mark.parametrize(
    ("opening", "role"),
    [(Action.APPLY, Role.BRAND_OWNER), (Action.APPLY, Role.ADMIN), (Action.INVITE, Role.INFLUENCER)],
)
def test_nobody_begins_a_deal_in_the_other_sides_way(opening: Action, role: Role):
    with pytest.raises(Forbidden):
        begin(opening, actor_id=ASHA.id, role=role, terms=terms(), amount=rs(5000), now=NOON)


@pytest.mark.parametrize("amount", [2999, "2999.99", "8000.01", 9000])
def test_an_opening_outside_the_bid_is_refused(amount: int | str):
    with pytest.raises(Invalid) as caught:
        begin(Action.APPLY, actor_id=RAVI.id, role=RAVI.role, terms=terms(), amount=rs(amount), now=NOON)
    assert caught.value.code == "amount_out_of_range"
    assert [error.field for error in caught.value.errors] == ["proposed_amount"]


@pytest.mark.parametrize("amount", [3000, 8000])
def test_the_bounds_of_the_bid_themselves_are_allowed(amount: int):
    assert Bargain(amount=amount).deal.amount == rs(amount)


def test_a_campaign_takes_any_amount_from_one_rupee_to_its_budget():
    assert Bargain(amount=1, pinned=terms("campaign")).deal.amount == rs(1)
    assert Bargain(amount=10_000, pinned=terms("campaign")).deal.amount == rs(10_000)
    with pytest.raises(Invalid):
        Bargain(amount=10_001, pinned=terms("campaign"))


def test_the_terms_are_pinned_in_the_first_event():
    pinned = terms(deliverables=("One reel", "Two stories"), commission_bp=800, usage_rights="Six months")
    assert Bargain(pinned=pinned).deal.terms == pinned


def test_the_message_of_an_application_is_on_record():
    event = begin(
        Action.APPLY,
        actor_id=RAVI.id,
        role=RAVI.role,
        terms=terms(),
        amount=rs(5000),
        now=NOON,
        message="I'm interested in this campaign!",
    )
    assert event.data["message"] == "I'm interested in this campaign!"


def test_a_deal_without_events_is_none():
    with pytest.raises(ValueError, match="begins with an event"):
        replay([])


def test_a_history_with_a_hole_is_not_told():
    bargain = Bargain()
    bargain.offer(ASHA, 4500)
    bargain.offer(RAVI, 4800)
    with pytest.raises(ValueError, match="event 3 does not follow 1"):
        replay([bargain.events[0], bargain.events[2]])
    with pytest.raises(ValueError, match="event 2 does not follow nothing"):
        evolve(None, bargain.events[1])
