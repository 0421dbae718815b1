"""Errands to Razorpay that several doors share. Each effect is a transaction; none is open during a call."""

from __future__ import annotations

from uuid import UUID

from stoory.payments.actions.apply import Applied, apply_payment
from stoory.payments.actions.orders import place
from stoory.payments.actions.purposes import Till
from stoory.payments.queries import orders
from stoory.payments.queries.orders import Order
from stoory.payments.receipt import FOOTERS, Receipt, facts, returns
from stoory.payments.rules import PaymentStatus, Source
from stoory.platform import razorpay
from stoory.platform.database import Database, Tx
from stoory.platform.documents import Document, Section
from stoory.platform.razorpay import Razorpay, Refused


async def ask_for_order(gateway: Razorpay, order: Order) -> razorpay.Order:
    """Have Razorpay make an order; asked again with the same receipt, it is the same. Raises Refused, Upstream."""
    return await gateway.create_order(
        amount=order.amount, receipt=order.receipt, notes={"order_id": str(order.id)}
    )


async def collect(db: Database, till: Till, order: Order, seen: razorpay.Payment, source: Source) -> Applied:
    """Take in a payment of that order; one that is authorized and still wanted is captured first."""
    async with db.as_system("a payment") as tx:
        applied = await apply_payment(tx, till, order, seen, source)
    if not applied.wants_capture:
        return applied
    captured = await _captured(till, seen)
    async with db.as_system("a captured payment") as tx:
        return await apply_payment(tx, till, order, captured, source)


async def _captured(till: Till, seen: razorpay.Payment) -> razorpay.Payment:
    """Have an authorized payment captured. Refused, its present state says why: the bank or time was quicker."""
    try:
        return await till.gateway.capture(seen.id, seen.amount)
    except Refused:
        return await till.gateway.payment(seen.id)


async def find_order(db: Database, till: Till, razorpay_order_id: str) -> Order | None:
    """Return our order that Razorpay knows by that id, also when we died before we could note the id."""
    async with db.as_system("whose order is it", readonly=True) as tx:
        known = await orders.order_at_razorpay(tx, razorpay_order_id)
    if known is not None:
        return known
    try:
        told = await till.gateway.order(razorpay_order_id)
    except Refused:
        return None
    async with db.as_system("an order whose id was lost") as tx:
        ours = await orders.order_with_receipt(tx, told.receipt)
        return ours and await _place(tx, till, ours.id, told)


async def look_up(db: Database, till: Till, order: Order) -> None:
    """Ask Razorpay what became of an order and take in what a lost webhook should have said."""
    placed = await _at_razorpay(db, till, order)
    if placed is None:
        return
    for seen in sorted(await till.gateway.payments_of(placed.razorpay_order_id or ""), key=_telling):
        await collect(db, till, placed, seen, Source.RECONCILER)


def _telling(payment: razorpay.Payment) -> bool:
    """Let failures be heard before what brought money, as they happened."""
    return payment.status != PaymentStatus.FAILED


async def _at_razorpay(db: Database, till: Till, order: Order) -> Order | None:
    """Return the order with Razorpay's id, looked up by our receipt if we never learned it; None if it has none."""
    if order.razorpay_order_id:
        return order
    told = await till.gateway.order_with_receipt(order.receipt)
    if told is None:
        return None
    async with db.as_system("an order whose id was lost") as tx:
        return await _place(tx, till, order.id, told)


async def _place(tx: Tx, till: Till, order_id: UUID, told: razorpay.Order) -> Order:
    return await place(tx, order_id, told, key_id=till.gateway.key_id, source=Source.RECONCILER)


def as_document(receipt: Receipt) -> Document:
    """Return a receipt as a document."""
    given_back = returns(receipt)
    return Document(
        title="Receipt",
        subtitle=f"For a payment of ₹{receipt.amount}",
        facts=facts(receipt),
        sections=[Section("Given back", given_back)] if given_back else [],
        footer=FOOTERS[receipt.kind],
        at=receipt.paid_at,
    )
