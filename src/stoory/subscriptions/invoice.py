"""What stands on an invoice."""

from __future__ import annotations

from typing import Final

from stoory.money import Money
from stoory.subscriptions.periods import BILLING_ZONE
from stoory.subscriptions.subscription import Invoice
from stoory.subscriptions.taxes import total

SERVICE: Final = "Use of an online marketplace, SAC 998439"
"""Services Accounting Code "other on-line contents n.e.c." (annexure to notification 11/2017, Central Tax (Rate))."""


def facts(invoice: Invoice) -> list[tuple[str, str]]:
    """Return what stands in the table at the top."""
    span = invoice.span
    return [
        ("Number", invoice.number or ""),
        ("Date", f"{invoice.issued_at:%d %B %Y}" if invoice.issued_at else ""),
        ("From", invoice.billed_by or ""),
        ("To", invoice.billed_to or ""),
        ("Service", SERVICE),
        ("Plan", f"{invoice.plan_name}, {invoice.period}"),
        (
            "Period",
            f"{span.start.astimezone(BILLING_ZONE):%d %B %Y} to {span.end.astimezone(BILLING_ZONE):%d %B %Y}",
        ),
    ]


def lines(invoice: Invoice) -> list[str]:
    """Return how the amount comes about, and what it contains, a line each."""
    taxed = invoice.amount - total(invoice.taxes)
    return [
        f"{invoice.plan_name}: ₹{invoice.price}",
        *([f"Coupon: less ₹{invoice.discount}"] if invoice.discount > Money(0) else []),
        *([f"Paid already for this time: less ₹{invoice.credit}"] if invoice.credit > Money(0) else []),
        *(["What is left is waived: it is less than can be paid."] if _is_waived(invoice) else []),
        f"Taxable value: ₹{taxed}",
        *(f"{tax.name} {tax.rate_bp / 100:g} %: ₹{Money(tax.amount_paise)}" for tax in invoice.taxes),
        f"Total paid: ₹{invoice.amount}",
    ]


def _is_waived(invoice: Invoice) -> bool:
    left = invoice.price - invoice.discount - invoice.credit
    return invoice.amount == Money(0) and left != Money(0)
