"""What is said when an application is accepted."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

ACCEPTED: Final = "Great! Your proposal has been accepted. The influencer will be notified."
NEXT: Final = "The brand can now proceed to payment; the money is held until the work is approved."
ANSWERED: Final = (
    '{"success":true,"message":"Action processed successfully","next_flow_state":"accepted",'
    f'"automated_response":{{"message":"{ACCEPTED}","action_required":false,"next_steps":'
    '["Payment processing will begin","Contract will be generated","Work timeline will be shared"]}'
)
"""The answer, up to the conversation."""


def agreed(amount: Decimal) -> str:
    """Return the message that asks for the payment."""
    return f"The amount is agreed: {rupees(amount)}. {NEXT}"


def news(title: str, amount: Decimal) -> str:
    """Return the influencer's notification."""
    return f"{title}: the brand has accepted {rupees(amount)}. {NEXT}"


def rupees(amount: Decimal) -> str:
    """Write an amount as in India: ₹4,500, ₹1,20,000.50."""
    whole, paise = divmod(int(amount * 100), 100)
    head, tail = divmod(whole, 1000)
    groups = [f"{tail:03d}"] if head else [str(tail)]
    while head:
        head, pair = divmod(head, 100)
        groups.insert(0, f"{pair:02d}" if head else str(pair))
    return "₹" + ",".join(groups) + (f".{paise:02d}" if paise else "")
