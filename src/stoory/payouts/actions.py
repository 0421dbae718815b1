"""What happens to payouts: accounts are named, money is asked for, and leaves, or comes back."""

from __future__ import annotations

from uuid import UUID, uuid4

from msgspec import Struct

from stoory.actor import SYSTEM_USER_ID, Actor
from stoory.errors import Conflict
from stoory.ledger import actions as ledger
from stoory.ledger import queries as ledgers
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.notifications.actions import notify, notify_operators
from stoory.payments.actions.oddities import quarantine
from stoory.payouts import queries, rules
from stoory.payouts.queries import Change, Known, Payout, accounts
from stoory.payouts.queries.accounts import Account
from stoory.payouts.rules import MEANING, Destination, Method, Ours, Status, Told, Verdict
from stoory.platform import razorpay
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue

NEWS = {
    Status.PROCESSED: ("payout_processed", "₹{amount} has been paid to {to}."),
    Status.FAILED: ("payout_failed", "₹{amount} could not be paid to {to}; it is in your wallet again."),
    Status.REVERSED: ("payout_reversed", "₹{amount} came back from {to}; it is in your wallet again."),
}


class Claim(Struct, frozen=True, kw_only=True):
    """A payout that is RazorpayX's to make."""

    payout: Payout
    account: Account
    sent_from: str
    """The account it is paid from, the same each time: with one key, RazorpayX wants to be asked in the same words."""
    is_first: bool
    """Nobody has asked for it before."""


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


async def request_payout(tx: Tx, actor: Actor, amount: Money, *, method: Method) -> Payout:
    """Ask for one's money. Needs `tx.as_system`.

    Raises Invalid, Conflict `no_payout_account`, `payout_account_on_hold` or `insufficient_funds`.
    """
    await accounts.lock_wallet(tx, actor.id)
    account = await accounts.current_account(tx, actor.id)
    available = -await ledgers.balance(tx, journals.influencer(actor.id))
    rules.check_payout(amount, available=available, ready_at=account and account.usable_from, now=tx.now)
    if account is None:
        raise Conflict(code="no_payout_account")
    payout = await queries.insert_payout(
        tx, uuid4(), user_id=actor.id, account_id=account.id, amount=amount, method=method
    )
    await queries.append_event(tx, payout, payout.status, actor.id, {"method": method})
    if method is Method.MANUAL:
        text = f"₹{amount} is to be paid to {account.name}."
        await notify_operators(tx, "payout_requested", {"text": text, "payout_id": payout.id})
    else:
        await enqueue(tx, "send_payout", {"payout_id": str(payout.id)})
    await ledger.post(tx, journals.payout_requested(payout.id, user_id=actor.id, amount=amount))
    return payout


async def claim(tx: Tx, payout_id: UUID, account_number: str | None) -> Claim | None:
    """Note that RazorpayX is about to be asked to pay, so that from here on nobody else does.

    None when it is not RazorpayX's to pay, or not any more; or when there is no account to pay from: an operator is
    told. Needs a system transaction.
    """
    payout = await queries.lock_payout(tx, payout_id)
    if payout.method is not Method.RAZORPAYX or payout.status is not Status.REQUESTED:
        return None
    if account_number is None:
        details = {"amount": payout.amount}
        await quarantine(tx, "payout_without_account", str(payout.id), details, is_lasting=True)
        return None
    account = await accounts.account(tx, payout.account_id)
    if payout.sent_from is not None:
        return Claim(payout=payout, account=account, sent_from=payout.sent_from, is_first=False)
    await queries.save_sent(tx, payout.id, account_number)
    await queries.append_event(tx, payout, payout.status, SYSTEM_USER_ID, {"sent_from": account_number})
    return Claim(payout=payout, account=account, sent_from=account_number, is_first=True)


async def take_over(tx: Tx, payout_id: UUID, *, by: UUID) -> Payout:
    """Let an operator pay what RazorpayX was never asked to. Raises Conflict. Needs `tx.as_system`."""
    payout = await queries.lock_payout(tx, payout_id)
    rules.check_take_over(payout.method, payout.status, is_sent=payout.sent_from is not None)
    after = await queries.save_method(tx, payout.id, Method.MANUAL)
    await queries.append_event(tx, payout, payout.status, by, {"method": Method.MANUAL})
    return after


