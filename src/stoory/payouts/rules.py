"""What an account for payouts looks like, when it may be used, and what may become of a payout."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from stoory.errors import Conflict, FieldError, Invalid
from stoory.money import Money

HOLD_AFTER_CHANGE: Final = timedelta(hours=24)
"""Time to notice that somebody else has changed where the money goes; the first account has none."""
LEAST: Final = Money(100)
"""RazorpayX documentation, "Create a payout": 100 paise."""
IMPS_LIMIT: Final = Money(5_00_000_00)
"""NPCI, "IMPS": five lakh rupees a transfer; NEFT has no limit."""

VPA: Final = re.compile(r"[a-zA-Z0-9.\-_]{2,256}@[a-zA-Z]{2,64}")
IFSC: Final = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
ACCOUNT_NUMBER: Final = re.compile(r"[A-Za-z0-9]{5,35}")
NAME: Final = re.compile(r"[^\W_](?:[\w .,'&()/-]*[\w.)])?")
SHORTEST_NAME: Final = 3
LONGEST_NAME: Final = 120


class AccountType(StrEnum):
    """Where money can go."""

    VPA = "vpa"
    BANK_ACCOUNT = "bank_account"


class Status(StrEnum):
    """Where a payout stands."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    REVERSED = "reversed"
    """It had left, and the bank returned it days later."""


FOLLOWS: Final[dict[Status, frozenset[Status]]] = {
    Status.REQUESTED: frozenset({Status.PROCESSING, Status.PROCESSED, Status.FAILED}),
    Status.PROCESSING: frozenset({Status.PROCESSED, Status.FAILED}),
    Status.PROCESSED: frozenset({Status.REVERSED}),
    Status.FAILED: frozenset(),
    Status.REVERSED: frozenset(),
}
"""What may follow what; anything else that is told, again or too late, changes nothing."""

MEANING: Final[dict[str, Status]] = {
    "queued": Status.PROCESSING,
    "pending": Status.PROCESSING,
    "scheduled": Status.PROCESSING,
    "processing": Status.PROCESSING,
    "processed": Status.PROCESSED,
    "failed": Status.FAILED,
    "rejected": Status.FAILED,
    "cancelled": Status.FAILED,
    "reversed": Status.REVERSED,
}
"""RazorpayX's words. RazorpayX documentation, "Payout states"."""


class Destination(Struct, frozen=True, kw_only=True):
    """Where somebody wants to be paid."""

    type: AccountType
    name: str
    vpa: str | None = None
    ifsc: str | None = None
    account_number: str | None = None

    @property
    def shown(self) -> str:
        """As much of it as tells which one it is: `ra***@okaxis`, `HDFC0000001 ****1234`."""
        if self.vpa is not None:
            handle, _, bank = self.vpa.partition("@")
            return f"{handle[:2]}***@{bank}"
        return f"{self.ifsc} ****{(self.account_number or '')[-4:]}"


def check_destination(destination: Destination) -> None:
    """Refuse an account nobody could be paid at: Invalid names every wrong field."""
    errors: list[FieldError] = []
    if not (SHORTEST_NAME <= len(destination.name) <= LONGEST_NAME and NAME.fullmatch(destination.name)):
        errors.append(FieldError("name", "must be the holder's name, 3 to 120 letters"))
    is_vpa = destination.type is AccountType.VPA
    wanted = {"vpa": VPA} if is_vpa else {"ifsc": IFSC, "account_number": ACCOUNT_NUMBER}
    for field, pattern in {"vpa": VPA, "ifsc": IFSC, "account_number": ACCOUNT_NUMBER}.items():
        value = getattr(destination, field)
        if field not in wanted:
            if value is not None:
                errors.append(FieldError(field, f"does not belong to a {destination.type}"))
        elif value is None:
            errors.append(FieldError(field, "is required"))
        elif not pattern.fullmatch(value):
            errors.append(FieldError(field, "has not the expected form"))
    if errors:
        raise Invalid(*errors)


def usable_from(now: datetime, *, is_first: bool) -> datetime:
    """Return from when an account can be used."""
    return now if is_first else now + HOLD_AFTER_CHANGE


def check_payout(amount: Money, *, available: Money, ready_at: datetime | None, now: datetime) -> None:
    """Refuse a payout: Invalid for less than a rupee, Conflict for no account, a hold, or too much."""
    if amount < LEAST:
        raise Invalid.field("amount", f"must be at least {LEAST}")
    if ready_at is None:
        raise Conflict("Say first where your money should go.", code="no_payout_account")
    if ready_at > now:
        raise Conflict(
            "Your payout account was changed; for your safety it can be used a day later.",
            code="payout_account_on_hold",
            usable_from=ready_at,
        )
    if amount > available:
        raise Conflict(f"There are {available} available.", code="insufficient_funds", available=available)


def mode(destination_type: AccountType, amount: Money) -> str:
    """Return by which way RazorpayX pays."""
    if destination_type is AccountType.VPA:
        return "UPI"
    return "IMPS" if amount <= IMPS_LIMIT else "NEFT"
