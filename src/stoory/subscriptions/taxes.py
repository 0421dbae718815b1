"""The taxes a price contains, and the numbers of invoices. Pure.

Prices are told with everything in them, so the taxes are taken out of an amount and never come on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from msgspec import Struct

from stoory.money import Money
from stoory.subscriptions.periods import BILLING_ZONE

WHOLE_BP: Final = 10_000
APRIL: Final = 4
"""In which India's financial year begins."""


class TaxRate(Struct, frozen=True):
    """A tax, in basis points of what is taxed."""

    name: str
    rate_bp: int


class Tax(Struct, frozen=True):
    """A tax that an amount contains."""

    name: str
    rate_bp: int
    amount_paise: int


def taxes_in(amount: Money, rates: Sequence[TaxRate]) -> list[Tax]:
    """Return what an amount contains of each tax; the same rate gives the same tax, to the paisa.

    What is left of the amount is what is taxed: everything adds up to the amount.
    """
    whole = WHOLE_BP + sum(rate.rate_bp for rate in rates)
    return [
        Tax(rate.name, rate.rate_bp, round(Fraction(amount.paise * rate.rate_bp, whole))) for rate in rates
    ]


def total(taxes: Sequence[Tax]) -> Money:
    """Return the sum of taxes."""
    return Money(sum(tax.amount_paise for tax in taxes))


def share(tax: Money, *, of: Money, before: Money, now: Money) -> Money:
    """Return how much of an invoice's tax goes back with a part of its amount, after so much went back before.

    Whatever the parts are, together they give back the tax of what they give back together.
    """

    def contained(part: Money) -> int:
        return round(Fraction(tax.paise * part.paise, of.paise))

    return Money(contained(before + now) - contained(before))


def financial_year(at: datetime) -> str:
    """Return the financial year of an instant, as invoices name it: `26-27`."""
    local = at.astimezone(BILLING_ZONE)
    first = local.year if local.month >= APRIL else local.year - 1
    return f"{first % 100:02d}-{(first + 1) % 100:02d}"


def invoice_number(year: str, number: int) -> str:
    """Return an invoice's number: at most 16 characters (rule 46 of the CGST Rules, 2017)."""
    return f"ST/{year}/{number:06d}"
