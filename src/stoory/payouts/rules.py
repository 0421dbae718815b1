"""What an account for payouts looks like, when it may be used, and what may become of a payout by which way."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.errors import Conflict, FieldError, Invalid
from stoory.money import Money

HOLD_AFTER_CHANGE: Final = timedelta(hours=24)
"""Time to notice that somebody else has changed where the money goes; the first account has none."""
LEAST: Final = Money(100)
"""RazorpayX documentation, "Create a payout": 100 paise."""
CURRENCY: Final = "INR"
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


class Method(StrEnum):
    """Who pays. Decided when a payout is asked for: what is changed in the settings later is for later payouts."""

    MANUAL = "manual"
    """An operator, at the bank; what became of it is recorded by hand."""
    RAZORPAYX = "razorpayx"
    """RazorpayX, which alone says what became of it."""


class Status(StrEnum):
    """Where a payout stands."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    REVERSED = "reversed"
    """The bank has returned it, maybe days after it had left."""


BY_HAND: Final[dict[Status, frozenset[Status]]] = {
    Status.REQUESTED: frozenset({Status.PROCESSED, Status.FAILED}),
    Status.PROCESSED: frozenset({Status.REVERSED}),
}
"""What an operator may record of a payout he makes."""

FOLLOWS: Final[dict[Status, frozenset[Status]]] = {
    Status.REQUESTED: frozenset({Status.PROCESSING, Status.PROCESSED, Status.FAILED, Status.REVERSED}),
    Status.PROCESSING: frozenset({Status.PROCESSED, Status.FAILED, Status.REVERSED}),
    Status.PROCESSED: frozenset({Status.REVERSED}),
    Status.FAILED: frozenset(),
    Status.REVERSED: frozenset(),
}
"""What RazorpayX may tell next. RazorpayX documentation, "Payout states"; webhooks keep no order, so that `reversed`
may be heard before `processed`."""

CONTRADICTS: Final[dict[Status, frozenset[Status]]] = {
    Status.PROCESSED: frozenset({Status.FAILED}),
    Status.FAILED: frozenset({Status.PROCESSED}),
}
"""What cannot be true beside what we know; all else that does not follow is told again or too late. Reversed after
failed changes nothing either: what was debited for nothing came back, and it is in the wallet already."""

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


class Verdict(StrEnum):
    """What comes of something told of a payout."""

    FOLLOWS = "follows"
    NOTHING_NEW = "nothing_new"
    MISMATCH = "mismatch"
    """Not the payout we asked for: amount, currency or id differ."""
    CONTRADICTION = "contradiction"
    """It cannot be true beside what we know."""
    NOT_OURS = "not_ours"


class Ours(Struct, frozen=True, kw_only=True):
    """What we know of a payout."""

    id: UUID
    amount: Money
    method: Method
    status: Status
    razorpay_payout_id: str | None


class Told(Struct, frozen=True, kw_only=True):
    """What RazorpayX tells of a payout; None is what it does not tell, or not in words we know."""

    razorpay_payout_id: str
    reference_id: str | None
    amount: Money
    currency: str | None
    status: Status | None


def judge(ours: Ours, told: Told) -> Verdict:
    """Return what comes of something told of a payout of ours."""
    is_ours = (
        told.amount == ours.amount
        and told.currency in (None, CURRENCY)
        and told.reference_id in (None, str(ours.id))
        and ours.razorpay_payout_id in (None, told.razorpay_payout_id)
    )
    if not is_ours or told.status is None:
        return Verdict.MISMATCH
    if ours.method is Method.MANUAL or told.status in CONTRADICTS.get(ours.status, ()):
        return Verdict.CONTRADICTION
    if ours.status is Status.FAILED and ours.razorpay_payout_id is None and told.status is Status.PROCESSING:
        return Verdict.CONTRADICTION  # it was refused, so that there should be none
    return Verdict.FOLLOWS if told.status in FOLLOWS[ours.status] else Verdict.NOTHING_NEW


def payout_id_of(reference_id: str | None) -> UUID | None:
    """Return the payout of ours that a reference names, if it could be one."""
    try:
        payout_id = UUID(reference_id or "")
    except ValueError:
        return None
    return payout_id if str(payout_id) == reference_id else None


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


def method(account_number: str | None) -> Method:
    """Return who pays what is asked for now: RazorpayX, where we have an account with it."""
    return Method.MANUAL if account_number is None else Method.RAZORPAYX


def check_by_hand(way: Method, status: Status, wanted: Status) -> None:
    """Refuse to record something by hand: Conflict `paid_by_razorpayx` or `invalid_transition`."""
    if way is Method.RAZORPAYX:
        raise Conflict(
            "RazorpayX pays this one, and says itself what became of it.",
            code="paid_by_razorpayx",
            status=status,
        )
    if wanted not in BY_HAND.get(status, ()):
        raise Conflict(f"A payout that is {status} cannot become {wanted}.", code="invalid_transition")


def check_take_over(way: Method, status: Status, *, is_sent: bool) -> None:
    """Refuse to let an operator pay instead of RazorpayX: Conflict `already_manual` or `paid_by_razorpayx`."""
    if way is Method.MANUAL:
        raise Conflict("This one is paid by hand already.", code="already_manual", status=status)
    if is_sent or status is not Status.REQUESTED:
        raise Conflict(
            "RazorpayX has been asked to pay this one, and may do so.",
            code="paid_by_razorpayx",
            status=status,
        )


def mode(destination_type: AccountType, amount: Money) -> str:
    """Return by which way RazorpayX pays."""
    if destination_type is AccountType.VPA:
        return "UPI"
    return "IMPS" if amount <= IMPS_LIMIT else "NEFT"
