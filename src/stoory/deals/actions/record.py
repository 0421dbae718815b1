"""Save and tell: what every move writes once it has been decided, whoever made it."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from stoory.actor import SYSTEM_USER_ID, Role
from stoory.chat import actions as chat
from stoory.deals import archive, queries, script
from stoory.deals.deal import Event, Prompt
from stoory.deals.history import evolve
from stoory.deals.projections import flow_data, projection
from stoory.deals.queries import DealRow
from stoory.deals.script import Line
from stoory.notifications import actions as notifications
from stoory.platform.database import Tx
from stoory.requests import actions as requests


class Outcome(Struct, kw_only=True):
    """What a press came to: the deal after it and what was said first."""

    row: DealRow
    line: Line | None
    next_steps: list[str]


async def record(tx: Tx, row: DealRow, event: Event) -> Outcome:
    """Write an event of an existing deal and everything that shows it."""
    row = replace(row, deal=evolve(row.deal, event))
    await queries.append_event(tx, row, event)
    await queries.save_deal(tx, row.request_id, row.deal)
    return await _show(tx, row, event)


async def record_first(tx: Tx, row: DealRow, event: Event) -> Outcome:
    """Write the event that begins a deal; `row.deal` is what `evolve` made of it."""
    await queries.insert_deal(tx, row)
    await queries.append_event(tx, row, event)
    return await _show(tx, row, event)


def asked(row: DealRow, prompt: Prompt) -> Outcome:
    """Answer a press that only asked for input: nothing is written."""
    return Outcome(row=row, line=script.prompt_line(row.deal, prompt), next_steps=[])


async def _show(tx: Tx, row: DealRow, event: Event) -> Outcome:
    deal = row.deal
    lines = script.messages(deal, event)
    await _project(tx, row)
    if script.settles(deal, lines):
        answered = {"action": event.action, "by_role": event.by_role, "at": event.at}
        await chat.close_action(tx, row.conversation_id, answered=answered)
    for line in lines:
        await _say(tx, row, event, line)
    if event.actor_id != SYSTEM_USER_ID:
        await chat.mark_read(tx, row.conversation_id, event.actor_id)
    for notice in script.notices(deal, event):
        about = {"text": notice.text, "conversation_id": row.conversation_id, "request_id": row.request_id}
        await notifications.notify(tx, _person(row, notice.role), notice.kind, about)
    return Outcome(row=row, line=lines[0] if lines else None, next_steps=script.next_steps(event))


async def _project(tx: Tx, row: DealRow) -> None:
    """Write the guide's columns; the conversation keeps what the influencer sees, chat hides it from the brand."""
    shown = projection(row.deal)
    await chat.project(
        tx,
        row.conversation_id,
        chat_status=shown.chat_status,
        flow_state=shown.flow_state,
        awaiting_role=shown.awaiting_role,
        flow_data=archive.plain(flow_data(row.deal, Role.INFLUENCER)),
        automation_enabled=shown.automation_enabled,
        payment_required=shown.payment_required,
        payment_completed=shown.payment_completed,
    )
    await requests.project(
        tx,
        row.request_id,
        status=shown.status,
        proposed_amount=shown.proposed_amount,
        agreed_amount=shown.agreed_amount,
    )


async def _say(tx: Tx, row: DealRow, event: Event, line: Line) -> None:
    awaited = row.deal.awaiting_role
    await chat.announce(
        tx,
        row.conversation_id,
        text=line.text,
        action_data=archive.plain(line.action_data),
        action_role=line.action_role,
        flow_context=archive.plain(line.flow_context),
        receiver_id=_person(row, awaited) if awaited else None,
        metadata={"deal_seq": event.seq, "action": event.action},
    )


def _person(row: DealRow, role: Role) -> UUID:
    return row.influencer_id if role is Role.INFLUENCER else row.brand_owner_id
