"""What a press may carry: every bad field is named, as the body calls it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stoory.deals.deal import BODY, TEXT_INPUT, Event
from tests.rules.bargain import ASHA, OM, RAVI, Bargain


@pytest.mark.parametrize("amount", ["5000", True, Decimal("4500.123"), 0, -1, 10**12, [], {}])
def test_what_is_no_amount_is_named(amount: Any):
    assert Bargain().wrong_fields(ASHA, "accept_proposal", amount=amount) == ["data.amount"]
    wrong = Bargain().wrong_fields(ASHA, "negotiation_amount", door=TEXT_INPUT, proposed_amount=amount)
    assert wrong == ["values.proposed_amount"]


@pytest.mark.parametrize("amount", [2999, Decimal("2999.99"), Decimal("8000.01"), 1])
def test_an_offer_outside_the_bounds_is_out_of_range(amount: Any):
    error = Bargain().invalid(ASHA, "negotiation_amount", door=TEXT_INPUT, proposed_amount=amount)
    assert error.code == "amount_out_of_range"
    assert error.errors[0].message == "must be from ₹3,000 to ₹8,000"


def test_every_bad_field_is_named_at_once():
    wrong = Bargain().wrong_fields(
        ASHA,
        "negotiation_amount",
        door=TEXT_INPUT,
        proposed_amount="a lot",
        reasoning=7,
        deliver_by="soon",
        colour="red",
    )
    assert sorted(wrong) == [
        "values.colour", "values.deliver_by", "values.proposed_amount", "values.reasoning",
    ]  # fmt: skip


def test_an_offer_needs_an_amount():
    for left_out in ({}, {"proposed_amount": None}, {"proposed_amount": " "}):
        error = Bargain().invalid(ASHA, "negotiation_amount", door=TEXT_INPUT, **left_out)
        assert [(e.field, e.message) for e in error.errors] == [("values.proposed_amount", "is required")]


def test_fields_a_form_left_empty_count_as_not_sent():
    event = Bargain().offer(ASHA, 4500, reasoning="", deliver_by=None)
    assert isinstance(event, Event)
    assert event.data == {"n": 2}


@pytest.mark.parametrize(
    "day",
    [
        "2026-02-30",
        "20260401",
        "2026-4-1",
        "2026-W20-1",
        "01/04/2026",
        "\uff12026-04-01",
        20260401,
        "tomorrow",
    ],
)
def test_a_delivery_date_is_a_real_day(day: Any):
    assert Bargain().wrong_fields(ASHA, "negotiate_amount", proposed_amount=4500, deliver_by=day) == [
        "data.deliver_by"
    ]


def test_a_delivery_date_lies_in_the_future():
    for day, wrong in (("2026-03-01", True), ("2026-03-02", True), ("2026-03-03", False)):
        bargain = Bargain()
        if wrong:
            assert bargain.wrong_fields(ASHA, "negotiate_amount", proposed_amount=4500, deliver_by=day)
        else:
            bargain.offer(ASHA, 4500, deliver_by=day)
            assert str(bargain.deal.deliver_by) == day


def test_notes_are_kept_with_the_event():
    event = Bargain().press(ASHA, "accept_proposal", amount=5000, additional_notes="x" * 2000)
    assert isinstance(event, Event)
    assert event.data == {"additional_notes": "x" * 2000}


@pytest.mark.parametrize("notes", ["x" * 2001, 7, ["a"], "a\0b", "a\ud800b"])
def test_notes_that_are_no_text_or_cannot_be_stored_are_named(notes: Any):
    wrong = Bargain().wrong_fields(ASHA, "accept_proposal", additional_notes=notes)
    assert wrong == ["data.additional_notes"]


def test_only_operators_move_for_somebody_else():
    assert Bargain().wrong_fields(ASHA, "accept_proposal", as_role="brand_owner") == ["data.as_role"]
    assert Bargain().wrong_fields(OM, "accept_proposal", as_role="admin") == ["data.as_role"]


def test_an_edited_application_names_its_fields_without_a_prefix():
    wrong = Bargain().wrong_fields(
        RAVI,
        "edit_proposal",
        door=BODY,
        proposed_amount=1,
        message="x" * 2001,
        portfolio_links=["http://example.com"],
        status="approved",
    )
    assert sorted(wrong) == ["message", "portfolio_links", "proposed_amount", "status"]


@pytest.mark.parametrize(
    "links",
    ["https://a.example", ["javascript:alert(1)"], ["https://"], ["https://a b"], ["https://a"] * 11, [7]],
)
def test_portfolio_links_are_at_most_ten_https_addresses(links: Any):
    assert Bargain().wrong_fields(RAVI, "edit_proposal", portfolio_links=links) == ["data.portfolio_links"]


def test_good_portfolio_links_are_on_record():
    event = Bargain().press(RAVI, "edit_proposal", portfolio_links=["https://example.com/portfolio"])
    assert isinstance(event, Event)
    assert event.data == {"portfolio_links": ["https://example.com/portfolio"]}
