"""Webhooks, one by one: what each event means. The table at the end is all that is listened to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from stoory.ledger import actions as ledger
from stoory.ledger import queries as ledgers
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.purposes import Till
from stoory.payments.actions.refunds import apply_refund
from stoory.payments.errands import collect, find_order
from stoory.payments.queries import orders, payments, refunds
from stoory.payments.queries.orders import Order, Payment
from stoory.payments.queries.webhooks import Due
from stoory.payments.rules import UNREADABLE, PaymentStatus, Source, refund_id_of
from stoory.platform import wire
from stoory.platform.database import Database, Tx
from stoory.platform.razorpay import Refused, read_payment, read_refund
from stoory.platform.wire import Json

IGNORED: Final = "ignored"
NOT_OURS: Final = "not_ours"
NOTHING_NEW: Final = "nothing_new"


async def hear(db: Database, till: Till, event: Due) -> str:
    """Do what a webhook asks for and return what became of it. Heard twice, the second time changes nothing."""
    if event.event == UNREADABLE:
        return UNREADABLE
    payload: Json = wire.decode(event.body.encode()).get("payload") or {}
    if meaning := MEANINGS.get(event.event):
        return await meaning(db, till, {name: part.get("entity") or {} for name, part in payload.items()})
    listener = till.listeners.get(event.event.partition(".")[0])
    if listener is None:
        return IGNORED
    async with db.as_system("a webhook of another feature") as tx:
        return await listener(tx, event.event, payload)


async def _payment(db: Database, till: Till, told: Json) -> str:
    """Take in a payment; money for an order that nobody here made is set aside."""
    seen = read_payment(told["payment"])
    order = await find_order(db, till, seen.order_id) if seen.order_id else None
    if order is not None:
        return (await collect(db, till, order, seen, Source.WEBHOOK)).verdict
    if seen.status == PaymentStatus.FAILED:
        return NOT_OURS
    async with db.as_system("money for an unknown order") as tx:
        details = {"order_id": seen.order_id, "amount": seen.amount, "status": seen.status}
        await quarantine(tx, "unknown_order", seen.id, details)
    return NOT_OURS


async def _refund(db: Database, till: Till, told: Json) -> str:
    """Take in a refund of ours. Razorpay returns by itself what was authorized and never captured: never ours."""
    seen = read_refund(told["refund"])
    if told.get("payment", {}).get("captured") is False:
        return NOT_OURS
    ours = refund_id_of(seen.notes.get("refund_id")) or refund_id_of(seen.receipt)
    async with db.as_system("a refund") as tx:
        found = await refunds.refund_at_razorpay(tx, seen.id, ours)
        if found is None:
            details = {"payment_id": seen.payment_id, "amount": seen.amount, "status": seen.status}
            await quarantine(tx, "unknown_refund", seen.id, details)
            return NOT_OURS
        return await apply_refund(tx, till, found, seen, Source.WEBHOOK)


async def _charge_back(db: Database, till: Till, told: Json) -> str:
    """Note that a bank has taken a payment back: the platform's loss, until it is won. An operator decides the rest."""
    dispute, paid = told["dispute"], told["payment"]
    await _learn(db, till, paid["id"])
    async with db.as_system("a charge-back") as tx:
        payment = await payments.payment_at_razorpay(tx, paid["id"])
        if payment is None or payment.captured_at is None:
            await quarantine(tx, "unknown_charge_back", dispute["id"], {"payment_id": paid["id"]})
            return NOT_OURS
        order = await _held(tx, till, payment)
        journal = journals.charged_back(dispute["id"], amount=Money(dispute["amount"]))
        if await ledgers.is_posted(tx, journal.key):
            return NOTHING_NEW
        facts = {"dispute_id": dispute["id"], "amount": Money(dispute["amount"])}
        await orders.append_event(tx, order, "charged_back", Source.WEBHOOK, facts)
        await quarantine(tx, "charged_back", dispute["id"], {"order_id": order.id, **facts})
        await till.purposes[order.purpose].charged_back(tx, order, payment.id)
        await ledger.post(tx, journal)
        return "charged_back"


async def _charge_back_won(db: Database, till: Till, told: Json) -> str:
    """Put back what a charge-back took. Heard of first, both are noted here: then the charge-back is nothing new."""
    dispute, paid = told["dispute"], told["payment"]
    amount = Money(dispute["amount"])
    await _learn(db, till, paid["id"])
    async with db.as_system("a charge-back was won") as tx:
        payment = await payments.payment_at_razorpay(tx, paid["id"])
        if payment is None or payment.captured_at is None:
            return NOT_OURS
        order = await _held(tx, till, payment)
        taken = journals.charged_back(dispute["id"], amount=amount)
        won = journals.charge_back_won(dispute["id"], amount=amount)
        if await ledgers.is_posted(tx, won.key):
            return NOTHING_NEW
        facts = {"dispute_id": dispute["id"], "amount": amount}
        await orders.append_event(tx, order, "charge_back_won", Source.WEBHOOK, facts)
        if not await ledgers.is_posted(tx, taken.key):
            await ledger.post(tx, taken)
        await ledger.post(tx, won)
        return "charge_back_won"


async def _learn(db: Database, till: Till, razorpay_payment_id: str) -> None:
    """Take in a payment that we do not know, or not as captured: a charge-back of it may be heard of first."""
    async with db.as_system("is a payment captured", readonly=True) as tx:
        known = await payments.payment_at_razorpay(tx, razorpay_payment_id)
    if known is not None and known.captured_at is not None:
        return
    try:
        seen = await till.gateway.payment(razorpay_payment_id)
    except Refused:
        return
    order = await find_order(db, till, seen.order_id) if seen.order_id else None
    if order is not None:
        await collect(db, till, order, seen, Source.WEBHOOK)


async def _held(tx: Tx, till: Till, payment: Payment) -> Order:
    """Return the order of a payment; what it is for, and the order, are held from now on."""
    order = await orders.order(tx, payment.order_id)
    await till.purposes[order.purpose].hold(tx, order)
    return await orders.lock_order(tx, order.id)


async def _settlement(db: Database, _till: Till, told: Json) -> str:
    """Note that Razorpay has sent what it held for us to the bank."""
    settlement = told["settlement"]
    async with db.as_system("a settlement") as tx:
        journal = journals.settled_to_bank(settlement["id"], amount=Money(settlement["amount"]))
        return "settled" if await ledger.post(tx, journal) else NOTHING_NEW


Meaning = Callable[[Database, Till, dict[str, Any]], Awaitable[str]]

MEANINGS: Final[dict[str, Meaning]] = {
    "payment.authorized": _payment,
    "payment.captured": _payment,
    "payment.failed": _payment,
    "order.paid": _payment,
    "refund.created": _refund,
    "refund.processed": _refund,
    "refund.failed": _refund,
    "payment.dispute.created": _charge_back,
    "payment.dispute.won": _charge_back_won,
    "settlement.processed": _settlement,
}
"""Razorpay documentation, "Webhook events". Others are kept and do nothing, but for those of other features."""
