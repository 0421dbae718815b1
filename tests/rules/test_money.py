"""Money is whole paise inside and exact rupees outside, and nothing else is money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stoory.money import MAX_PAISE, Money
from stoory.platform import wire

JSON = msgspec.json.Decoder(float_hook=Decimal)
AMOUNTS = st.integers(1, MAX_PAISE).map(Money)


def received(text: str) -> Money:
    """Read an amount as it stands in a body."""
    return Money.from_wire(JSON.decode(text))


@pytest.mark.parametrize(
    ("text", "paise"),
    [
        ("5000", 500_000),
        ("4500.5", 450_050),
        ("0.01", 1),
        ("0.1", 10),
        ("0.30", 30),
        ("1.000", 100),
        ("1e3", 100_000),
        ("1.0e-2", 1),
        ("99999999.99", 9_999_999_999),
        ("1." + "0" * 500, 100),
    ],
)
def test_amounts_are_read_to_the_paisa(text: str, paise: int) -> None:
    assert received(text) == Money(paise)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "greater than 0"),
        ("0.0", "greater than 0"),
        ("-0.0", "greater than 0"),
        ("-1", "greater than 0"),
        ("-1e300", "greater than 0"),
        ("100000000", "at most 99999999.99"),
        ("99999999.991", "at most 99999999.99"),
        ("1e9", "at most 99999999.99"),
        ("1e400", "at most 99999999.99"),
        ("1e999999999", "at most 99999999.99"),
        ("1" + "0" * 4000, "at most 99999999.99"),
        ("0.001", "two decimals"),
        ("4500.505", "two decimals"),
        ("1e-999999999", "two decimals"),
        ("1." + "0" * 40 + "1", "two decimals"),
        ("99999999.9900000000000000000000001", "at most 99999999.99"),
    ],
)
def test_what_is_no_amount_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        received(text)


@pytest.mark.parametrize("value", ["5", "", "NaN", True, False, None, [5], {"amount": 5}, 5.5])
def test_only_a_json_number_is_an_amount(value: object) -> None:
    with pytest.raises(ValueError, match="must be a number of rupees"):
        Money.from_wire(value)


@pytest.mark.parametrize("text", ["", "five", "NaN", "sNaN", "Infinity", "-Infinity", "1.001", "1e31", "0x5"])
def test_a_column_or_a_query_holds_no_less_than_a_paisa(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|at most two decimals"):
        Money.rupees(text)


@given(AMOUNTS)
def test_an_amount_comes_back_from_the_wire_as_it_was(amount: Money) -> None:
    assert received(wire.encode(amount).decode()) == amount


@given(AMOUNTS)
def test_an_amount_comes_back_from_a_column_as_it_was(amount: Money) -> None:
    assert Money.rupees(str(amount)) == amount


@given(AMOUNTS, AMOUNTS)
@example(Money(10), Money(20))
def test_adding_on_the_wire_is_adding_paise(one: Money, other: Money) -> None:
    told: Any = received(wire.encode(one).decode()) + received(wire.encode(other).decode())
    assert told == Money(one.paise + other.paise)


@given(AMOUNTS)
def test_no_answer_writes_more_than_two_decimals(amount: Money) -> None:
    _, _, decimals = wire.encode(amount).decode().partition(".")
    assert len(decimals) <= 2


@given(st.integers(1, MAX_PAISE), st.integers(1, MAX_PAISE))
def test_money_is_ordered_like_its_paise(one: int, other: int) -> None:
    assert (Money(one) < Money(other)) == (one < other)
    assert (Money(one) == Money(other)) == (one == other)


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_share_is_off_by_half_a_paisa_at_most(amount: Money, basis_points: int) -> None:
    assert abs(amount.share(basis_points).paise * 10_000 - amount.paise * basis_points) <= 5_000


def test_half_a_paisa_goes_to_the_even_side() -> None:
    assert Money(5).share(1000) == Money(0)
    assert Money(15).share(1000) == Money(2)


def test_an_amount_never_changes() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        Money(100).paise = 200
