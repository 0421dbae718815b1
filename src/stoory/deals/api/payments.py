"""The doors of payments that are moves of a deal: an order is made, money is given back, a dispute is looked at."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from uuid import UUID

from litestar import Response
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from stoory.deals import queries
from stoory.deals.actions.give_back import Gift, give_back
from stoory.deals.actions.press import Wish
from stoory.deals.amounts import rupees
from stoory.deals.api.paying import paid_with, pay
from stoory.deals.queries import DealRow, people
from stoory.deals.queries.people import Dispute, Key
from stoory.deals.states import Action
from stoory.errors import Conflict, Invalid
from stoory.money import Money
from stoory.payments.queries import orders
from stoory.payments.queries.orders import Order
from stoory.payments.queries.refunds import Refund
from stoory.platform.database import Tx
from stoory.platform.http.answers import Answer, JsonResponse
from stoory.platform.http.body import Body
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    Limit,
    Pagination,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import BRANDS, OPERATORS, Db, Gateway, Id, Me, get, post
from stoory.subscriptions.actions import give_back as subscriptions


class NewOrder(Body):
    """What is to be paid."""

    EXAMPLE: ClassVar = {"request_id": "4e000000-0000-4000-8000-000000000001", "amount": 4500}

    request_id: UUID
    amount: Money | UnsetType = UNSET
    """If it is sent, it must be the agreed one."""


class RefundBody(Body):
    """Money to give back."""

    EXAMPLE: ClassVar = {"amount": 1500, "reason": "Agreed by phone: two of three videos were delivered."}

    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    amount: Money | UnsetType = UNSET
    """All that the escrow holds, unless it is sent."""
    platform_pays: bool = False
    """Out of the platform's own pocket, once the influencer has been paid."""


class OrderAnswer(Answer):
    """An order to be paid."""

    order: Order


class RefundAnswer(Answer):
    """Money on its way back."""

    refund: Refund
    order: Order


class DisputesAnswer(Answer):
    """A page of deals in dispute."""

    disputes: list[Dispute]
    pagination: Pagination


@post("/api/payments/create-order", who=BRANDS, status=201, fails=(404, 409, 502), leaves=True)
async def create_order(
    *, db: Db, actor: Me, gateway: Gateway, data: JSONBody[NewOrder]
) -> Response[OrderAnswer]:
    """Make the order that pays an accepted request; one that is open is returned again, with 200."""

    async def find(tx: Tx) -> DealRow:
        row = await queries.deal_of(tx, data.request_id)
        if data.amount is not UNSET and row.deal.agreed_amount and data.amount != row.deal.agreed_amount:
            raise Invalid.field("amount", f"must be the agreed amount, {rupees(row.deal.agreed_amount)}")
        return row

    try:
        outcome = await pay(db, gateway, actor, find, Wish(action=Action.PROCEED_TO_PAYMENT))
    except Conflict as refused:
        if refused.code == "invalid_action":
            refused.code = "not_payable"
        raise
    return JsonResponse(
        OrderAnswer(order=paid_with(outcome)), status_code=201 if outcome.is_new_order else 200
    )


@post("/api/payments/orders/{order_id:uuid}/refund", who=OPERATORS, status=201, fails=(404, 409))
async def refund_order(db: Db, actor: Me, order_id: Id, data: JSONBody[RefundBody]) -> RefundAnswer:
    """Give back what an order was paid with, or a part.

    A deal's comes out of the escrow, or out of the platform's own pocket; a subscription's out of what was earned, and
    its plan goes on. Razorpay is asked afterwards; `refund.status` says how far it is.
    """
    gift = Gift(
        amount=None if data.amount is UNSET else data.amount,
        reason=data.reason,
        platform_pays=data.platform_pays,
    )
    async with db.as_user(actor) as tx:
        order = await orders.order(tx, order_id)
        if order.request_id is None:
            if data.platform_pays:
                raise Invalid.field(
                    "platform_pays", "is for deals: a subscription is given back out of income"
                )
            refund = await subscriptions.give_back(tx, actor, order, amount=gift.amount, reason=gift.reason)
        else:
            row = await queries.deal_of(tx, order.request_id)
            refund = await give_back(tx, actor, row, order, gift)
        return RefundAnswer(refund=refund, order=await orders.order(tx, order_id))


@get("/api/admin/disputes", who=OPERATORS)
async def list_disputes(
    *, db: Db, actor: Me, limit: Limit = DEFAULT_PAGE_ROWS, cursor: CursorParam = None
) -> DisputesAnswer:
    """List the deals that wait for an operator's decision, the longest waiting first."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await people.disputes(tx, decode_cursor(Key, cursor), limit + 1)
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.opened_at, row.request_id))
    return DisputesAnswer(disputes=shown, pagination=pagination)


ROUTES: Final = [create_order, refund_order, list_disputes]
