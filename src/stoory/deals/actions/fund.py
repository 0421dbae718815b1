"""What payments tell a deal: it is registered as the purpose `deal` in app.py. Each is a part of their transaction."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from stoory.deals import queries
from stoory.deals.actions.press import lock, press_as_system
from stoory.deals.deal import Press, system_press
from stoory.deals.rules import MOVES, awaits_payment
from stoory.deals.states import Action
from stoory.errors import NotFound
from stoory.ledger import rules as journals
from stoory.ledger.rules import Journal
from stoory.notifications.actions import notify_operators
from stoory.payments.actions.purposes import Purpose
from stoory.payments.queries.orders import Order
from stoory.platform.database import Tx
from stoory.postings import queries as postings
from stoory.postings.rules import Kind

CHARGED_BACK: Final = "The brand's bank has taken the payment back."


async def hold(tx: Tx, order: Order) -> None:
    """Lock the conversation, and the posting that the capture may move, before the order."""
    row = await lock(tx, await _deal(tx, order))
    if row.kind is Kind.BID and awaits_payment(row.deal):
        await postings.lock_posting(tx, row.kind, row.posting_id)


async def wants(tx: Tx, order: Order) -> bool:
    """Tell whether the deal still waits for its money."""
    return awaits_payment((await _deal(tx, order)).deal)


async def captured(tx: Tx, order: Order, payment_id: UUID) -> Journal | None:
    """Fund the deal, and put the money into its escrow; None when it is closed or funded already."""
    row = await _deal(tx, order)
    is_waiting = awaits_payment(row.deal)
    await press_as_system(tx, row, _told(tx, Action.PAYMENT_CAPTURED, order, payment_id))
    if not is_waiting:
        return None
    return journals.captured(payment_id, amount=order.amount, request_id=row.request_id)


async def failed(tx: Tx, order: Order, payment_id: UUID) -> None:
    """Let the brand try again."""
    await press_as_system(tx, await _deal(tx, order), _told(tx, Action.PAYMENT_FAILED, order, payment_id))


async def charged_back(tx: Tx, order: Order, payment_id: UUID) -> None:
    """Have an operator look. A deal that is under way is in dispute from now on: no money moves meanwhile."""
    row = await _deal(tx, order)
    if (row.deal.state, Action.CHARGED_BACK) in MOVES:
        facts = {"payment_id": str(payment_id), "reason": CHARGED_BACK}
        await press_as_system(tx, row, system_press(Action.CHARGED_BACK, tx.now, facts))
    text = f"{row.deal.terms.title}: {CHARGED_BACK}"
    about = {"text": text, "conversation_id": row.conversation_id, "request_id": row.request_id}
    await notify_operators(tx, "charged_back", {**about, "payment_id": payment_id})


def _told(tx: Tx, action: Action, order: Order, payment_id: UUID) -> Press:
    facts = {"order_id": str(order.id), "payment_id": str(payment_id), "amount": order.amount.to_wire()}
    return system_press(action, tx.now, facts)


async def _deal(tx: Tx, order: Order) -> queries.DealRow:
    if order.request_id is None:
        raise NotFound
    return await queries.deal_of(tx, order.request_id)


DEAL: Final = Purpose(hold=hold, wants=wants, captured=captured, failed=failed, charged_back=charged_back)
