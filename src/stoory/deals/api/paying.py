"""Proceeding to payment, whichever door was used: a move, then Razorpay, then what the brand is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

from msgspec.structs import replace

from stoory.actor import Actor
from stoory.deals import moves
from stoory.deals.actions.checkout import show_checkout
from stoory.deals.actions.press import Wish, locked, press
from stoory.deals.actions.record import Outcome
from stoory.deals.conditions import Refusal
from stoory.deals.queries import DealRow
from stoory.errors import Conflict
from stoory.payments.errands import ask_for_order
from stoory.payments.queries.orders import Order
from stoory.platform.database import Database, Tx
from stoory.platform.razorpay import Razorpay, Refused

Find = Callable[[Tx], Awaitable[DealRow]]
"""Loads the deal as the user; NotFound."""


async def pay(db: Database, gateway: Razorpay, actor: Actor, find: Find, wish: Wish) -> Outcome:
    """Make the move, have Razorpay make the order, and show its checkout; pressed again, the same order is shown.

    The three are two transactions and the call between them. Whatever dies in between, the next press goes on with the
    same receipt, so there is one order. Raises as `press`; Upstream when Razorpay does not answer.
    """
    async with db.as_user(actor) as tx:
        outcome = await press(tx, actor, await find(tx), wish)
    if outcome.order is None:
        return outcome
    try:
        placed = (
            await ask_for_order(gateway, outcome.order) if outcome.order.razorpay_order_id is None else None
        )
    except Refused as problem:
        await _refuse(db, actor, find, problem)
    async with db.as_user(actor) as tx:
        row = await find(tx)
        shown = await show_checkout(tx, actor, row, outcome.order, placed, key_id=gateway.key_id)
    return replace(shown, is_new_order=outcome.is_new_order)


async def _refuse(db: Database, actor: Actor, find: Find, problem: Refused) -> NoReturn:
    """Tell that Razorpay does not take a payment, and what can be done instead: Conflict `payment_refused`."""
    why = Refusal("payment_refused", f"Razorpay does not take this payment: {problem}.")
    async with db.as_user(actor) as tx, locked(tx, actor, await find(tx)) as current:
        raise moves.conflict(current.deal, actor.role, why) from problem


def paid_with(outcome: Outcome) -> Order:
    """Return the order a payment proceeds with; a move that opens none is no payment."""
    if outcome.order is None:
        raise Conflict("This deal is not to be paid now.", code="not_payable")
    return outcome.order
