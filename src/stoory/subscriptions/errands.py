"""Errands of subscriptions: an order that Razorpay is to know, and the clocks that come round."""

from __future__ import annotations

from stoory.errors import Conflict
from stoory.payments.actions.orders import place
from stoory.payments.errands import ask_for_order
from stoory.payments.queries.orders import Order
from stoory.payments.rules import Source
from stoory.platform.database import Database
from stoory.platform.documents import Document, Section
from stoory.platform.razorpay import Razorpay, Refused
from stoory.subscriptions.invoice import facts, lines
from stoory.subscriptions.subscription import Invoice


async def placed(db: Database, gateway: Razorpay, order: Order) -> Order:
    """Return an order as Razorpay knows it; one it does not know yet is made there. Asked again, the same one.

    Raises Conflict `payment_refused` when Razorpay does not take it; Upstream when it does not answer.
    """
    if order.razorpay_order_id is not None:
        return order
    try:
        told = await ask_for_order(gateway, order)
    except Refused as problem:
        raise Conflict(
            f"Razorpay does not take this payment: {problem}.", code="payment_refused"
        ) from problem
    async with db.as_system("an order that Razorpay knows") as tx:
        return await place(tx, order.id, told, key_id=gateway.key_id, source=Source.PROCESS)


def as_document(invoice: Invoice) -> Document:
    """Return a paid invoice as a document."""
    if invoice.issued_at is None:
        raise ValueError(f"{invoice.id} is not paid")
    return Document(
        title="Tax invoice",
        subtitle=invoice.number or "",
        facts=facts(invoice),
        sections=[Section("What was paid", lines(invoice))],
        footer="Paid through Razorpay. Amounts are in Indian rupees and contain the taxes named.",
        at=invoice.issued_at,
    )
