"""Where people want to be paid."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from stoory.payouts.rules import AccountType, Destination
from stoory.platform.database import Tx


class Account(Struct, kw_only=True):
    """Where somebody wants to be paid, in full: for whoever owns it and for who pays."""

    id: UUID
    user_id: UUID
    type: AccountType
    name: str
    vpa: str | None
    ifsc: str | None
    account_number: str | None
    created_at: datetime
    usable_from: datetime
    contact_id: str | None
    fund_account_id: str | None

    @property
    def destination(self) -> Destination:
        """What of it was said by its owner."""
        return Destination(
            type=self.type, name=self.name, vpa=self.vpa, ifsc=self.ifsc, account_number=self.account_number
        )


async def current_account(tx: Tx, user_id: UUID) -> Account | None:
    """Return where somebody wants to be paid now: what was said last."""
    return await tx.maybe(
        Account,
        """
        select id, user_id, type, name, vpa, ifsc, account_number, created_at, usable_from, contact_id, fund_account_id
          from payout_accounts
         where user_id = $1
         order by seq desc
         limit 1
        """,
        user_id,
    )


async def account(tx: Tx, account_id: UUID) -> Account:
    """Return an account; NotFound."""
    return await tx.one(
        Account,
        """
        select id, user_id, type, name, vpa, ifsc, account_number, created_at, usable_from, contact_id, fund_account_id
          from payout_accounts
         where id = $1
        """,
        account_id,
    )


async def lock_wallet(tx: Tx, user_id: UUID) -> None:
    """Hold somebody's wallet, so that what is decided on it one after another is."""
    await tx.run(
        """
        select pg_advisory_xact_lock(hashtextextended('wallet:' || $1::text, 0))
        """,
        str(user_id),
    )


async def insert_account(
    tx: Tx, user_id: UUID, account_id: UUID, destination: Destination, usable_from: datetime
) -> Account:
    """Store where somebody wants to be paid from now on."""
    return await tx.one(
        Account,
        """
        insert into payout_accounts (id, user_id, type, name, vpa, ifsc, account_number, created_at, usable_from)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        returning id, user_id, type, name, vpa, ifsc, account_number, created_at, usable_from, contact_id,
                  fund_account_id
        """,
        account_id,
        user_id,
        destination.type,
        destination.name,
        destination.vpa,
        destination.ifsc,
        destination.account_number,
        tx.now,
        usable_from,
    )


async def save_fund_account(tx: Tx, account_id: UUID, contact_id: str, fund_account_id: str) -> None:
    """Store by which ids RazorpayX knows an account."""
    await tx.run(
        """
        update payout_accounts
           set contact_id = $2,
               fund_account_id = $3
         where id = $1
        """,
        account_id,
        contact_id,
        fund_account_id,
    )
