"""The books, as operators read them."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from litestar.params import FromQuery, QueryParameter

from stoory.ledger import queries
from stoory.ledger.queries import AccountBalance, Line
from stoory.money import Balance
from stoory.platform.http.answers import Answer
from stoory.platform.http.pages import DEFAULT_PAGE_ROWS, CursorParam, Limit, Pagination, decode_cursor, page
from stoory.platform.http.routes import OPERATORS, Db, Me, get

AccountName = Annotated[
    str | None, QueryParameter(name="account", max_length=80, description="only this account")
]


class BalanceAnswer(Answer):
    """The trial balance: debit +, credit -, in rupees. `total` is nothing, or the books are wrong."""

    accounts: list[AccountBalance]
    total: Balance


class EntriesAnswer(Answer):
    """A page of the ledger."""

    entries: list[Line]
    pagination: Pagination


@get("/api/admin/ledger/balance", who=OPERATORS)
async def show_trial_balance(db: Db, actor: Me) -> BalanceAnswer:
    """Return every account of the ledger, and the sum of all balances, which is nothing."""
    async with db.as_user(actor, readonly=True) as tx:
        accounts = await queries.trial_balance(tx)
    return BalanceAnswer(accounts=accounts, total=Balance(sum(row.balance.paise for row in accounts)))


@get("/api/admin/ledger/entries", who=OPERATORS)
async def list_entries(
    *,
    db: Db,
    actor: Me,
    account: AccountName = None,
    request_id: FromQuery[UUID | None] = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
) -> EntriesAnswer:
    """List the entries that make up a balance, or those of one request; newest first."""
    after = decode_cursor(tuple[int], cursor)
    async with db.as_user(actor, readonly=True) as tx:
        rows = await queries.lines(
            tx, account=account, request_id=request_id, before=after and after[0], rows=limit + 1
        )
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.id,))
    return EntriesAnswer(entries=shown, pagination=pagination)


ROUTES: Final = [show_trial_balance, list_entries]
