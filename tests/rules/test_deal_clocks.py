"""Deadlines and reminders: no deal waits for ever, and each word is said once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stoory.actor import Role
from stoory.deals import clocks
from stoory.deals.states import Action, State
from stoory.errors import Conflict
from tests.rules.bargain import ASHA, NOON, RAVI, Bargain, accepted


def _told(bargain: Bargain, **time: float) -> list[tuple[str, int | None]]:
    return [(event.action.value, event.data.get("n")) for event in bargain.wait(**time)]


def test_an_unanswered_offer_expires_after_seventy_two_hours():
    bargain = Bargain()
    assert bargain.deal.deadlines == {Action.OFFER_EXPIRED: NOON + timedelta(hours=72)}
    bargain.wait(hours=71, minutes=59)
    assert bargain.state is State.INITIAL
    bargain.wait(minutes=1)
    assert (bargain.state, bargain.turn) == (State.EXPIRED, None)


def test_an_offer_is_reminded_of_at_half_and_at_nine_tenths_of_its_time_once_each():
    bargain = Bargain()
    assert _told(bargain, hours=35.9) == []
    assert _told(bargain, hours=0.1) == [("reminder", 1)]
    assert _told(bargain, hours=28.7) == []
    assert _told(bargain, hours=0.1) == [("reminder", 2)]
    assert _told(bargain, hours=7.1) == []
    assert _told(bargain, hours=0.1) == [("offer_expired", None)]


def test_the_deal_needs_attention_at_the_next_reminder_or_deadline():
    bargain = Bargain()
    for hours in (36, 64.8, 72):
        assert bargain.deal.deadline_at == NOON + timedelta(hours=hours)
        bargain.wait(hours=(NOON + timedelta(hours=hours) - bargain.now) / timedelta(hours=1))
    assert bargain.deal.deadline_at is None


def test_what_people_are_told_is_the_deadline_not_the_reminder():
    assert Bargain().deal.expires_at == NOON + timedelta(hours=72)


def test_after_a_long_sleep_one_reminder_speaks_for_both():
    assert _told(Bargain(), hours=70) == [("reminder", 2)]


def test_after_a_longer_sleep_the_deal_just_ends():
    assert _told(Bargain(), hours=100) == [("offer_expired", None)]


def test_a_reminder_changes_neither_state_nor_turn():
    bargain = Bargain()
    bargain.wait(hours=36)
    assert (bargain.state, bargain.turn) == (State.INITIAL, Role.BRAND_OWNER)
    assert bargain.deal.expires_at == NOON + timedelta(hours=72)


def test_an_offer_starts_the_clock_anew_with_its_reminders():
    bargain = Bargain()
    bargain.wait(hours=65)
    bargain.offer(ASHA, 4500)
    assert bargain.deal.expires_at == bargain.now + timedelta(hours=72)
    assert _told(bargain, hours=36) == [("reminder", 1)]


def test_a_new_amount_of_the_application_starts_the_clock_anew():
    bargain = Bargain()
    bargain.wait(hours=10)
    bargain.press(RAVI, "edit_proposal", proposed_amount=6000)
    assert bargain.deal.expires_at == bargain.now + timedelta(hours=72)


def test_asking_for_input_does_not_win_time():
    bargain = Bargain()
    bargain.wait(hours=40)
    before = bargain.deal
    bargain.press(ASHA, "negotiate_amount")
    assert (bargain.deal.deadlines, bargain.deal.reminders) == (before.deadlines, before.reminders)


def test_an_accepted_deal_has_three_days_to_be_paid():
    bargain = Bargain()
    bargain.wait(hours=20)
    bargain.press(ASHA, "accept_proposal")
    assert bargain.deal.deadlines == {Action.PAYMENT_EXPIRED: NOON + timedelta(hours=20, days=3)}
    assert _told(bargain, hours=36) == [("reminder", 1)]
    assert _told(bargain, hours=28.8) == [("reminder", 2)]
    assert _told(bargain, hours=7.2) == [("payment_expired", None)]
    assert bargain.state is State.EXPIRED


def test_confirming_does_not_win_time_to_pay():
    bargain = accepted(confirmed=False)
    bargain.wait(days=1)
    bargain.press(RAVI, "confirm_terms")
    assert bargain.deal.expires_at == NOON + timedelta(days=3)


def test_a_closed_deal_has_no_clock():
    bargain = Bargain()
    bargain.press(ASHA, "decline_proposal")
    assert (bargain.deal.deadlines, bargain.deal.reminders) == ({}, ())
    assert clocks.due(bargain.deal, NOON + timedelta(days=400)) is None


@pytest.mark.parametrize(
    ("action", "data"),
    [(Action.OFFER_EXPIRED, {}), (Action.REMINDER, {"timer": "offer_expired", "n": 1})],
)
def test_a_clock_that_comes_too_early_is_refused(action: Action, data: dict[str, object]):
    bargain = Bargain()
    bargain.now += timedelta(hours=35)
    with pytest.raises(Conflict) as caught:
        bargain.system(action, **data)
    assert caught.value.code == "not_due"


def test_a_reminder_already_given_is_refused():
    bargain = Bargain()
    bargain.wait(hours=36)
    with pytest.raises(Conflict):
        bargain.system(Action.REMINDER, timer="offer_expired", n=1)
