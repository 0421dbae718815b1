"""The ledger of the seeded world: entries in the order of time, each with the balance it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import asyncpg
from msgspec import Struct

from stoory.ledger import rules as accounts
from stoory.seed.template import Sheet

DEBITS: Final = frozenset(
    account.name
    for account in (accounts.GATEWAY, accounts.BANK, accounts.FEES, accounts.PAYOUT_FEES, accounts.LOSSES)
)
"""What we have or have spent; all other accounts are of what we owe or have earned."""

ENTRY_COLUMNS: Final = ("journal_id", "account", "owner_id", "amount_paise", "balance_after_paise", "at")
NOBODY: Final = r"\N"


class Entry(Struct, frozen=True):
    """A change of one account, as it was copied."""

    at: str
    journal_id: str
    account: str
    owner_id: str
    amount: int


class Books:
    """The entries so far, and what each account came to before them."""

    def __init__(self) -> None:
        """Begin with nothing posted."""
        self._entries: list[Entry] = []
        self._owners: dict[str, str] = {}
        self._balances: dict[str, int] = {}

    def post(self, sheet: Sheet, values: list[str]) -> None:
        """Take the entries of a copy."""
        for line in sheet.filled(values).split("\n"):
            told = dict(zip(sheet.columns, line.split("\t"), strict=True))
            owner, account = told["owner_id"], told["account"]
            self._owners[account] = owner
            entry = Entry(told["at"], told["journal_id"], account, owner, int(told["amount_paise"]))
            self._entries.append(entry)

    async def go_on_from(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Take the balances of the accounts that were there before."""
        rows = await connection.fetch("select account, balance_paise from ledger_accounts")
        self._balances = {row["account"]: row["balance_paise"] for row in rows}

    def check(self) -> None:
        """Raise ValueError unless every journal adds up to nothing."""
        sums = dict[str, int]()
        for each in self._entries:
            sums[each.journal_id] = sums.get(each.journal_id, 0) + each.amount
        if unbalanced := [journal_id for journal_id, total in sums.items() if total]:
            raise ValueError(f"journal {unbalanced[0]} does not add up to nothing")

    def entries(self) -> Iterator[str]:
        """Yield every entry as COPY reads it, in the order of time."""
        for each in sorted(self._entries, key=lambda entry: entry.at):
            balance = self._balances.get(each.account, 0) + each.amount
            self._balances[each.account] = balance
            yield "\t".join(
                (each.journal_id, each.account, each.owner_id, str(each.amount), str(balance), each.at)
            )

    async def save_balances(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Store what each account comes to now."""
        await connection.executemany(
            """
            insert into ledger_accounts (account, side, owner_id, balance_paise)
            values ($1, $2, $3, $4)
                on conflict (account) do update set balance_paise = excluded.balance_paise
            """,
            [
                (
                    account,
                    "debit" if account in DEBITS else "credit",
                    None if owner == NOBODY else owner,
                    self._balances[account],
                )
                for account, owner in self._owners.items()
            ],
        )
