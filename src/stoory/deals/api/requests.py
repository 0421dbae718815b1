"""The doors on the request: each is a move of its deal."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from litestar import Response
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from stoory.deals import queries
from stoory.deals.actions.press import Wish, change_amount, change_status, press
from stoory.deals.api.openings import Links, Words
from stoory.deals.api.paying import paid_with, pay
from stoory.deals.states import Action
from stoory.errors import FieldError, Invalid
from stoory.money import Money
from stoory.payments.queries.orders import Order
from stoory.platform.http.answers import Answer, JsonResponse
from stoory.platform.http.body import Body, given
from stoory.platform.http.routes import BRANDS, INFLUENCERS, SIGNED_IN, Db, Gateway, Id, Me, delete, post, put
from stoory.requests import queries as requests
from stoory.requests.api import Status
from stoory.requests.queries import Request


class ApplicationEdit(Body):
    """What may be changed of an application nobody has answered yet."""

    READ_ONLY: ClassVar = frozenset(Request.__struct_fields__) - {
        "proposed_amount",
        "message",
        "portfolio_links",
    }
    EXAMPLE: ClassVar = {"proposed_amount": 4800, "message": "I could start next week."}

    proposed_amount: Money | UnsetType = UNSET
    message: Words | UnsetType = UNSET
    portfolio_links: Links | UnsetType = UNSET


class StatusChange(Body):
    """The status a request shall have."""

    EXAMPLE: ClassVar = {"status": "approved"}

    status: Status
    reason: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    as_role: Literal["brand_owner", "influencer"] | UnsetType = UNSET
    """For whom an operator moves, if not for the awaited side."""


class AmountChange(Body):
    """The amount the brand agrees to, under either of its two names."""

    EXAMPLE: ClassVar = {"agreed_amount": 4500}

    agreed_amount: Money | UnsetType = UNSET
    amount: Money | UnsetType = UNSET


class RequestAnswer(Answer):
    """The request after the move."""

    request: Request


class PaymentAnswer(Answer):
    """The request, and the order that pays it."""

    request: Request
    order: Order


@put("/api/requests/{request_id:uuid}", who=INFLUENCERS, fails=(404, 409))
async def edit_request(db: Db, actor: Me, request_id: Id, data: JSONBody[ApplicationEdit]) -> RequestAnswer:
    """Edit an application that has not been answered yet; a new amount replaces the first offer."""
    wish = Wish(action=Action.EDIT_PROPOSAL, data=_as_sent(given(data)))
    async with db.as_user(actor) as tx:
        row = await queries.deal_of(tx, request_id)
        await press(tx, actor, row, wish)
        return RequestAnswer(request=await requests.request(tx, request_id))


@delete("/api/requests/{request_id:uuid}", who=SIGNED_IN, fails=(404, 409))
async def withdraw_request(db: Db, actor: Me, request_id: Id) -> RequestAnswer:
    """Withdraw an application while it is unpaid; the row stays, cancelled."""
    async with db.as_user(actor) as tx:
        row = await queries.deal_of(tx, request_id)
        await press(tx, actor, row, Wish(action=Action.WITHDRAW_PROPOSAL))
        return RequestAnswer(
            message="The application is withdrawn.", request=await requests.request(tx, request_id)
        )


@put("/api/requests/{request_id:uuid}/status", who=SIGNED_IN, fails=(404, 409))
async def change_request_status(
    db: Db, actor: Me, request_id: Id, data: JSONBody[StatusChange]
) -> RequestAnswer:
    """Give a request a status by the move that stands for it; the one it has already changes nothing."""
    async with db.as_user(actor) as tx:
        row = await queries.deal_of(tx, request_id)
        await change_status(tx, actor, row, status=data.status, data=_said(data))
        return RequestAnswer(request=await requests.request(tx, request_id))


@put("/api/requests/{request_id:uuid}/amount", who=BRANDS, fails=(404, 409))
async def change_request_amount(
    db: Db, actor: Me, request_id: Id, data: JSONBody[AmountChange]
) -> RequestAnswer:
    """Set the amount the brand agrees to, while the request is pending and it is the brand's turn."""
    amount = _amount_of(data)
    async with db.as_user(actor) as tx:
        row = await queries.deal_of(tx, request_id)
        await change_amount(tx, actor, row, amount)
        return RequestAnswer(request=await requests.request(tx, request_id))


@post("/api/requests/{request_id:uuid}/payment", who=BRANDS, status=201, fails=(404, 409, 502), leaves=True)
async def pay_request(db: Db, actor: Me, gateway: Gateway, request_id: Id) -> Response[PaymentAnswer]:
    """Proceed to the payment of an accepted request; with an order that is open already the answer is 200."""
    wish = Wish(action=Action.PROCEED_TO_PAYMENT)
    outcome = await pay(db, gateway, actor, lambda tx: queries.deal_of(tx, request_id), wish)
    async with db.as_user(actor, readonly=True) as tx:
        request = await requests.request(tx, request_id)
    answer = PaymentAnswer(request=request, order=paid_with(outcome))
    return JsonResponse(answer, status_code=201 if outcome.is_new_order else 200)


def _said(data: StatusChange) -> dict[str, object]:
    """Return what the move is told: a reason for saying no is a note on saying yes."""
    words = "additional_notes" if data.status is Status.APPROVED else "reason"
    return {
        name: value for name, value in ((words, data.reason), ("as_role", data.as_role)) if value is not UNSET
    }


def _amount_of(data: AmountChange) -> Money:
    match data.amount, data.agreed_amount:
        case (Money() as amount, UnsetType()) | (UnsetType(), Money() as amount):
            return amount
        case _:
            wrong = "exactly one of amount and agreed_amount must be given"
            raise Invalid(FieldError("amount", wrong), FieldError("agreed_amount", wrong))


def _as_sent(fields: dict[str, Any]) -> dict[str, object]:
    """Return the amount as the wire has it: the deal reads its own data."""
    return {name: value.to_wire() if isinstance(value, Money) else value for name, value in fields.items()}


ROUTES: Final = [edit_request, withdraw_request, change_request_status, change_request_amount, pay_request]
