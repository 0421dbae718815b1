"""The second half of proceeding to payment: Razorpay knows the order now, and the brand is shown its checkout."""

from __future__ import annotations

from typing import Final

from stoory.actor import Actor, Role
from stoory.chat import actions as chats
from stoory.chat import queries as chat
from stoory.deals import moves, script
from stoory.deals.actions.press import locked
from stoory.deals.actions.record import Outcome, say
from stoory.deals.buttons import Checkout
from stoory.deals.conditions import Refusal
from stoory.deals.queries import DealRow, people
from stoory.deals.script import Line
from stoory.deals.states import Action, State
from stoory.payments.actions.orders import place
from stoory.payments.queries.orders import Order
from stoory.payments.rules import Source
from stoory.platform import razorpay
from stoory.platform.database import Tx

SHOP: Final = "Stoory"
"""The name above Razorpay's checkout."""


async def show_checkout(
    tx: Tx, actor: Actor, row: DealRow, order: Order, placed: razorpay.Order | None, *, key_id: str
) -> Outcome:
    """Note the order's id at Razorpay and write the message with its checkout, unless it stands there already.

    Raises Conflict when the deal does not wait for its payment any more. The reconciler knows the order by its receipt
    all the same, so that late money is found and given back.
    """
    async with locked(tx, actor, row) as current:
        if current.deal.state is not State.PAYMENT_PENDING:
            why = Refusal("invalid_action", f"No payment is open: the deal is {current.deal.state}.")
            raise moves.conflict(current.deal, actor.role, why)
        if placed is not None:
            order = await place(tx, order.id, placed, key_id=key_id, source=Source.PROCESS)
        line = script.payment_line(current.deal, await _checkout(tx, current, order))
        if not await _is_shown(tx, current):
            await _show(tx, actor, current, line)
        return Outcome(row=current, line=line, next_steps=[], order=order)


async def _checkout(tx: Tx, row: DealRow, order: Order) -> Checkout:
    """Return what Razorpay's checkout opens with."""
    return Checkout(
        key=order.key_id or "",
        order_id=order.razorpay_order_id or "",
        amount=order.amount_paise,
        currency=order.currency,
        name=SHOP,
        description=row.deal.terms.title,
        prefill=await people.payer(tx, row.brand_owner_id),
    )


async def _is_shown(tx: Tx, row: DealRow) -> bool:
    waiting = await chat.open_action(tx, row.conversation_id)
    return waiting is not None and "checkout" in (waiting.action_data or {})


async def _show(tx: Tx, actor: Actor, row: DealRow, line: Line) -> None:
    by_role = Role.BRAND_OWNER
    answered = {"action": Action.PROCEED_TO_PAYMENT, "by_role": by_role, "at": tx.now}
    await chats.close_action(tx, row.conversation_id, answered=answered)
    await say(tx, row, Action.PROCEED_TO_PAYMENT, line)
    await chats.mark_read(tx, row.conversation_id, actor.id)
