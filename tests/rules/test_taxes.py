"""What a price contains of taxes adds up to the paisa, and goes back with what is given back."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoory.money import Money
from stoory.subscriptions.taxes import TaxRate, financial_year, invoice_number, share, taxes_in, total

GST = [TaxRate("CGST", 900), TaxRate("SGST", 900)]

amounts = st.integers(0, 99_999_999_99).map(Money)


@given(amounts)
def test_the_two_halves_of_gst_are_the_same_and_18_percent_of_the_rest(amount: Money) -> None:
    cgst, sgst = taxes_in(amount, GST)

    assert cgst.amount_paise == sgst.amount_paise
    taxable = amount - total([cgst, sgst])
    assert abs(taxable.paise * 900 - cgst.amount_paise * 10_000) <= 10_000  # a paisa


@given(amounts, st.lists(st.integers(0, 3000), max_size=4))
def test_no_tax_is_negative_and_none_eats_the_price(amount: Money, rates: list[int]) -> None:
    taxes = taxes_in(amount, [TaxRate(str(n), rate) for n, rate in enumerate(rates)])

    assert all(tax.amount_paise >= 0 for tax in taxes)
    assert Money(0) <= total(taxes) <= amount


def test_premium_by_the_month() -> None:
    assert [tax.amount_paise for tax in taxes_in(Money(49900), GST)] == [3806, 3806]


@given(st.lists(st.integers(1, 5_000_000), min_size=1, max_size=8))
def test_in_whatever_parts_it_goes_back_the_tax_goes_with_it(parts: list[int]) -> None:
    amount = Money(sum(parts))
    tax = total(taxes_in(amount, GST))
    given_back, taxes_back = Money(0), Money(0)
    for part in map(Money, parts):
        of_part = share(tax, of=amount, before=given_back, now=part)
        assert Money(0) <= of_part <= part
        given_back, taxes_back = given_back + part, taxes_back + of_part

    assert taxes_back == tax


@pytest.mark.parametrize(
    ("at", "year"),
    [
        ("2027-03-31T23:59:59+05:30", "26-27"),
        ("2027-03-31T18:30:00+00:00", "27-28"),  # midnight in India
        ("2027-04-01T00:00:00+05:30", "27-28"),
        ("2099-12-01T00:00:00+05:30", "99-00"),
    ],
)
def test_the_financial_year_begins_in_april_in_india(at: str, year: str) -> None:
    assert financial_year(datetime.fromisoformat(at)) == year


def test_a_number_fits_into_what_the_law_allows() -> None:
    assert invoice_number("26-27", 1) == "ST/26-27/000001"
    assert len(invoice_number("26-27", 9_999_999)) == 16
