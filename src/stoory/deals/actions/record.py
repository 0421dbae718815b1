"""Save and tell: what every move writes once it has been decided, whoever made it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.actor import SYSTEM_USER_ID, Role
from stoory.chat import actions as chat
from stoory.chat.queries import Flow
from stoory.deals import archive, queries, script
from stoory.deals.actions.consequences import follow
from stoory.deals.deal import Deal, Event, Prompt
from stoory.deals.history import evolve
from stoory.deals.projections import flow_data, projection
from stoory.deals.queries import DealRow
from stoory.deals.script import Line, Notice
from stoory.deals.states import Action
from stoory.notifications import actions as notifications
from stoory.payments.queries.orders import Order
from stoory.platform.database import Tx
from stoory.requests import actions as requests
from stoory.requests.queries import Shown

FIRST_SEQ: Final = 1
"""Of the event that begins a deal: in a new conversation nothing waits for an answer."""


class Outcome(Struct, kw_only=True):
    """What a press came to: the deal after it, what was said first, and the order that is to be paid, if one is."""

    row: DealRow
    line: Line | None
    next_steps: list[str]
    order: Order | None = None
    is_new_order: bool = False


async def record(tx: Tx, row: DealRow, event: Event) -> Outcome:
    """Write an event of an existing deal, everything that shows it, and what else follows from it."""
    before, row = row.deal, replace(row, deal=evolve(row.deal, event))
    await queries.append_event(tx, row, event)
    await queries.save_deal(tx, row.request_id, row.deal)
    await _project(tx, row)
    outcome = await _show(tx, row, event)
    await follow(tx, before, row, event)
    return outcome


async def record_first(tx: Tx, row: DealRow, event: Event) -> Outcome:
    """Write the event that begins a deal; `row.deal` is what `evolve` made of it, request and chat show it already."""
    await queries.insert_deal(tx, row)
    await queries.append_event(tx, row, event)
    return await _show(tx, row, event)


def asked(row: DealRow, prompt: Prompt) -> Outcome:
    """Answer a press that only asked for input: nothing is written."""
    return Outcome(row=row, line=script.prompt_line(row.deal, prompt), next_steps=[])


async def _show(tx: Tx, row: DealRow, event: Event) -> Outcome:
    deal = row.deal
    lines = script.messages(deal, event)
    if deal.seq > FIRST_SEQ and script.settles(deal, lines):
        answered = {"action": event.action, "by_role": event.by_role, "at": event.at}
        await chat.close_action(tx, row.conversation_id, answered=answered)
    for line in lines:
        await say(tx, row, event.action, line)
    if event.actor_id != SYSTEM_USER_ID:
        await chat.mark_read(tx, row.conversation_id, event.actor_id)
    for notice in script.notices(deal, event):
        await _notify(tx, row, notice)
    return Outcome(row=row, line=lines[0] if lines else None, next_steps=script.next_steps(event))


async def _project(tx: Tx, row: DealRow) -> None:
    """Write the guide's columns."""
    await chat.project(tx, row.conversation_id, flow(row.deal))
    await requests.project(tx, row.request_id, shown(row.deal))


def flow(deal: Deal) -> Flow:
    """Return what a conversation keeps of its deal: what the influencer sees, chat hides it from the brand."""
    columns = projection(deal)
    return Flow(
        chat_status=columns.chat_status,
        flow_state=columns.flow_state,
        awaiting_role=columns.awaiting_role,
        flow_data=archive.plain(flow_data(deal, Role.INFLUENCER)),
        automation_enabled=columns.automation_enabled,
        payment_required=columns.payment_required,
        payment_completed=columns.payment_completed,
    )


def shown(deal: Deal) -> Shown:
    """Return what a request shows of its deal."""
    columns = projection(deal)
    return Shown(
        status=columns.status,
        proposed_amount=columns.proposed_amount,
        agreed_amount=columns.agreed_amount,
        payment_status=columns.payment_status,
        paid_at=columns.paid_at,
    )


async def say(tx: Tx, row: DealRow, action: Action, line: Line) -> None:
    """Write an automated message about the deal as it stands."""
    awaited = row.deal.awaiting_role
    await chat.announce(
        tx,
        row.conversation_id,
        text=line.text,
        action_data=archive.plain(line.action_data),
        action_role=line.action_role,
        flow_context=archive.plain(line.flow_context),
        receiver_id=None if awaited in (None, Role.ADMIN) else _person(row, awaited),
        metadata={"deal_seq": row.deal.seq, "action": action},
    )


async def _notify(tx: Tx, row: DealRow, notice: Notice) -> None:
    about = {"text": notice.text, "conversation_id": row.conversation_id, "request_id": row.request_id}
    if notice.role is Role.ADMIN:
        await notifications.notify_operators(tx, notice.kind, about)
    else:
        await notifications.notify(tx, _person(row, notice.role), notice.kind, about)


def _person(row: DealRow, role: Role) -> UUID:
    return row.influencer_id if role is Role.INFLUENCER else row.brand_owner_id
