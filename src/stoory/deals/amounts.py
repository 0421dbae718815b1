"""What an amount may be, what is left of it for the influencer, and how it is written in a sentence."""

from __future__ import annotations

from typing import Final

from stoory.deals.deal import Terms
from stoory.errors import Invalid
from stoory.money import Money

LEAST: Final = Money(100)
"""The smallest amount that can be paid: one rupee."""


class OutOfRange(ValueError):
    """The amount is outside what the posting offers."""


def bid_bounds(min_budget: Money, max_budget: Money) -> tuple[Money, Money]:
    """Return the least and the largest amount a deal of that bid may have."""
    return max(min_budget, LEAST), max_budget


def campaign_bounds(budget: Money) -> tuple[Money, Money]:
    """Return the least and the largest amount a deal of that campaign may have."""
    return LEAST, budget


def within(terms: Terms, amount: Money) -> Money:
    """Return the amount if the terms allow it; OutOfRange says what they do allow."""
    if not terms.min_amount <= amount <= terms.max_amount:
        raise OutOfRange(f"must be from {rupees(terms.min_amount)} to {rupees(terms.max_amount)}")
    return amount


def check_amount(terms: Terms, amount: Money, *, field: str) -> None:
    """Refuse an amount the terms do not allow: Invalid `amount_out_of_range`, naming that field."""
    try:
        within(terms, amount)
    except OutOfRange as error:
        raise Invalid.field(field, str(error), code="amount_out_of_range") from None


def you_receive(terms: Terms, amount: Money) -> Money:
    """Return what the influencer gets of that amount once the commission is taken."""
    return amount - amount.share(terms.commission_bp)


def rupees(amount: Money) -> str:
    """Write an amount as people in India do, paise only when there are some: `₹4,500`, `₹1,20,000.50`."""
    whole, paise = divmod(amount.paise, 100)
    head, tail = divmod(whole, 1000)
    groups = [f"{tail:03d}"] if head else [str(tail)]
    while head:
        head, pair = divmod(head, 100)
        groups.insert(0, f"{pair:02d}" if head else str(pair))
    return "₹" + ",".join(groups) + (f".{paise:02d}" if paise else "")
