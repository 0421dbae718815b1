"""Amounts: bounds, what the influencer receives, how they are written, and whether a posting has room."""

from __future__ import annotations

from typing import Any

import pytest

from stoory.actor import Role
from stoory.deals.amounts import bid_bounds, campaign_bounds, rupees, you_receive
from stoory.deals.hiring import check_room
from stoory.errors import Conflict
from stoory.money import Money
from tests.rules.bargain import Bargain, rs, terms


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (1, "₹1"), (999, "₹999"), (4500, "₹4,500"), ("4500.50", "₹4,500.50"), ("0.05", "₹0.05"),
        (100_000, "₹1,00,000"), (1_005_000, "₹10,05,000"), ("99999999.99", "₹9,99,99,999.99"),
    ],
)  # fmt: skip
def test_amounts_are_written_as_in_india(amount: int | str, written: str):
    assert rupees(rs(amount)) == written


def test_no_deal_is_below_one_rupee():
    assert bid_bounds(rs("0.50"), rs(100)) == (rs(1), rs(100))
    assert bid_bounds(rs(3000), rs(8000)) == (rs(3000), rs(8000))
    assert campaign_bounds(rs(500)) == (rs(1), rs(500))


def test_the_influencer_receives_the_amount_less_the_commission():
    assert you_receive(terms(commission_bp=1000), rs(5000)) == rs(4500)
    assert you_receive(terms(commission_bp=0), rs(5000)) == rs(5000)


@pytest.mark.parametrize(("paise", "receives"), [(5, 5), (15, 13), (25, 23)])
def test_half_a_paisa_of_commission_is_rounded_to_even(paise: int, receives: int):
    assert you_receive(terms(commission_bp=1000), Money(paise)) == Money(receives)


def _room(bargain: Bargain, **posting: Any) -> str | None:
    known: dict[str, Any] = {"is_open": True, "taken": rs(0), "budget": rs(10_000)}
    try:
        check_room(bargain.deal, Role.BRAND_OWNER, **(known | posting))
    except Conflict as error:
        return error.code if "accept_proposal" in error.extra["allowed"] else "allows nothing"
    return None


def test_a_bid_hires_one():
    assert _room(Bargain()) is None
    assert _room(Bargain(), taken=rs(3000)) == "already_hired"


def test_a_campaign_hires_while_the_amounts_fit_its_budget():
    bargain = Bargain(pinned=terms("campaign"))
    assert _room(bargain, taken=rs(5000)) is None
    assert _room(bargain, taken=rs("5000.01")) == "budget_exhausted"


def test_a_posting_that_is_not_open_hires_nobody():
    assert _room(Bargain(), is_open=False) == "not_open"
    assert _room(Bargain(pinned=terms("campaign")), is_open=False) == "not_open"
