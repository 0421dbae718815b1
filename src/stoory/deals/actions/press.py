"""Making a move: by a button, a text input, a door on the request, a clock or a posting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from msgspec import Struct, structs
from msgspec.structs import replace

from stoory.accounts.actions import audit
from stoory.actor import Actor, Role
from stoory.chat import queries as chat
from stoory.deals import moves, queries
from stoory.deals.actions.record import Outcome, asked, record
from stoory.deals.conditions import Refusal
from stoory.deals.deal import BODY, NOTHING, Deal, Door, Event, Movement, Press, Prompt, Unchanged
from stoory.deals.doors import action_for_amount, action_for_status
from stoory.deals.hiring import check_room
from stoory.deals.history import movement
from stoory.deals.queries import DealRow
from stoory.deals.rules import require_party
from stoory.deals.states import PARTICIPANTS, Action
from stoory.errors import Conflict, Invalid
from stoory.money import Money
from stoory.payments.actions.orders import open_order
from stoory.platform.database import Tx
from stoory.postings import queries as postings
from stoory.postings.rules import Status
from stoory.requests import actions as requests
from stoory.requests.queries import Changes

NOTHING_MOVED: Final = Movement(NOTHING, NOTHING)


class Wish(Struct, kw_only=True):
    """What somebody presses: the action and its data, as the body has them."""

    action: str
    data: dict[str, object] = {}
    door: Door = BODY
    message_id: UUID | None = None
    """The message whose button it was; a message already answered is refused."""


async def press(tx: Tx, actor: Actor, row: DealRow, wish: Wish) -> Outcome:
    """Make a move; the deal was loaded as this user.

    Raises Conflict with `allowed` and `conversation` when it is not possible now, Invalid for bad data. Of many at
    once the conversation's lock lets one through; the others see the deal it left.
    """
    async with locked(tx, actor, row) as current:
        await _check_fresh(tx, actor, current, wish)
        return await _made(tx, actor, current, wish)


async def change_status(
    tx: Tx, actor: Actor, row: DealRow, *, status: str, data: dict[str, object]
) -> Outcome | None:
    """Give the request a status by the move that stands for it; None when it has it already."""
    async with locked(tx, actor, row) as current:
        action = action_for_status(current.deal, actor.role, status, as_role=_as_role(data))
        if action is None:
            return None
        return await _made(tx, actor, current, Wish(action=action, data=data))


def _as_role(data: dict[str, object]) -> Role | None:
    """Return the side an operator names; the move itself refuses it from anybody else."""
    named = data.get("as_role")
    return Role(named) if named in PARTICIPANTS else None


async def change_amount(tx: Tx, actor: Actor, row: DealRow, amount: Money) -> Outcome | None:
    """Set the agreed amount for the brand; None when it is that already. Conflict `amount_locked` once accepted."""
    async with locked(tx, actor, row) as current:
        action = action_for_amount(current.deal, actor.role, amount)
        if action is None:
            return None
        return await _made(tx, actor, current, Wish(action=action, data={"amount": amount.to_wire()}))


async def press_as_system(tx: Tx, row: DealRow, pressed: Press) -> Outcome:
    """Make the move of a clock or a posting, in a system transaction that holds the conversation's lock."""
    return await _make(tx, row, pressed)


async def lock(tx: Tx, row: DealRow) -> DealRow:
    """Hold the conversation, first in the order of locks, and return the deal as it is then."""
    await chat.lock_conversation(tx, row.conversation_id)
    return await queries.deal_of(tx, row.request_id)


@asynccontextmanager
async def locked(tx: Tx, actor: Actor, row: DealRow) -> AsyncIterator[DealRow]:
    """Go on as the system under the lock; a refusal shows the conversation as it really is. Not for strangers."""
    require_party(actor, row.brand_owner_id, row.influencer_id)
    await tx.as_system("move")
    current = await lock(tx, row)
    try:
        yield current
    except Conflict as refused:
        refused.extra["conversation"] = await chat.conversation_for(tx, actor, row.conversation_id)
        raise


async def _made(tx: Tx, actor: Actor, row: DealRow, wish: Wish) -> Outcome:
    """Make somebody's move; what an operator lets leave the escrow is put on record."""
    outcome = await _make(tx, row, _pressed(tx, actor, wish))
    moved = movement(row.deal, outcome.row.deal)
    if actor.is_admin and moved != NOTHING_MOVED:
        facts = {"request_id": row.request_id, "action": wish.action, **structs.asdict(moved)}
        await audit(tx, actor, "money_moved", row.brand_owner_id, facts)
    return outcome


async def _make(tx: Tx, row: DealRow, pressed: Press) -> Outcome:
    happened = moves.decide(row.deal, pressed)
    if isinstance(happened, Prompt):
        return asked(row, happened)
    if isinstance(happened, Unchanged):
        return await _payable(tx, Outcome(row=row, line=None, next_steps=[]))
    if happened.action is Action.ACCEPT_PROPOSAL:
        await _find_room(tx, row, pressed)
    outcome = await record(tx, row, happened)
    if happened.action is Action.EDIT_PROPOSAL:
        await requests.edit_words(tx, row.request_id, _words(happened))
    return await _payable(tx, outcome) if happened.action is Action.PROCEED_TO_PAYMENT else outcome


async def _payable(tx: Tx, outcome: Outcome) -> Outcome:
    """Open the order of a deal, or find the open one. Razorpay is asked once this transaction has ended."""
    row = outcome.row
    amount = row.deal.agreed_amount or row.deal.amount
    order, is_new = await open_order(
        tx, request_id=row.request_id, payer_id=row.brand_owner_id, amount=amount
    )
    return replace(outcome, order=order, is_new_order=is_new)


async def _find_room(tx: Tx, row: DealRow, pressed: Press) -> None:
    """Hold the posting while one of its deals is accepted: a bid hires one, a campaign spends its budget once."""
    posting = await postings.lock_posting(tx, row.kind, row.posting_id)
    check_room(
        row.deal,
        pressed.role,
        is_open=posting.status is Status.OPEN,
        taken=await queries.taken_by_others(tx, row),
        budget=posting.max_amount,
    )


def _words(event: Event) -> Changes:
    return Changes(
        **{name: event.data[name] for name in ("message", "portfolio_links") if name in event.data}
    )


def _pressed(tx: Tx, actor: Actor, wish: Wish) -> Press:
    return Press(
        actor_id=actor.id, role=actor.role, action=wish.action, data=wish.data, now=tx.now, door=wish.door
    )


async def _check_fresh(tx: Tx, actor: Actor, row: DealRow, wish: Wish) -> None:
    """Refuse the button of a message that has been answered since."""
    if wish.message_id is None:
        return
    message = await chat.message_in(tx, row.conversation_id, wish.message_id)
    if message is None:
        raise Invalid.field("message_id", "is no message of this conversation")
    if not message.action_required:
        raise _stale(row.deal, actor)


def _stale(deal: Deal, actor: Actor) -> Conflict:
    why = Refusal("stale_action", "This message has been answered; the deal has moved on.")
    return moves.conflict(deal, actor.role, why)
