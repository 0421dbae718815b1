"""An influencer's wallet: what is hers, where it should go, and what is on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from litestar.params import JSONBody
from msgspec import Meta, Struct

from stoory.accounts.queries import people
from stoory.accounts.rules import wrong_password
from stoory.ledger import queries as ledgers
from stoory.ledger import rules as journals
from stoory.ledger.queries import Line
from stoory.money import Balance, Money
from stoory.payouts import actions, queries
from stoory.payouts.queries import Key, Payout, accounts, wallets
from stoory.payouts.queries.accounts import Account
from stoory.payouts.queries.wallets import Wallet
from stoory.payouts.rules import AccountType, Destination, check_destination, method
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import DEFAULT_PAGE_ROWS, CursorParam, Limit, Pagination, decode_cursor, page
from stoory.platform.http.routes import INFLUENCERS, Db, Gateway, Me, get, post
from stoory.platform.limits import Limits
from stoory.platform.passwords import Passwords

Text = Annotated[str, Meta(max_length=400)]


class AccountBody(Body):
    """Where one's money should go: a UPI address, or a bank account."""

    EXAMPLE: ClassVar = {
        "type": "vpa",
        "name": "Ravi Kumar",
        "vpa": "ravi@okaxis",
        "password": "stoory-demo-1",
    }

    type: Literal["vpa", "bank_account"]
    name: Text
    password: Annotated[str, Meta(max_length=256)]
    """One's own once more: whoever found an unlocked phone shall not change this."""
    vpa: Text | None = None
    ifsc: Text | None = None
    account_number: Text | None = None


class PayoutBody(Body):
    """How much to pay out."""

    EXAMPLE: ClassVar = {"amount": 4320}

    amount: Money


class AccountShown(Struct, kw_only=True):
    """Where one's money goes, as much of it as tells which one it is."""

    type: AccountType
    name: str
    shown: str
    usable_from: datetime
    created_at: datetime


class StatementLine(Struct, kw_only=True):
    """What changed in one's wallet; positive is for its owner."""

    id: int
    at: datetime
    kind: str
    amount: Balance
    balance_after: Balance
    request_id: str | None
    payout_id: str | None


class WalletAnswer(Answer):
    """A wallet."""

    wallet: Wallet


class StatementAnswer(Answer):
    """A page of what changed in a wallet."""

    entries: list[StatementLine]
    pagination: Pagination


class AccountAnswer(Answer):
    """Where one's money goes; null until it was said."""

    payout_account: AccountShown | None


class PayoutAnswer(Answer):
    """A payout."""

    payout: Payout


class PayoutsAnswer(Answer):
    """A page of payouts."""

    payouts: list[Payout]
    pagination: Pagination


@get("/api/wallet", who=INFLUENCERS)
async def show_wallet(db: Db, actor: Me) -> WalletAnswer:
    """Return what is held for oneself, available, on its way and paid out, in rupees."""
    async with db.as_user(actor, readonly=True) as tx:
        return WalletAnswer(wallet=await wallets.wallet(tx, actor.id))


@get("/api/wallet/entries", who=INFLUENCERS)
async def list_wallet_entries(
    *, db: Db, actor: Me, limit: Limit = DEFAULT_PAGE_ROWS, cursor: CursorParam = None
) -> StatementAnswer:
    """List what changed in one's wallet, newest first."""
    after = decode_cursor(tuple[int], cursor)
    account = journals.influencer(actor.id).name
    async with db.as_user(actor, readonly=True) as tx:
        rows = await ledgers.lines(
            tx, account=account, request_id=None, before=after and after[0], rows=limit + 1
        )
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.id,))
    return StatementAnswer(entries=[_from_the_owner(row) for row in shown], pagination=pagination)


def _from_the_owner(line: Line) -> StatementLine:
    """Turn an entry round: what we owe is what its owner has."""
    return StatementLine(
        id=line.id,
        at=line.at,
        kind=line.kind,
        amount=Balance(-line.amount.paise),
        balance_after=Balance(-line.balance_after.paise),
        request_id=line.request_id and str(line.request_id),
        payout_id=line.payout_id and str(line.payout_id),
    )


@get("/api/wallet/payout-account", who=INFLUENCERS)
async def show_payout_account(db: Db, actor: Me) -> AccountAnswer:
    """Return where one's money goes."""
    async with db.as_user(actor, readonly=True) as tx:
        account = await accounts.current_account(tx, actor.id)
    return AccountAnswer(payout_account=account and _shown(account))


@post(
    "/api/wallet/payout-account", who=INFLUENCERS, needs_session=True, status=201, limit="auth", leaves=True
)
async def name_payout_account(
    *,
    db: Db,
    actor: Me,
    limits: Limits,
    passwords: Passwords,
    data: JSONBody[AccountBody],
) -> AccountAnswer:
    """Say where one's money should go. A change can be used a day later, the first account at once."""
    destination = Destination(
        type=AccountType(data.type),
        name=data.name.strip(),
        vpa=data.vpa,
        ifsc=data.ifsc,
        account_number=data.account_number,
    )
    check_destination(destination)
    async with db.as_user(actor, readonly=True) as tx:
        await people.user(tx, actor.id)
        await tx.as_system("only the system sees password hashes")
        own = await people.credentials(tx, actor.id)
    await limits.require("auth", f"account:{own.phone}")
    if not await passwords.verify(own.password_hash, data.password):
        raise wrong_password("password")
    async with db.as_user(actor) as tx:
        await tx.as_system("the wallet's lock and its owner's notification")
        account = await actions.name_account(tx, actor, destination)
    return AccountAnswer(payout_account=_shown(account))


def _shown(account: Account) -> AccountShown:
    return AccountShown(
        type=account.type,
        name=account.name,
        shown=account.destination.shown,
        usable_from=account.usable_from,
        created_at=account.created_at,
    )


@post("/api/wallet/payouts", who=INFLUENCERS, status=201, fails=(409,), leaves=False)
async def request_payout(db: Db, actor: Me, gateway: Gateway, data: JSONBody[PayoutBody]) -> PayoutAnswer:
    """Ask for one's money, or a part of it."""
    async with db.as_user(actor) as tx:
        await tx.as_system("the ledger")
        way = method(gateway.account_number)
        return PayoutAnswer(payout=await actions.request_payout(tx, actor, data.amount, method=way))


@get("/api/wallet/payouts", who=INFLUENCERS)
async def list_payouts(
    *, db: Db, actor: Me, limit: Limit = DEFAULT_PAGE_ROWS, cursor: CursorParam = None
) -> PayoutsAnswer:
    """List one's own payouts, newest first."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await queries.payouts(tx, actor.id, None, decode_cursor(Key, cursor), limit + 1)
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id))
    return PayoutsAnswer(payouts=shown, pagination=pagination)


ROUTES: Final = [
    show_wallet,
    list_wallet_entries,
    show_payout_account,
    name_payout_account,
    request_payout,
    list_payouts,
]
