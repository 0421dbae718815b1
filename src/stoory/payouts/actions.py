"""What happens to payouts: accounts are named, money is asked for, and leaves, or comes back."""

from __future__ import annotations

from uuid import UUID, uuid4

from stoory.actor import SYSTEM_USER_ID, Actor
from stoory.errors import Conflict
from stoory.ledger import actions as ledger
from stoory.ledger import queries as ledgers
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.notifications.actions import notify, notify_operators
from stoory.payouts import queries, rules
from stoory.payouts.queries import Change, Payout, accounts
from stoory.payouts.queries.accounts import Account
from stoory.payouts.rules import FOLLOWS, MEANING, Destination, Status
from stoory.platform import razorpay
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue

NEWS = {
    Status.PROCESSED: ("payout_processed", "₹{amount} has been paid to {to}."),
    Status.FAILED: ("payout_failed", "₹{amount} could not be paid to {to}; it is in your wallet again."),
    Status.REVERSED: ("payout_reversed", "₹{amount} came back from {to}; it is in your wallet again."),
}


async def name_account(tx: Tx, actor: Actor, destination: Destination) -> Account:
    """Say where one's money should go; the same place again changes nothing. Needs `tx.as_system`.

    Whoever owns the wallet is told, since it may have been somebody else.
    """
    await accounts.lock_wallet(tx, actor.id)
    known = await accounts.current_account(tx, actor.id)
    if known and known.destination == destination:
        return known
    usable_from = rules.usable_from(tx.now, is_first=known is None)
    account = await accounts.insert_account(tx, actor.id, uuid4(), destination, usable_from)
    text = f"Your money goes to {destination.shown} from now on. Was it not you? Change your password."
    await notify(tx, actor.id, "payout_account_changed", {"text": text, "usable_from": usable_from})
    return account


async def request_payout(tx: Tx, actor: Actor, amount: Money, *, is_manual: bool) -> Payout:
    """Ask for one's money. Needs `tx.as_system`.

    Raises Invalid, Conflict `no_payout_account`, `payout_account_on_hold` or `insufficient_funds`.
    """
    await accounts.lock_wallet(tx, actor.id)
    account = await accounts.current_account(tx, actor.id)
    available = -await ledgers.balance(tx, journals.influencer(actor.id))
    rules.check_payout(amount, available=available, ready_at=account and account.usable_from, now=tx.now)
    if account is None:
        raise Conflict(code="no_payout_account")
    payout = await queries.insert_payout(tx, uuid4(), actor.id, account.id, amount)
    await queries.append_event(tx, payout, payout.status, actor.id, {})
    if is_manual:
        text = f"₹{amount} is to be paid to {account.name}."
        await notify_operators(tx, "payout_requested", {"text": text, "payout_id": payout.id})
    else:
        await enqueue(tx, "send_payout", {"payout_id": str(payout.id)})
    await ledger.post(tx, journals.payout_requested(payout.id, user_id=actor.id, amount=amount))
    return payout


async def settle(tx: Tx, payout_id: UUID, change: Change, *, by: UUID = SYSTEM_USER_ID) -> Payout | None:
    """Take in what became of a payout; None when it cannot follow what is known. Needs a system transaction."""
    payout = await queries.lock_payout(tx, payout_id)
    if change.status is Status.REVERSED and payout.status in (Status.REQUESTED, Status.PROCESSING):
        change.status = Status.FAILED  # it came back before we heard that it had left
    if change.status not in FOLLOWS[payout.status]:
        return None
    after = await queries.save_payout(tx, payout.id, change)
    facts = {"reference": change.reference, "reason": change.reason}
    await queries.append_event(tx, payout, change.status, by, facts)
    await _tell(tx, after)
    await _post(tx, after, change.fee or Money(0))
    return after


async def apply_payout(tx: Tx, seen: razorpay.Payout) -> Payout | None:
    """Take in what RazorpayX says of a payout; None when it is none of ours, or nothing new."""
    found = await queries.payout_at_razorpay(tx, seen.id, seen.reference_id)
    status = MEANING.get(seen.status)
    if found is None or status is None:
        return None
    change = Change(
        status=status, fee=seen.fees, reference=seen.utr, reason=seen.reason, razorpay_payout_id=seen.id
    )
    return await settle(tx, found.id, change)


async def _tell(tx: Tx, payout: Payout) -> None:
    if payout.status not in NEWS:
        return
    kind, words = NEWS[payout.status]
    to = (await accounts.account(tx, payout.account_id)).destination.shown
    text = words.format(amount=payout.amount, to=to)
    await notify(tx, payout.user_id, kind, {"text": text, "payout_id": payout.id})
    if payout.status is not Status.PROCESSED:
        about = {"text": f"A payout of ₹{payout.amount} {payout.status}.", "payout_id": payout.id}
        await notify_operators(tx, kind, about)


async def _post(tx: Tx, payout: Payout, fee: Money) -> None:
    """Let the ledger follow: it left, it never left, or it came back."""
    amount, user_id = payout.amount, payout.user_id
    match payout.status:
        case Status.PROCESSED:
            await ledger.post(tx, journals.payout_processed(payout.id, amount=amount, fee=fee))
        case Status.FAILED:
            await ledger.post(tx, journals.payout_returned(payout.id, user_id=user_id, amount=amount))
        case Status.REVERSED:
            await ledger.post(tx, journals.payout_reversed(payout.id, user_id=user_id, amount=amount))
        case _:
            pass
