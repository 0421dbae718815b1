"""Deals and events survive JSON to the paisa."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stoory.deals import archive
from stoory.deals.deal import Deal, Event
from stoory.deals.history import replay
from stoory.money import MAX_PAISE, Money
from tests.rules.bargain import ASHA, OM, RAVI, Bargain, accepted, rs, terms


def _long_story() -> Bargain:
    bargain = Bargain(pinned=terms(deliverables=("One reel",)))
    bargain.press(RAVI, "edit_proposal", proposed_amount=6000, portfolio_links=["https://example.com"])
    bargain.offer(ASHA, 4500, reasoning="ज़रा कम", deliver_by="2026-04-01")
    bargain.wait(hours=36)
    bargain.press(OM, "negotiate_amount", proposed_amount=5500)
    bargain.press(ASHA, "accept_proposal", amount=5500, additional_notes="Go")
    return bargain


def test_a_deal_read_back_is_the_deal_that_was_written():
    for bargain in (Bargain(), accepted(confirmed=False), _long_story()):
        assert archive.from_json(archive.to_json(bargain.deal), Deal) == bargain.deal


def test_events_read_back_are_the_events_that_were_written_and_tell_the_same_deal():
    bargain = _long_story()
    read = [archive.from_json(archive.to_json(event), Event) for event in bargain.events]
    assert read == bargain.events
    assert replay(read) == bargain.deal


def test_amounts_are_numbers_of_rupees():
    assert archive.to_json({"whole": rs(5000), "parts": rs("4500.50")}) == b'{"whole":5000,"parts":4500.5}'


@given(st.integers(0, MAX_PAISE))
def test_no_amount_loses_a_paisa(paise: int):
    assert archive.from_json(archive.to_json(Money(paise)), Money) == Money(paise)
