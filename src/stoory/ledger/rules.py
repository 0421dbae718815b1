"""Which event moves what between which accounts: one function a line of the process. Debit +, credit -."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from msgspec import Struct

from stoory.money import Money

NOTHING: Final = Money(0)


class Account(Struct, frozen=True):
    """An account of the ledger."""

    name: str
    side: str
    """`debit`: what we have or have spent; `credit`: what we owe or have earned, which is never overdrawn."""
    owner_id: UUID | None = None


GATEWAY: Final = Account("gateway", "debit")
"""Held by Razorpay for us."""
BANK: Final = Account("bank", "debit")
FEES: Final = Account("fees", "debit")
PAYOUT_FEES: Final = Account("payout_fees", "debit")
LOSSES: Final = Account("losses", "debit")
COMMISSION: Final = Account("commission", "credit")
PAYOUTS: Final = Account("payouts", "credit")
"""On the way to influencers."""
REFUNDS_DUE: Final = Account("refunds_due", "credit")
"""Owed to payers."""
SUBSCRIPTION_INCOME: Final = Account("subscription_income", "credit")
TAX_DUE: Final = Account("tax_due", "credit")
"""Owed to the state: what prices contain of taxes."""


def escrow(request_id: UUID) -> Account:
    """Return the account that holds the money of a deal."""
    return Account(f"escrow:{request_id}", "credit")


def influencer(user_id: UUID) -> Account:
    """Return the account of what is an influencer's to be paid out."""
    return Account(f"influencer:{user_id}", "credit", user_id)


class Entry(Struct, frozen=True):
    """A change of one account."""

    account: Account
    amount: Money


class Journal(Struct, frozen=True, kw_only=True):
    """What one event posts. ValueError unless it moves something and adds up to nothing."""

    key: str
    """Names the event, so that it posts once."""
    kind: str
    entries: tuple[Entry, ...]
    request_id: UUID | None = None
    payout_id: UUID | None = None

    @property
    def owner_id(self) -> UUID | None:
        """The influencer whose account it changes, if it does."""
        return next((entry.account.owner_id for entry in self.entries if entry.account.owner_id), None)

    def __post_init__(self) -> None:
        if not self.entries or sum(entry.amount.paise for entry in self.entries) != 0:
            raise ValueError(f"{self.key} does not add up to nothing")
        if len({entry.account.name for entry in self.entries}) != len(self.entries):
            raise ValueError(f"{self.key} changes an account twice")


def captured(payment_id: UUID, *, amount: Money, request_id: UUID) -> Journal:
    """Return the funding of a deal."""
    return _journal(
        f"capture:{payment_id}",
        "captured",
        {GATEWAY: amount, escrow(request_id): -amount},
        request_id=request_id,
    )


def surplus_captured(payment_id: UUID, *, amount: Money) -> Journal:
    """Return a payment nobody waits for any more: it is owed back."""
    return _journal(f"capture:{payment_id}", "surplus_captured", {GATEWAY: amount, REFUNDS_DUE: -amount})


def subscription_captured(payment_id: UUID, *, amount: Money, tax: Money) -> Journal:
    """Return the payment of a subscription, of which a part is tax."""
    changes = {GATEWAY: amount, SUBSCRIPTION_INCOME: -(amount - tax), TAX_DUE: -tax}
    return _journal(f"capture:{payment_id}", "subscription_captured", changes)


def subscription_refunded(refund_id: UUID, *, amount: Money, tax: Money) -> Journal:
    """Return what is given back of a subscription's payment, and with it of its tax."""
    changes = {SUBSCRIPTION_INCOME: amount - tax, TAX_DUE: tax, REFUNDS_DUE: -amount}
    return _journal(f"refund:{refund_id}", "subscription_refunded", changes)


def gateway_fee(payment_id: UUID, *, fee: Money) -> Journal:
    """Return what Razorpay keeps of a payment. A journal of its own: it may become known after the capture."""
    return _journal(f"fee:{payment_id}", "gateway_fee", {FEES: fee, GATEWAY: -fee})


