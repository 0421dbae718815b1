"""Orders: asking for money, once."""

from __future__ import annotations

from uuid import UUID, uuid4

from stoory.errors import Conflict
from stoory.money import Money
from stoory.payments.queries import orders as queries
from stoory.payments.queries.orders import Order
from stoory.payments.rules import OPEN, OrderStatus, Source
from stoory.platform import razorpay
from stoory.platform.database import Tx


async def open_order(tx: Tx, *, request_id: UUID, payer_id: UUID, amount: Money) -> tuple[Order, bool]:
    """Return the order that asks the payer for a deal's money, and whether it is new. The deal is held.

    A new one has the status `creating`: Razorpay is asked for it, with `receipt`, once this transaction has ended.
    """
    waiting = await queries.open_order_of(tx, request_id)
    if waiting is not None:
        return waiting, False
    order_id = uuid4()
    await queries.insert_order(tx, order_id=order_id, request_id=request_id, payer_id=payer_id, amount=amount)
    return await _opened(tx, order_id), True


async def open_order_for_subscription(
    tx: Tx, *, subscription_id: UUID, payer_id: UUID, amount: Money
) -> Order:
    """Return a new order that asks for a subscription's money; it is held, and no other of its orders is open."""
    order_id = uuid4()
    await queries.insert_subscription_order(
        tx, order_id=order_id, subscription_id=subscription_id, payer_id=payer_id, amount=amount
    )
    return await _opened(tx, order_id)


async def _opened(tx: Tx, order_id: UUID) -> Order:
    order = await queries.order(tx, order_id)
    await queries.append_event(tx, order, "opened", Source.PROCESS, {"amount": order.amount})
    return order


async def place(tx: Tx, order_id: UUID, placed: razorpay.Order, *, key_id: str, source: Source) -> Order:
    """Note by which id, and under which key of ours, Razorpay knows an order; whatever became of it meanwhile.

    Raises Conflict `payment_mismatch` when what Razorpay made is not what was asked for.
    """
    order = await queries.lock_order(tx, order_id)
    if order.razorpay_order_id == placed.id:
        return order
    if order.razorpay_order_id or (placed.amount, placed.currency) != (order.amount, order.currency):
        raise Conflict("Razorpay's order is not the one that was asked for.", code="payment_mismatch")
    await queries.save_placed(tx, order_id, placed.id, key_id)
    await queries.append_event(tx, order, "placed", source, {"razorpay_order_id": placed.id})
    return await queries.order(tx, order_id)


async def expire_order(tx: Tx, request_id: UUID) -> None:
    """Close the order of a deal that ended unpaid. Money that comes all the same is given back."""
    waiting = await queries.open_order_of(tx, request_id)
    if waiting is not None:
        await expire(tx, await queries.lock_order(tx, waiting.id))


async def expire(tx: Tx, order: Order) -> None:
    """Close an order that nobody waits for any more; it is held. Money that comes all the same is given back."""
    if order.status not in OPEN:
        return
    await queries.save_status(tx, order.id, OrderStatus.EXPIRED)
    await queries.append_event(tx, order, "expired", Source.PROCESS, {})
