"""What else follows when a deal has moved: its order, its posting, its contract, and the money it holds.

The ledger comes last: its accounts are everybody's, and are held until the end of the transaction.
"""

from __future__ import annotations

from typing import Final

from stoory.deals.actions.contract import draw_up
from stoory.deals.deal import Deal, Event
from stoory.deals.history import movement
from stoory.deals.queries import DealRow
from stoory.deals.states import Action, State
from stoory.ledger import actions as ledger
from stoory.ledger import rules as journals
from stoory.money import Money
from stoory.payments.actions.orders import expire_order
from stoory.payments.actions.refunds import refund_deal
from stoory.payments.rules import Cause
from stoory.platform.database import Tx
from stoory.platform.jobs import enqueue_each
from stoory.postings import actions as postings
from stoory.postings import queries as posting_queries
from stoory.postings.rules import Kind, Status

NOTHING: Final = Money(0)

ENDS_OF_BIDS: Final = {State.COMPLETED: Status.COMPLETED, State.CANCELLED: Status.CANCELLED}
"""A bid follows the deal it hired for."""


async def follow(tx: Tx, before: Deal, row: DealRow, event: Event) -> None:
    """Let everything follow the move that has been saved. What funds the deal, payments post themselves."""
    after = row.deal
    if after.is_funded and not before.is_funded:
        await _begin_work(tx, row)
    if after.is_closed and not before.is_closed:
        await _close(tx, row)
    await _move_money(tx, before, row, event)


async def _begin_work(tx: Tx, row: DealRow) -> None:
    """Draw up the contract; a bid has hired now: its other deals end, each by a job with a lock order of its own."""
    await draw_up(tx, row)
    if row.kind is not Kind.BID:
        return
    posting = await postings.follow(tx, row.kind, row.posting_id, Status.IN_PROGRESS)
    others = await posting_queries.unfunded_requests(tx, posting)
    await enqueue_each(
        tx, "bid_hired", [{"request_id": request_id} for request_id in others if request_id != row.request_id]
    )


async def _close(tx: Tx, row: DealRow) -> None:
    if not row.deal.is_funded:
        await expire_order(tx, row.request_id)
    elif row.kind is Kind.BID and (end := ENDS_OF_BIDS.get(row.deal.state)):
        await postings.follow(tx, row.kind, row.posting_id, end)


async def _move_money(tx: Tx, before: Deal, row: DealRow, event: Event) -> None:
    """Post what left the escrow, and send back what is the brand's."""
    moved = movement(before, row.deal)
    if moved.release == NOTHING and moved.refund == NOTHING:
        return
    is_operators = event.action is Action.REFUND
    refund_id = None
    if moved.refund > NOTHING:
        refund = await refund_deal(
            tx,
            row.request_id,
            amount=moved.refund,
            cause=Cause.OPERATOR if is_operators else Cause.DEAL,
            reason=event.data.get("reason"),
            by=event.actor_id,
        )
        refund_id = refund.id
    if is_operators and refund_id:
        journal = journals.refund_owed(refund_id, amount=moved.refund, request_id=row.request_id)
    else:
        journal = journals.settled_escrow(
            row.request_id,
            influencer_id=row.influencer_id,
            held=before.held,
            release=moved.release,
            commission_bp=row.deal.terms.commission_bp,
        )
    await ledger.post(tx, journal)