def settled_escrow(
    request_id: UUID, *, influencer_id: UUID, held: Money, release: Money, commission_bp: int
) -> Journal:
    """Return the end of an escrow: `release` of it is the influencer's, less commission; the rest is owed back.

    The commission is rounded half to even; the influencer gets what remains, so that all of it is accounted for.
    """
    commission = release.share(commission_bp)
    changes = {
        escrow(request_id): held,
        influencer(influencer_id): -(release - commission),
        COMMISSION: -commission,
        REFUNDS_DUE: -(held - release),
    }
    return _journal(f"release:{request_id}", "settled_escrow", changes, request_id=request_id)


def refund_owed(refund_id: UUID, *, amount: Money, request_id: UUID) -> Journal:
    """Return a part of an escrow that is owed back while the deal goes on."""
    changes = {escrow(request_id): amount, REFUNDS_DUE: -amount}
    return _journal(f"refund:{refund_id}", "refund_owed", changes, request_id=request_id)


def refund_given(refund_id: UUID, *, amount: Money) -> Journal:
    """Return what the platform gives back out of its own pocket."""
    return _journal(f"refund:{refund_id}", "refund_given", {LOSSES: amount, REFUNDS_DUE: -amount})


def refund_processed(key: str, *, amount: Money) -> Journal:
    """Return a refund that has left; it may come back and leave again, under another key of Razorpay's."""
    return _journal(f"refund_processed:{key}", "refund_processed", {REFUNDS_DUE: amount, GATEWAY: -amount})


def refund_returned(key: str, *, amount: Money) -> Journal:
    """Return a refund that had left and came back: it is owed again."""
    return _journal(f"refund_returned:{key}", "refund_returned", {GATEWAY: amount, REFUNDS_DUE: -amount})


def settled_to_bank(settlement_id: str, *, amount: Money) -> Journal:
    """Return what Razorpay has sent to the bank."""
    return _journal(f"settlement:{settlement_id}", "settled_to_bank", {BANK: amount, GATEWAY: -amount})


def charged_back(dispute_id: str, *, amount: Money) -> Journal:
    """Return what a payer's bank has taken back."""
    return _journal(f"charge_back:{dispute_id}", "charged_back", {LOSSES: amount, GATEWAY: -amount})


def charge_back_won(dispute_id: str, *, amount: Money) -> Journal:
    """Return what a payer's bank has had to give back again."""
    return _journal(f"charge_back_won:{dispute_id}", "charge_back_won", {GATEWAY: amount, LOSSES: -amount})


def payout_requested(payout_id: UUID, *, user_id: UUID, amount: Money) -> Journal:
    """Return what an influencer wants to be paid."""
    changes = {influencer(user_id): amount, PAYOUTS: -amount}
    return _journal(f"payout:{payout_id}", "payout_requested", changes, payout_id=payout_id)


def payout_processed(payout_id: UUID, *, amount: Money, fee: Money = NOTHING) -> Journal:
    """Return a payout that has left the bank."""
    changes = {PAYOUTS: amount, BANK: -(amount + fee), PAYOUT_FEES: fee}
    return _journal(f"payout_processed:{payout_id}", "payout_processed", changes, payout_id=payout_id)


def payout_returned(payout_id: UUID, *, user_id: UUID, amount: Money) -> Journal:
    """Return a payout that never left: it is the influencer's again."""
    changes = {PAYOUTS: amount, influencer(user_id): -amount}
    return _journal(f"payout_returned:{payout_id}", "payout_returned", changes, payout_id=payout_id)


def payout_reversed(payout_id: UUID, *, user_id: UUID, amount: Money) -> Journal:
    """Return a payout that came back from the bank days later."""
    changes = {BANK: amount, influencer(user_id): -amount}
    return _journal(f"payout_reversed:{payout_id}", "payout_reversed", changes, payout_id=payout_id)


def _journal(
    key: str,
    kind: str,
    changes: dict[Account, Money],
    *,
    request_id: UUID | None = None,
    payout_id: UUID | None = None,
) -> Journal:
    """Return the journal of these changes; accounts that do not change are left out."""
    entries = tuple(Entry(account, amount) for account, amount in changes.items() if amount != NOTHING)
    return Journal(key=key, kind=kind, entries=entries, request_id=request_id, payout_id=payout_id)
