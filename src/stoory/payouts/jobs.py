"""Paying through RazorpayX: sending payouts, hearing of them, and asking about those nobody speaks of."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from stoory.payments.actions.oddities import quarantine
from stoory.payouts import actions, queries
from stoory.payouts.actions import Claim
from stoory.payouts.queries import Known, accounts
from stoory.payouts.queries.accounts import Account
from stoory.payouts.rules import AccountType, mode
from stoory.platform import razorpay
from stoory.platform.database import Database, Tx
from stoory.platform.lookups import Lookups, Tally, look_up_each
from stoory.platform.razorpay import Razorpay, Refused, read_payout
from stoory.platform.wire import Json

NARRATION: Final = "Stoory payout"
RECONCILE_EVERY: Final = timedelta(minutes=15)
ROUND_SECONDS: Final = 60.0
DOWNTIME: Final = "payout.downtime."
"""Events about banks that are out of order, not about a payout."""
IGNORED: Final = "ignored"


async def send_payout(gateway: Razorpay, db: Database, payload: dict[str, Any]) -> None:
    """Have RazorpayX pay. Asked twice with one key, it pays once; what it refuses goes back to the wallet.

    That it is about to be asked is committed before: whatever dies after that, it is asked again, and nobody else pays.
    """
    async with db.as_system("a payout is to be sent") as tx:
        claim = await actions.claim(tx, UUID(payload["payout_id"]), gateway.account_number)
    if claim is None:
        return
    try:
        seen = await _paid(gateway, db, claim)
    except Refused as problem:
        await _refused(gateway, db, claim, problem)
        return
    await _take_in(db, seen)


async def _paid(gateway: Razorpay, db: Database, claim: Claim) -> list[razorpay.Payout]:
    """Ask RazorpayX to pay, unless it has been asked before and tells that it does: a key may grow old."""
    payout, account = claim.payout, claim.account
    if not claim.is_first and (known := await _known(gateway, claim)):
        return known
    fund_account_id = account.fund_account_id or await _fund_account(gateway, db, account)
    made = await gateway.pay_out(
        fund_account_id=fund_account_id,
        amount=payout.amount,
        mode=mode(account.type, payout.amount),
        key=str(payout.id),
        narration=NARRATION,
        account_number=claim.sent_from,
    )
    return [made]


async def _known(gateway: Razorpay, claim: Claim) -> list[razorpay.Payout]:
    """Return what RazorpayX has made of a payout, in the order in which it did: one, or none."""
    found = await gateway.payouts_with_reference(str(claim.payout.id), account_number=claim.sent_from)
    return found[::-1]


async def _refused(gateway: Razorpay, db: Database, claim: Claim, problem: Refused) -> None:
    """Take a no for a no only where there is no such payout: the same key in other words is refused as well."""
    try:
        known = await _known(gateway, claim)
    except Refused as unclear:
        if not claim.is_first:
            details = {"refused": problem.description, "looked_up": unclear.description}
            async with db.as_system("nobody knows what became of a payout") as tx:
                await quarantine(tx, "payout_unclear", str(claim.payout.id), details, is_lasting=True)
            return
        known = []  # not even the account is known, and nobody has asked before
    if known:
        await _take_in(db, known)
        return
    async with db.as_system("a refused payout") as tx:
        await actions.refuse(tx, claim.payout.id, problem.description)


async def _take_in(db: Database, seen: list[razorpay.Payout]) -> None:
    async with db.as_system("what RazorpayX makes of a payout") as tx:
        for each in seen:
            await actions.apply_payout(tx, each)


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


async def hear_payout(tx: Tx, event: str, payload: Json) -> str:
    """Apply a webhook about a payout; what is about none, and what is said again or too late, changes nothing."""
    part = payload.get("payout")
    entity = cast("Json", part).get("entity") if isinstance(part, dict) else None
    if not isinstance(entity, dict) or event.startswith(DOWNTIME):
        return IGNORED
    return await actions.apply_payout(tx, read_payout(cast("Json", entity)))


async def reconcile_round(gateway: Razorpay, db: Database) -> None:
    """Ask RazorpayX about payouts nobody has asked about for a quarter of an hour."""
    await reconcile_payouts(db, gateway, unasked_for=RECONCILE_EVERY)


async def reconcile_payouts(
    db: Database, gateway: Razorpay, *, unasked_for: timedelta | None = None
) -> Tally:
    """Ask RazorpayX about every unsettled payout of its, or those nobody has asked about for so long."""
    ask = partial(_look_up, gateway, db)
    kind = Lookups("payout", queries.unsettled, ask, queries.save_checked)
    return await look_up_each(db, kind, unasked_for=unasked_for)


async def _look_up(gateway: Razorpay, db: Database, payout: Known) -> None:
    """Hear what became of a payout; one that RazorpayX has not told of is sent again, with the same key."""
    if payout.razorpay_payout_id is None:
        await send_payout(gateway, db, {"payout_id": str(payout.id)})
        return
    try:
        seen = await gateway.payout(payout.razorpay_payout_id)
    except Refused as problem:
        async with db.as_system("a payout RazorpayX does not know any more") as tx:
            details = {"razorpay_payout_id": payout.razorpay_payout_id, "why": problem.description}
            await quarantine(tx, "payout_unclear", str(payout.id), details, is_lasting=True)
        return
    await _take_in(db, [seen])
