"""What is stored of the ledger: journals, their entries, and what each account comes to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from stoory.ledger.rules import Account, Journal
from stoory.money import Balance, Money
from stoory.platform.database import Tx


async def insert_journal(tx: Tx, journal_id: UUID, journal: Journal) -> bool:
    """Store the head of a journal; False when its key is posted already."""
    return bool(
        await tx.run(
            """
            insert into ledger_journals (id, key, kind, request_id, payout_id, owner_id, at)
            values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (key) do nothing
            """,
            journal_id,
            journal.key,
            journal.kind,
            journal.request_id,
            journal.payout_id,
            journal.owner_id,
            tx.now,
        )
    )


async def is_same(tx: Tx, journal: Journal) -> bool:
    """Return whether what is posted under a journal's key has its entries."""
    names, amounts = _columns(journal)
    return await tx.value(
        bool,
        """
        select coalesce(array_agg(e.account || '=' || e.amount_paise order by e.account), '{}')
               = (select array_agg(n.account || '=' || n.amount order by n.account)
                    from unnest($2::text[], $3::bigint[]) n (account, amount))
          from ledger_journals j
          join ledger_entries e on e.journal_id = j.id
         where j.key = $1
        """,
        journal.key,
        names,
        amounts,
    )


async def lock_accounts(tx: Tx, journal: Journal) -> list[str]:
    """Hold a journal's accounts in the order of their names, new ones made, and return which it would overdraw."""
    names, amounts = _columns(journal)
    await tx.run(
        """
        insert into ledger_accounts (account, side, owner_id, balance_paise)
        select n.account, n.side, n.owner_id, 0
          from unnest($1::text[], $2::text[], $3::uuid[]) n (account, side, owner_id)
         order by n.account
            on conflict (account) do nothing
        """,
        names,
        [entry.account.side for entry in _sorted(journal)],
        [entry.account.owner_id for entry in _sorted(journal)],
    )
    return await tx.value(
        list[str],
        """
        select coalesce(array_agg(held.account)
                          filter (where held.side = 'credit' and held.balance_paise + n.amount > 0), '{}')
          from (select account, side, balance_paise
                  from ledger_accounts
                 where account = any ($1::text[])
                 order by account
                   for update) held
          join unnest($1::text[], $2::bigint[]) n (account, amount) on n.account = held.account
        """,
        names,
        amounts,
    )


async def insert_entries(tx: Tx, journal_id: UUID, journal: Journal) -> None:
    """Store a journal's entries and change the balances of their accounts, which are held."""
    names, amounts = _columns(journal)
    await tx.run(
        """
        with changed as (
            update ledger_accounts a
               set balance_paise = a.balance_paise + n.amount
              from unnest($2::text[], $3::bigint[]) n (account, amount)
             where a.account = n.account
            returning a.account, a.owner_id, n.amount, a.balance_paise
        )
        insert into ledger_entries (journal_id, account, owner_id, amount_paise, balance_after_paise, at)
        select $1, account, owner_id, amount, balance_paise, $4
          from changed
         order by account
        """,
        journal_id,
        names,
        amounts,
        tx.now,
    )


def _sorted(journal: Journal) -> list[Any]:
    return sorted(journal.entries, key=lambda entry: entry.account.name)


def _columns(journal: Journal) -> tuple[list[str], list[int]]:
    entries = _sorted(journal)
    return [entry.account.name for entry in entries], [entry.amount.paise for entry in entries]


async def is_posted(tx: Tx, key: str) -> bool:
    """Return whether an event has been posted."""
    return await tx.value(
        bool,
        """
        select exists (select from ledger_journals where key = $1)
        """,
        key,
    )


async def balance(tx: Tx, account: Account) -> Money:
    """Return what an account comes to: debit +, credit -; nothing for one that never was."""
    return Money(
        await tx.value(
            int,
            """
            select coalesce((select balance_paise from ledger_accounts where account = $1), 0)
            """,
            account.name,
        )
    )


class AccountBalance(Struct, kw_only=True):
    """A line of the trial balance, in rupees."""

    account: str
    debit: Balance
    credit: Balance
    balance: Balance


async def trial_balance(tx: Tx) -> list[AccountBalance]:
    """Return every account with all that was ever put into and taken from it."""
    return await tx.all(
        AccountBalance,
        """
        select account,
               coalesce(sum(amount_paise) filter (where amount_paise > 0), 0) / 100 as debit,
               coalesce(-sum(amount_paise) filter (where amount_paise < 0), 0) / 100 as credit,
               sum(amount_paise) / 100 as balance
          from ledger_entries
         group by account
         order by account
        """,
    )


class Line(Struct, kw_only=True):
    """An entry as a statement shows it, in rupees."""

    id: int
    at: datetime
    kind: str
    key: str
    account: str
    amount: Balance
    balance_after: Balance
    request_id: UUID | None
    payout_id: UUID | None


async def lines(
    tx: Tx, *, account: str | None, request_id: UUID | None, before: int | None, rows: int
) -> list[Line]:
    """Return a page of the entries the viewer may see, newest first: debit +, credit -."""
    await tx.plan_anew()
    return await tx.all(
        Line,
        """
        select e.id, e.at, j.kind, j.key, e.account, e.amount_paise::numeric / 100 as amount,
               e.balance_after_paise::numeric / 100 as balance_after, j.request_id, j.payout_id
          from ledger_entries e
          join ledger_journals j on j.id = e.journal_id
         where ($1::text is null or e.account = $1)
           and ($2::uuid is null or j.request_id = $2)
           and ($3::bigint is null or e.id < $3)
         order by e.id desc
         limit $4
        """,
        account,
        request_id,
        before,
        rows,
    )
