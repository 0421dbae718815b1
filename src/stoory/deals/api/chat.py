"""The chat's doors: a button is pressed, a form is sent, the context is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from stoory.actor import Actor, Role
from stoory.chat import queries as chat
from stoory.chat.rows import ConversationRow
from stoory.deals import queries
from stoory.deals.actions.press import Wish, press
from stoory.deals.actions.record import Outcome
from stoory.deals.api.paying import pay
from stoory.deals.buttons import ActionData
from stoory.deals.deal import BUTTON, TEXT_INPUT
from stoory.deals.projections import BusinessRules, flow_context
from stoory.deals.queries import DealRow
from stoory.deals.rules import open_actions
from stoory.deals.states import Action, State
from stoory.payments.queries.orders import Order
from stoory.platform.database import Database, Tx
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.routes import SIGNED_IN, Db, Gateway, Id, Me, get, post
from stoory.platform.razorpay import Razorpay
from stoory.postings import queries as postings
from stoory.postings.api.shapes import Bid, Campaign, Shown, shown
from stoory.postings.rules import Kind
from stoory.requests import queries as requests
from stoory.requests.queries import Request

ActionName = Annotated[str, Meta(min_length=1, max_length=50, description="the action of a button")]
InputName = Annotated[str, Meta(min_length=1, max_length=50, description="the `input_type` of a prompt")]
Values = Annotated[dict[str, Any], Meta(max_length=50)]


SHAPES: Final[dict[Kind, type[Shown]]] = {Kind.CAMPAIGN: Campaign, Kind.BID: Bid}


class ButtonClick(Body):
    """A button that was pressed."""

    EXAMPLE: ClassVar = {
        "action": "accept_proposal",
        "data": {"amount": 5000, "additional_notes": "Great proposal, let's proceed!"},
    }

    action: ActionName
    data: Values | None = None
    message_id: UUID | None = None


class TextInput(Body):
    """A form that was filled in."""

    EXAMPLE: ClassVar = {
        "input_type": "negotiation_amount",
        "values": {"proposed_amount": 4500, "reasoning": "Based on market rates and campaign scope"},
    }

    input_type: InputName
    values: Values
    message_id: UUID | None = None


class AutomatedResponse(Struct, kw_only=True, omit_defaults=True):
    """The first thing the system said, as the one who pressed sees it."""

    message: str
    action_required: bool
    action_data: ActionData | None = None
    next_steps: list[str]


class MoveAnswer(Answer):
    """A move was made, or a prompt answered."""

    next_flow_state: State
    automated_response: AutomatedResponse
    conversation: ConversationRow
    order: Order | UnsetType = UNSET
    """What is to be paid, after proceed_to_payment."""


class Context(Struct, kw_only=True):
    """What can be done in a conversation now, until when, and about what it is."""

    open_actions: list[Action]
    business_rules: BusinessRules
    deadlines: dict[Action, datetime]
    posting: Shown
    request: Request


class ContextAnswer(Answer):
    """The context of a deal's conversation."""

    context: Context


def _pays(click: ButtonClick) -> bool:
    return click.action == Action.PROCEED_TO_PAYMENT


@post(
    "/api/messages/conversations/{conversation_id:uuid}/button-click",
    who=SIGNED_IN,
    fails=(404, 409, 502),
    leaves=_pays,
)
async def click_button(
    db: Db, actor: Me, gateway: Gateway, conversation_id: Id, data: JSONBody[ButtonClick]
) -> MoveAnswer:
    """Press a button of the automated conversation.

    A prompt (negotiate_amount) answers with the fields it asks for; with all of them in `data` it is the move.
    proceed_to_payment answers with the `order` as well.
    """
    return await pressed(db, actor, gateway, conversation_id, data)


async def pressed(
    db: Database, actor: Actor, gateway: Razorpay, conversation_id: UUID, click: ButtonClick
) -> MoveAnswer:
    """Make the move of a button, whichever door it was pressed at."""
    wish = Wish(action=click.action, data=click.data or {}, door=BUTTON, message_id=click.message_id)
    if _pays(click):
        outcome = await pay(db, gateway, actor, lambda tx: queries.deal_in(tx, conversation_id), wish)
        async with db.as_user(actor, readonly=True) as tx:
            return await _told(tx, actor, outcome)
    async with db.as_user(actor) as tx:
        row = await queries.deal_in(tx, conversation_id)
        return await _told(tx, actor, await press(tx, actor, row, wish))


@post("/api/messages/conversations/{conversation_id:uuid}/text-input", who=SIGNED_IN, fails=(404, 409))
async def submit_text_input(db: Db, actor: Me, conversation_id: Id, data: JSONBody[TextInput]) -> MoveAnswer:
    """Answer a prompt of the automated conversation."""
    return await filled_in(db, actor, conversation_id, data)


async def filled_in(db: Database, actor: Actor, conversation_id: UUID, form: TextInput) -> MoveAnswer:
    """Make the move of a form, whichever door it came by."""
    wish = Wish(action=form.input_type, data=form.values, door=TEXT_INPUT, message_id=form.message_id)
    async with db.as_user(actor) as tx:
        row = await queries.deal_in(tx, conversation_id)
        return await _told(tx, actor, await press(tx, actor, row, wish))


@get("/api/messages/conversations/{conversation_id:uuid}/context", who=SIGNED_IN, fails=(404,))
async def show_context(db: Db, actor: Me, conversation_id: Id) -> ContextAnswer:
    """Return what can be done in a deal's conversation now, and about what it is."""
    async with db.as_user(actor, readonly=True) as tx:
        row = await queries.deal_in(tx, conversation_id)
        posting = await postings.posting(tx, row.kind, row.posting_id)
        return ContextAnswer(
            context=Context(
                open_actions=open_actions(row.deal, actor.role),
                business_rules=flow_context(row.deal).business_rules,
                deadlines=row.deal.deadlines,
                posting=shown(SHAPES[row.kind], posting, actor),
                request=await requests.request(tx, row.request_id),
            )
        )


async def _told(tx: Tx, actor: Actor, outcome: Outcome) -> MoveAnswer:
    row = outcome.row
    return MoveAnswer(
        message="Action processed successfully",
        next_flow_state=row.deal.state,
        automated_response=_response(outcome, _side(actor, row, outcome)),
        conversation=await chat.conversation_for(tx, actor, row.conversation_id),
        order=outcome.order or UNSET,
    )


def _response(outcome: Outcome, viewer: Role | None) -> AutomatedResponse:
    """Return what was said; the action only to the side it is asked of."""
    line = outcome.line
    if line is None:
        return AutomatedResponse(message="", action_required=False, next_steps=outcome.next_steps)
    is_asked = line.action_role is not None and line.action_role is viewer
    return AutomatedResponse(
        message=line.text,
        action_required=is_asked,
        action_data=line.action_data if is_asked else None,
        next_steps=outcome.next_steps,
    )


def _side(actor: Actor, row: DealRow, outcome: Outcome) -> Role | None:
    """Return whose eyes the presser has: an operator those of the side that is asked."""
    if actor.id == row.influencer_id:
        return Role.INFLUENCER
    if actor.id == row.brand_owner_id:
        return Role.BRAND_OWNER
    return outcome.line.action_role if outcome.line else None


ROUTES: Final = [click_button, submit_text_input, show_context]
