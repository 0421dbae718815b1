"""What a payer sees of orders, and the call that says a payment was made."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from litestar import MediaType, Response
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, structs

from stoory.actor import Actor
from stoory.errors import Conflict, NotFound, Unreadable
from stoory.payments.actions.oddities import quarantine
from stoory.payments.actions.purposes import Till
from stoory.payments.errands import as_document, collect
from stoory.payments.queries import orders, payments, receipts, refunds
from stoory.payments.queries.orders import Key, Order, Payment
from stoory.payments.queries.refunds import Refund
from stoory.payments.rules import OrderStatus, PaymentStatus, Source, Verdict
from stoory.platform import razorpay
from stoory.platform.database import Database
from stoory.platform.documents import PDF, as_html, as_pdf
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.downloads import Asked, Form, download, kind_wanted
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    Pagination,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import SIGNED_IN, Db, Id, Me, get, post
from stoory.platform.razorpay import Refused
from stoory.requests import queries as requests
from stoory.requests.queries import Request

RazorpayId = Annotated[str, Meta(min_length=1, max_length=40)]
Signature = Annotated[str, Meta(max_length=200)]
StatusFilter = Annotated[
    OrderStatus | None, QueryParameter(name="status", description="only orders that stand so")
]


class Checkout(Body):
    """What Razorpay's checkout handed to the browser."""

    EXAMPLE: ClassVar = {
        "razorpay_order_id": "order_IluGWxBm9U8zJ8",
        "razorpay_payment_id": "pay_IH4NVgf4Dreq1l",
        "razorpay_signature": "0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f",
    }

    razorpay_order_id: RazorpayId
    razorpay_payment_id: RazorpayId
    razorpay_signature: Signature


class VerifyAnswer(Answer):
    """A payment that was taken in, and what it paid."""

    order: Order
    payment: Payment
    request: Request | None


class OrderAnswer(Answer):
    """An order, the attempts to pay it, and what was given back."""

    order: Order
    payments: list[Payment]
    refunds: list[Refund]


class OrdersAnswer(Answer):
    """A page of orders."""

    orders: list[Order]
    pagination: Pagination


@post("/api/payments/verify-payment", who=SIGNED_IN, fails=(400, 404, 409, 502), leaves=True)
async def verify_payment(*, db: Db, actor: Me, till: Till, data: JSONBody[Checkout]) -> VerifyAnswer:
    """Say that a payment was made, with the three fields of Razorpay's checkout.

    The signature proves that the two ids belong together, not that money came: Razorpay is asked for the payment. Said
    again it answers the same.
    """
    async with db.as_user(actor, readonly=True) as tx:
        order = await orders.order_at_razorpay(tx, data.razorpay_order_id)
    if order is None or not (actor.is_admin or order.payer_id == actor.id):
        raise NotFound
    is_signed = till.gateway.is_checkout_signed(
        order_id=order.razorpay_order_id or "",
        payment_id=data.razorpay_payment_id,
        signature=data.razorpay_signature,
    )
    if not is_signed:
        raise Unreadable("The signature does not fit this payment.", code="invalid_signature")
    seen = await _at_razorpay(db, till, order, data.razorpay_payment_id)
    applied = await collect(db, till, order, seen, Source.VERIFY)
    if applied.verdict is Verdict.MISMATCH:
        raise _mismatch()
    if applied.payment is None or applied.payment.status not in (
        PaymentStatus.CAPTURED,
        PaymentStatus.REFUNDED,
    ):
        raise Conflict("Razorpay has not captured this payment (yet).", code="payment_not_captured")
    return await _answer(db, actor, applied.order, applied.payment)


async def _at_razorpay(db: Database, till: Till, order: Order, payment_id: str) -> razorpay.Payment:
    """Return the payment as Razorpay has it; one it does not know under our signature does not fit."""
    try:
        return await till.gateway.payment(payment_id)
    except Refused as problem:
        async with db.as_system("a signed payment that Razorpay does not know") as tx:
            details = {"order_id": order.id, "why": str(problem)}
            await quarantine(tx, "payment_mismatch", payment_id, details, is_lasting=True)
        raise _mismatch() from problem


def _mismatch() -> Conflict:
    return Conflict(
        "Razorpay's payment is not what this order asks for. Nothing was lost; an operator looks at it.",
        code="payment_mismatch",
    )


async def _answer(db: Database, actor: Actor, order: Order, payment: Payment) -> VerifyAnswer:
    async with db.as_user(actor, readonly=True) as tx:
        request = await requests.request(tx, order.request_id) if order.request_id else None
    return VerifyAnswer(order=order, payment=payment, request=request)


@get("/api/payments/orders", who=SIGNED_IN)
async def list_orders(
    *,
    db: Db,
    actor: Me,
    status: StatusFilter = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> OrdersAnswer:
    """List one's own orders, an operator everybody's; newest first."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await orders.orders(tx, status, decode_cursor(Key, cursor), limit + 1)
        total = await orders.order_count(tx, status) if include_total else None
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
    return OrdersAnswer(orders=shown, pagination=pagination)


@get("/api/payments/orders/{order_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_order(db: Db, actor: Me, order_id: Id) -> OrderAnswer:
    """Return an order, every attempt to pay it, and its refunds."""
    async with db.as_user(actor, readonly=True) as tx:
        return OrderAnswer(
            order=await orders.order(tx, order_id),
            payments=await payments.payments_of(tx, order_id),
            refunds=await refunds.refunds_of(tx, order_id),
        )


@get("/api/payments/orders/{order_id:uuid}/receipt", who=SIGNED_IN, fails=(404,), media_type=MediaType.HTML)
async def download_receipt(
    *, db: Db, actor: Me, request: Asked, order_id: Id, form: Form = None
) -> Response[bytes]:
    """Return the receipt of a paid order, as a page or as PDF; there is none before."""
    async with db.as_user(actor, readonly=True) as tx:
        await orders.order(tx, order_id)
        paid = await receipts.receipt(tx, order_id)
        given_back = [each for each in await refunds.refunds_of(tx, order_id) if each.processed_at]
    returned = [(each.processed_at, each.amount) for each in given_back if each.processed_at]
    kind = kind_wanted(request, form)
    document = as_document(structs.replace(paid, refunds=returned))
    content = await as_pdf(document) if kind == PDF else as_html(document)
    return download(content, kind, f"receipt-{order_id}")


ROUTES: Final = [verify_payment, list_orders, show_order, download_receipt]
