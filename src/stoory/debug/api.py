"""The debug routes of the guide: operators only, every look in the audit log, absent in production by default."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from msgspec import Struct

from stoory.accounts.actions import audit
from stoory.actor import Actor, Role
from stoory.deals import queries as deals
from stoory.deals.deal import Deal, Event
from stoory.deals.history import replay
from stoory.deals.rules import open_actions, refusals
from stoory.deals.states import PARTICIPANTS, Action, State
from stoory.debug import queries
from stoory.debug.queries import StoredConversation, StoredMessage
from stoory.platform.database import Tx
from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import OPERATORS, Db, Id, Me, get


class ConversationDebug(Answer, kw_only=True):
    """A conversation behind the scenes."""

    conversation: StoredConversation


class MessageDebug(Answer, kw_only=True):
    """A message behind the scenes."""

    message_row: StoredMessage


class Flow(Struct, kw_only=True):
    """Where a deal stands, what can happen to it, and why everything else cannot."""

    request_id: UUID
    state: State
    awaiting_role: Role | None
    deadlines: dict[Action, datetime]
    next_attention_at: datetime | None
    open_moves: dict[Role, list[Action]]
    refused: dict[Role, dict[Action, str]]
    history: list[Event]
    is_sum_of_its_history: bool


class FlowDebug(Answer, kw_only=True):
    """A deal behind the scenes."""

    flow: Flow


@get("/api/debug/conversations/{conversation_id:uuid}", who=OPERATORS, fails=(404,))
async def debug_conversation(db: Db, actor: Me, conversation_id: Id) -> ConversationDebug:
    """Return a conversation as it is stored."""
    async with db.as_user(actor) as tx:
        found = await queries.conversation(tx, conversation_id)
        await _on_record(tx, actor, "debug_conversation", conversation_id)
    return ConversationDebug(conversation=found)


@get("/api/debug/messages/{message_id:uuid}", who=OPERATORS, fails=(404,))
async def debug_message(db: Db, actor: Me, message_id: Id) -> MessageDebug:
    """Return a message as it is stored, without its words."""
    async with db.as_user(actor) as tx:
        found = await queries.message(tx, message_id)
        await _on_record(tx, actor, "debug_message", message_id)
    return MessageDebug(message_row=found)


@get("/api/debug/flow/{conversation_id:uuid}", who=OPERATORS, fails=(404,))
async def debug_flow(db: Db, actor: Me, conversation_id: Id) -> FlowDebug:
    """Return a deal's state, open moves, deadlines and history, and why each other move is refused."""
    async with db.as_user(actor) as tx:
        row = await deals.deal_in(tx, conversation_id)
        history = await deals.events(tx, row.request_id)
        await _on_record(tx, actor, "debug_flow", conversation_id)
    return FlowDebug(flow=_flow(row.request_id, row.deal, history))


def _flow(request_id: UUID, deal: Deal, history: list[Event]) -> Flow:
    return Flow(
        request_id=request_id,
        state=deal.state,
        awaiting_role=deal.awaiting_role,
        deadlines=deal.deadlines,
        next_attention_at=deal.deadline_at,
        open_moves={role: open_actions(deal, role) for role in PARTICIPANTS},
        refused={
            role: {action: why.message for action, why in refusals(deal, role).items()}
            for role in PARTICIPANTS
        },
        history=history,
        is_sum_of_its_history=replay(history) == deal,
    )


async def _on_record(tx: Tx, actor: Actor, what: LiteralString, subject_id: UUID) -> None:
    await tx.as_system("the audit log is written by the system alone")
    await audit(tx, actor, what, subject_id)


ROUTES: Final[list[Any]] = [debug_conversation, debug_message, debug_flow]
