"""What is more and what is less, and what the difference costs: to the paisa, through several upgrades."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoory.money import Balance, Money
from stoory.subscriptions import rules
from stoory.subscriptions.periods import Period, Span
from stoory.subscriptions.subscription import Chosen
from tests.rules.test_subscription_rules import MONTHLY, active


@pytest.mark.parametrize(
    ("wanted", "is_up", "is_down"),
    [
        (Chosen("enterprise", Period.MONTHLY), True, False),
        (Chosen("premium", Period.YEARLY), True, False),
        (Chosen("enterprise", Period.YEARLY), True, False),
        (Chosen("premium", Period.MONTHLY), False, False),
    ],
)
def test_up_and_down_from_premium_by_the_month(wanted: Chosen, *, is_up: bool, is_down: bool) -> None:
    assert (wanted.is_above(MONTHLY), wanted.is_below(MONTHLY)) == (is_up, is_down)
    assert (MONTHLY.is_below(wanted), MONTHLY.is_above(wanted)) == (is_up, is_down)


@given(st.integers(100, 10_000_000), st.integers(100, 10_000_000), st.integers(0, 31 * 86400))
def test_what_is_paid_for_an_upgrade_is_what_the_rest_is_worth_more(old: int, new: int, seconds: int) -> None:
    subscription = active()
    start, end = subscription.running
    at = min(start + timedelta(seconds=seconds), end)
    spans = [Span(start, end, Money(old))]

    price, credit = rules.upgrade_quote(
        subscription, Balance(new), Chosen("enterprise", Period.MONTHLY), spans, at
    )

    left, whole = end - at, end - start
    assert abs(price.paise * whole - new * left) <= whole / 2
    assert abs(credit.paise * whole - old * left) <= whole / 2
    assert rules.asked_for(price, credit=credit) in (price - credit, Money(0))
    assert (rules.asked_for(price, credit=credit) == Money(0)) is ((price - credit) < Money(100))


def test_through_several_upgrades_the_rest_is_paid_for_once() -> None:
    subscription = active()
    start, end = subscription.running
    prices = [49900, 99900, 499900, 999900]
    spans = [Span(start, end, Money(prices[0]))]
    total = prices[0]
    for day, price in enumerate(prices[1:], start=3):
        at = start + timedelta(days=day, seconds=day * 7919)
        bought, credit = rules.upgrade_quote(
            subscription, Balance(price), Chosen("enterprise", Period.MONTHLY), spans, at
        )
        asked = rules.asked_for(bought, credit=credit)
        spans.append(Span(at, end, asked))
        total += asked.paise
        worth = price * ((end - at) / (end - start))
        assert abs(rules.unused_of(spans, at).paise - worth) <= len(spans)

    assert total < sum(prices)
