"""What people do with their subscription. A paid change is an order, paid at the same checkout as a deal."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from litestar import Response
from litestar.params import JSONBody, QueryParameter
from msgspec import structs

from stoory.payments.queries import orders
from stoory.platform.database import Database, Tx
from stoory.platform.http.answers import JsonResponse
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import MARKET, SIGNED_IN, Db, Gateway, Id, Me, get, post, put
from stoory.platform.razorpay import Razorpay
from stoory.subscriptions import queries
from stoory.subscriptions.actions import change
from stoory.subscriptions.actions.begin import Wish, create
from stoory.subscriptions.actions.billing import Asked
from stoory.subscriptions.api.shapes import (
    Cancellation,
    Downgrade,
    Happened,
    HistoryAnswer,
    NewSubscription,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    Upgrade,
    answer,
    shown,
)
from stoory.subscriptions.errands import placed
from stoory.subscriptions.periods import Period
from stoory.subscriptions.queries import Key, invoices
from stoory.subscriptions.subscription import BASIC, Chosen, Status, Subscription

StatusFilter = Annotated[
    Status | None, QueryParameter(name="status", description="only subscriptions that stand so")
]
UserFilter = Annotated[UUID | None, QueryParameter(name="user_id", description="only this person's")]


@post("/api/subscriptions/create", who=MARKET, status=201, fails=(409, 502), leaves=True)
async def create_subscription(
    *, db: Db, actor: Me, gateway: Gateway, seller: str, data: JSONBody[NewSubscription]
) -> Response[SubscriptionAnswer]:
    """Subscribe to a plan: basic at once; a paid one is active as soon as its order is paid.

    Asked for again before it is paid, the same order is returned, with 200.
    """
    wish = Wish(plan=data.plan, period=data.period, coupon=data.coupon)
    async with db.as_user(actor) as tx:
        asked = await create(tx, actor, wish, seller=seller)
    return await _payable(db, gateway, asked)


@get("/api/subscriptions", who=SIGNED_IN)
async def list_subscriptions(
    *,
    db: Db,
    actor: Me,
    status: StatusFilter = None,
    user_id: UserFilter = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> SubscriptionsAnswer:
    """List one's own subscriptions, an operator everybody's; newest first."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await queries.subscriptions(tx, user_id, status, decode_cursor(Key, cursor), limit + 1)
        total = await queries.subscription_count(tx, user_id, status) if include_total else None
    cut, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
    return SubscriptionsAnswer(subscriptions=[shown(row) for row in cut], pagination=pagination)


@get("/api/subscriptions/{subscription_id:uuid}", who=SIGNED_IN, fails=(404,))
async def show_subscription(db: Db, actor: Me, subscription_id: Id) -> HistoryAnswer:
    """Return a subscription with what waits to be paid for it, and all that happened to it, from the beginning."""
    async with db.as_user(actor, readonly=True) as tx:
        told = await _as_it_is(tx, await queries.subscription(tx, subscription_id))
        events = await queries.events(tx, subscription_id)
    history = [Happened(kind=each.kind, at=each.at, data=each.data) for each in events]
    return HistoryAnswer(**structs.asdict(told), history=history)


@post("/api/subscriptions/{subscription_id:uuid}/checkout", who=MARKET, fails=(404, 409, 502), leaves=True)
async def check_out_subscription(
    db: Db, actor: Me, gateway: Gateway, subscription_id: Id
) -> SubscriptionAnswer:
    """Return the order that waits to be paid, known to Razorpay: of the first payment, an upgrade or a renewal."""
    async with db.as_user(actor, readonly=True) as tx:
        subscription = await queries.subscription(tx, subscription_id)
        invoice, order = await change.waiting_order(tx, actor, subscription)
    return answer(subscription, invoice, await placed(db, gateway, order))


@post(
    "/api/subscriptions/{subscription_id:uuid}/upgrade",
    who=MARKET,
    status=201,
    fails=(404, 409, 502),
    leaves=True,
)
async def upgrade_subscription(
    *,
    db: Db,
    actor: Me,
    gateway: Gateway,
    seller: str,
    subscription_id: Id,
    data: JSONBody[Upgrade],
) -> Response[SubscriptionAnswer]:
    """Go up to a higher plan, or from months to a year, for the difference of what is left of the period.

    It holds once its order is paid; less than a rupee is waived, and it holds at once.
    """
    async with db.as_user(actor) as tx:
        seen = await queries.subscription(tx, subscription_id)
        chosen = Chosen(data.plan, data.period or seen.period or Period.MONTHLY)
        asked = await change.upgrade(tx, actor, seen, chosen, seller=seller)
    return await _payable(db, gateway, asked)


@post("/api/subscriptions/{subscription_id:uuid}/downgrade", who=MARKET, fails=(404, 409))
async def downgrade_subscription(
    *, db: Db, actor: Me, seller: str, subscription_id: Id, data: JSONBody[Downgrade]
) -> SubscriptionAnswer:
    """Be on less from the next period on; down to basic is to cancel with this period."""
    async with db.as_user(actor) as tx:
        seen = await queries.subscription(tx, subscription_id)
        if data.plan == BASIC:
            after = await change.cancel(tx, actor, seen, at_period_end=True, seller=seller)
        else:
            chosen = Chosen(data.plan, data.period or seen.period or Period.MONTHLY)
            after = await change.downgrade(tx, actor, seen, chosen, seller=seller)
        return await _as_it_is(tx, after)


@put("/api/subscriptions/{subscription_id:uuid}/cancel", who=SIGNED_IN, fails=(404, 409))
async def cancel_subscription(
    *,
    db: Db,
    actor: Me,
    seller: str,
    subscription_id: Id,
    data: JSONBody[Cancellation | None] = None,
) -> SubscriptionAnswer:
    """End a subscription: with the time that is paid for, unless `at_period_end` is false; an operator anybody's."""
    wanted = data or Cancellation()
    async with db.as_user(actor) as tx:
        seen = await queries.subscription(tx, subscription_id)
        after = await change.cancel(tx, actor, seen, at_period_end=wanted.at_period_end, seller=seller)
        return await _as_it_is(tx, after)


@post("/api/subscriptions/{subscription_id:uuid}/resume", who=SIGNED_IN, fails=(404, 409))
async def resume_subscription(*, db: Db, actor: Me, seller: str, subscription_id: Id) -> SubscriptionAnswer:
    """Take back a cancellation, or a downgrade, that is still to come."""
    async with db.as_user(actor) as tx:
        seen = await queries.subscription(tx, subscription_id)
        after = await change.resume(tx, actor, seen, seller=seller)
        return await _as_it_is(tx, after)


async def _payable(db: Database, gateway: Razorpay, asked: Asked) -> Response[SubscriptionAnswer]:
    """Answer with what was asked for, its order known to Razorpay; 201 where it is new."""
    order = asked.order and await placed(db, gateway, asked.order)
    told = answer(asked.subscription, asked.invoice, order)
    return JsonResponse(told, status_code=201 if asked.is_new else 200)


async def _as_it_is(tx: Tx, subscription: Subscription) -> SubscriptionAnswer:
    invoice = await invoices.open_invoice(tx, subscription.id)
    order = await orders.order(tx, invoice.order_id) if invoice and invoice.order_id else None
    return answer(subscription, invoice, order)


ROUTES: Final = [
    create_subscription,
    list_subscriptions,
    show_subscription,
    check_out_subscription,
    upgrade_subscription,
    downgrade_subscription,
    cancel_subscription,
    resume_subscription,
]
