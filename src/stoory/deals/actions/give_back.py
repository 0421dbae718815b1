"""An operator gives money back: out of the escrow, as a move of the deal, or out of the platform's own pocket."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from stoory.accounts.actions import audit
from stoory.actor import Actor
from stoory.deals import moves
from stoory.deals.actions.press import Wish, locked, press
from stoory.deals.amounts import rupees
from stoory.deals.conditions import Refusal
from stoory.deals.queries import DealRow
from stoory.deals.states import Action
from stoory.errors import Invalid
from stoory.ledger import actions as ledger
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.payments.actions.refunds import begin_refund
from stoory.payments.queries import orders, payments, refunds
from stoory.payments.queries.orders import Order
from stoory.payments.queries.refunds import Refund
from stoory.payments.rules import Cause
from stoory.platform.database import Tx

NOT_PAID: Final = Refusal("not_paid", "Nothing was paid for this, so nothing can be given back.")
ALREADY_RELEASED: Final = Refusal(
    "already_released",
    "The escrow is empty: what it held was released or given back. The platform can pay (`platform_pays`).",
)
ESCROW_HOLDS: Final = Refusal(
    "escrow_holds",
    "The escrow still holds the money: give it back out of that. The platform can pay once the deal has ended.",
)
"""What the platform gave would be missing when the deal's own refund is asked for: no payment goes back twice."""


class Gift(Struct, frozen=True, kw_only=True):
    """What an operator wants to give back."""

    amount: Money | None
    """None: all there is."""
    reason: str
    platform_pays: bool


async def give_back(tx: Tx, actor: Actor, row: DealRow, order: Order, gift: Gift) -> Refund:
    """Give back an order's money, or a part; order and deal were loaded as this operator.

    Raises Conflict `not_paid`, `already_released` once the escrow is empty, `escrow_holds` when the platform would pay
    while it is not; Invalid `amount_out_of_range`.
    """
    async with locked(tx, actor, row) as current:
        deal = current.deal
        if order.paid_at is None:
            raise moves.conflict(deal, actor.role, NOT_PAID)
        if gift.platform_pays and not deal.is_closed:
            raise moves.conflict(deal, actor.role, ESCROW_HOLDS)
        if gift.platform_pays:
            return await _out_of_own_pocket(tx, actor, current, order, gift)
        if deal.is_closed:
            raise moves.conflict(deal, actor.role, ALREADY_RELEASED)
    data: dict[str, object] = {"reason": gift.reason}
    if gift.amount is not None:
        data["amount"] = gift.amount.to_wire()
    await press(tx, actor, row, Wish(action=Action.REFUND, data=data))
    return (await refunds.refunds_of(tx, order.id))[-1]


async def _out_of_own_pocket(tx: Tx, actor: Actor, row: DealRow, order: Order, gift: Gift) -> Refund:
    order = await orders.lock_order(tx, order.id)
    payment = await payments.paying_payment(tx, order.id)
    if payment is None:
        raise moves.conflict(row.deal, actor.role, NOT_PAID)
    left = await payments.owed_to_payer(tx, payment.id)
    amount = gift.amount or left
    if not Money(0) < amount <= left:
        message = f"must be at most {rupees(left)}, what is left of the payment"
        raise Invalid.field("amount", message, code="amount_out_of_range")
    refund = await begin_refund(
        tx, payment, order, amount=amount, cause=Cause.GOODWILL, reason=gift.reason, by=actor.id
    )
    facts = {"order_id": order.id, "refund_id": refund.id, "amount": amount, "reason": gift.reason}
    await audit(tx, actor, "refund", order.payer_id, facts)
    await ledger.post(tx, journals.refund_given(refund.id, amount=amount))
    return refund