async def record(tx: Tx, payout_id: UUID, change: Change, *, by: UUID) -> Payout:
    """Take in what an operator has done about a payout he makes. Needs `tx.as_system`.

    Raises Conflict `paid_by_razorpayx` or `invalid_transition`.
    """
    payout = await queries.lock_payout(tx, payout_id)
    rules.check_by_hand(payout.method, payout.status, change.status)
    return await _settle(tx, payout, change, by=by)


async def refuse(tx: Tx, payout_id: UUID, reason: str) -> None:
    """Take in that RazorpayX will not pay, and has not: it is in the wallet again. Needs a system transaction."""
    payout = await queries.lock_payout(tx, payout_id)
    # Anything but `requested` was heard of meanwhile, so that there is a payout after all.
    if payout.status is Status.REQUESTED:
        await _settle(tx, payout, Change(status=Status.FAILED, reason=reason))


async def apply_payout(tx: Tx, seen: razorpay.Payout) -> str:
    """Take in what RazorpayX says of a payout; return what became of it. What does not fit changes nothing."""
    found = await queries.payout_at_razorpay(tx, seen.id, rules.payout_id_of(seen.reference_id))
    if found is None:
        return Verdict.NOT_OURS
    payout = await queries.lock_payout(tx, found.id)
    told = _told(seen)
    verdict = rules.judge(_ours(payout), told)
    if verdict in (Verdict.MISMATCH, Verdict.CONTRADICTION):
        await _set_aside(tx, payout, seen, verdict)
    if verdict is not Verdict.FOLLOWS or told.status is None:
        return verdict
    change = Change(
        status=told.status,
        fee=seen.fees,
        reference=seen.utr,
        reason=seen.reason,
        razorpay_payout_id=seen.id,
    )
    return (await _settle(tx, payout, change)).status


def _told(seen: razorpay.Payout) -> Told:
    return Told(
        razorpay_payout_id=seen.id,
        reference_id=seen.reference_id,
        amount=seen.amount,
        currency=seen.currency,
        status=MEANING.get(seen.status),
    )


def _ours(payout: Known) -> Ours:
    return Ours(
        id=payout.id,
        amount=payout.amount,
        method=payout.method,
        status=payout.status,
        razorpay_payout_id=payout.razorpay_payout_id,
    )


async def _set_aside(tx: Tx, payout: Known, seen: razorpay.Payout, verdict: Verdict) -> None:
    """Let an operator look at what RazorpayX tells: both sides, as they stand."""
    details = {
        "payout_id": payout.id,
        "method": payout.method,
        "status": payout.status,
        "amount": payout.amount,
        "razorpay_payout_id": payout.razorpay_payout_id,
        "told": {
            "status": seen.status,
            "amount": seen.amount,
            "currency": seen.currency,
            "reference_id": seen.reference_id,
        },
    }
    await quarantine(tx, f"payout_{verdict}", seen.id, details, is_lasting=True)


async def _settle(tx: Tx, payout: Payout, change: Change, *, by: UUID = SYSTEM_USER_ID) -> Payout:
    """Let something become of a payout, which is held."""
    after = await queries.save_payout(tx, payout.id, change)
    facts = {"reference": change.reference, "reason": change.reason}
    await queries.append_event(tx, payout, change.status, by, facts)
    await _tell(tx, after)
    await _post(tx, after, had_left=payout.status is Status.PROCESSED, fee=change.fee or Money(0))
    return after


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


async def _post(tx: Tx, payout: Payout, *, had_left: bool, fee: Money) -> None:
    """Let the ledger follow: it left, it never left, or it came back."""
    amount, user_id = payout.amount, payout.user_id
    match payout.status:
        case Status.PROCESSED:
            await ledger.post(tx, journals.payout_processed(payout.id, amount=amount, fee=fee))
        case Status.REVERSED if had_left:
            await ledger.post(tx, journals.payout_reversed(payout.id, user_id=user_id, amount=amount))
        case Status.FAILED | Status.REVERSED:
            await ledger.post(tx, journals.payout_returned(payout.id, user_id=user_id, amount=amount))
        case _:
            pass
