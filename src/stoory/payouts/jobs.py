"""Paying through RazorpayX: sending payouts, hearing of them, and asking about those nobody speaks of."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from stoory.payouts import actions, queries
from stoory.payouts.queries import Change, Payout, accounts
from stoory.payouts.queries.accounts import Account
from stoory.payouts.rules import AccountType, Status, mode
from stoory.platform.database import Database, Tx
from stoory.platform.lookups import Lookups, Tally, look_up_each
from stoory.platform.razorpay import Razorpay, Refused, read_payout
from stoory.platform.wire import Json

NARRATION: Final = "Stoory payout"
RECONCILE_EVERY: Final = timedelta(minutes=15)
ROUND_SECONDS: Final = 60.0


async def send_payout(gateway: Razorpay, db: Database, payload: dict[str, Any]) -> None:
    """Have RazorpayX pay. Asked twice with one key, it pays once; what it refuses goes back to the wallet."""
    async with db.as_system("a payout to send", readonly=True) as tx:
        payout = await queries.payout(tx, UUID(payload["payout_id"]))
        account = await accounts.account(tx, payout.account_id)
    if payout.status is not Status.REQUESTED:
        return
    try:
        fund_account_id = account.fund_account_id or await _fund_account(gateway, db, account)
        seen = await gateway.pay_out(
            fund_account_id=fund_account_id,
            amount=payout.amount,
            mode=mode(account.type, payout.amount),
            key=str(payout.id),
            narration=NARRATION,
        )
    except Refused as problem:
        async with db.as_system("a refused payout") as tx:
            await actions.settle(tx, payout.id, Change(status=Status.FAILED, reason=problem.description))
        return
    async with db.as_system("a payout was sent") as tx:
        await actions.apply_payout(tx, seen)


async def _fund_account(gateway: Razorpay, db: Database, account: Account) -> str:
    """Make an account known to RazorpayX, and note its id; made twice, it is the same one."""
    contact_id = await gateway.contact(name=account.name, reference_id=str(account.user_id))
    details: Json
    if account.type is AccountType.VPA:
        details = {"account_type": "vpa", "vpa": {"address": account.vpa}}
    else:
        bank = {"name": account.name, "ifsc": account.ifsc, "account_number": account.account_number}
        details = {"account_type": "bank_account", "bank_account": bank}
    fund_account_id = await gateway.fund_account(contact_id, details)
    async with db.as_system("an account is known to RazorpayX") as tx:
        await accounts.save_fund_account(tx, account.id, contact_id, fund_account_id)
    return fund_account_id


async def hear_payout(tx: Tx, _event: str, payload: Json) -> str:
    """Apply a webhook about a payout; what it says again, or too late, changes nothing."""
    payout = await actions.apply_payout(tx, read_payout(payload["payout"]["entity"]))
    return payout.status if payout else "nothing_new"


async def reconcile_round(gateway: Razorpay, db: Database) -> None:
    """Ask RazorpayX about payouts nobody has asked about for a quarter of an hour."""
    await reconcile_payouts(db, gateway, unasked_for=RECONCILE_EVERY)


async def reconcile_payouts(
    db: Database, gateway: Razorpay, *, unasked_for: timedelta | None = None
) -> Tally:
    """Ask RazorpayX about every unsettled payout, or those nobody has asked about for so long."""
    if gateway.account_number is None:
        return Tally()
    ask = partial(_look_up, gateway, db)
    kind = Lookups("payout", queries.unsettled, ask, queries.save_checked)
    return await look_up_each(db, kind, unasked_for=unasked_for)


async def _look_up(gateway: Razorpay, db: Database, payout: Payout) -> None:
    """Hear what became of a payout; one whose errand was lost is sent again, with the same key."""
    async with db.as_system("how RazorpayX knows a payout", readonly=True) as tx:
        known = await queries.at_razorpay(tx, payout.id)
    if known is None:
        await send_payout(gateway, db, {"payout_id": str(payout.id)})
        return
    seen = await gateway.payout(known.razorpay_payout_id)
    async with db.as_system("a payout was looked up") as tx:
        await actions.apply_payout(tx, seen)
