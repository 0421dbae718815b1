"""What operators see of money that does not fit, and do about it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from uuid import UUID

from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from stoory.accounts.actions import audit
from stoory.errors import Conflict
from stoory.payments.actions.purposes import Till
from stoory.payments.actions.refunds import ask_again
from stoory.payments.api.orders import OrderAnswer, OrdersAnswer, StatusFilter
from stoory.payments.errands import look_up
from stoory.payments.queries import orders, payments, refunds, webhooks
from stoory.payments.queries.webhooks import Oddity
from stoory.platform.database import Tx
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import (
    DEFAULT_PAGE_ROWS,
    CursorParam,
    IncludeTotal,
    Limit,
    Pagination,
    decode_cursor,
    page,
)
from stoory.platform.http.routes import OPERATORS, Db, Id, Me, get, post
from stoory.platform.razorpay import Refused

IsResolved = Annotated[bool, QueryParameter(name="resolved", description="those already looked at instead")]


class Resolution(Body):
    """What an operator found."""

    EXAMPLE: ClassVar = {"note": "Paid twice by the brand's bank; returned by hand, reference HDFC0042."}

    note: Annotated[str, Meta(min_length=1, max_length=2000)]


class OddityAnswer(Answer):
    """Something that did not fit."""

    quarantined: Oddity


class OdditiesAnswer(Answer):
    """A page of what does not fit."""

    quarantine: list[Oddity]
    pagination: Pagination


@get("/api/admin/orders", who=OPERATORS)
async def list_all_orders(
    *,
    db: Db,
    actor: Me,
    status: StatusFilter = None,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> OrdersAnswer:
    """List everybody's orders, newest first."""
    async with db.as_user(actor, readonly=True) as tx:
        rows = await orders.orders(tx, status, decode_cursor(orders.Key, cursor), limit + 1)
        total = await orders.order_count(tx, status) if include_total else None
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
    return OrdersAnswer(orders=shown, pagination=pagination)


@post("/api/admin/orders/{order_id:uuid}/retry", who=OPERATORS, fails=(404, 409, 502), leaves=True)
async def retry_order(db: Db, actor: Me, till: Till, order_id: Id) -> OrderAnswer:
    """Ask Razorpay now what became of an order, as the reconciler does every quarter of an hour."""
    async with db.as_user(actor, readonly=True) as tx:
        order = await orders.order(tx, order_id)
    try:
        await look_up(db, till, order)
    except Refused as problem:
        raise Conflict(f"Razorpay does not tell of this order: {problem}.", code="order_unknown") from problem
    async with db.as_user(actor, readonly=True) as tx:
        return OrderAnswer(
            order=await orders.order(tx, order_id),
            payments=await payments.payments_of(tx, order_id),
            refunds=await refunds.refunds_of(tx, order_id),
        )


@get("/api/admin/quarantine", who=OPERATORS)
async def list_quarantine(
    *,
    db: Db,
    actor: Me,
    resolved: IsResolved = False,
    limit: Limit = DEFAULT_PAGE_ROWS,
    cursor: CursorParam = None,
    include_total: IncludeTotal = False,
) -> OdditiesAnswer:
    """List what does not fit and waits for an operator, newest first."""
    after = decode_cursor(webhooks.Key, cursor)
    async with db.as_user(actor, readonly=True) as tx:
        rows = await webhooks.oddities(tx, is_resolved=resolved, after=after, rows=limit + 1)
        total = await webhooks.oddity_count(tx, is_resolved=resolved) if include_total else None
    shown, pagination = page(rows, limit=limit, key=lambda row: (row.created_at, row.id), total=total)
    return OdditiesAnswer(quarantine=shown, pagination=pagination)


@post("/api/admin/quarantine/{oddity_id:uuid}/retry", who=OPERATORS, fails=(404, 409))
async def retry_quarantined(db: Db, actor: Me, oddity_id: Id) -> OddityAnswer:
    """Try once more what failed: a webhook that could not be applied, a refund that Razorpay refused."""
    async with db.as_user(actor) as tx:
        oddity = await webhooks.oddity(tx, oddity_id)
        await tx.as_system("what an operator tries again")
        if not await _tried_again(tx, oddity):
            raise Conflict(
                "This cannot be tried again; look into it and note what you found.", code="not_retryable"
            )
        await _resolve(tx, actor.id, oddity, "tried again")
        await audit(tx, actor, "retry_quarantined", data={"quarantine_id": oddity_id})
        return OddityAnswer(quarantined=await webhooks.oddity(tx, oddity_id))


async def _tried_again(tx: Tx, oddity: Oddity) -> bool:
    match oddity.kind:
        case "webhook_failed":
            return await webhooks.save_due_again(tx, oddity.subject)
        case "refund_failed":
            return await ask_again(tx, UUID(oddity.subject))
        case _:
            return False


@post("/api/admin/quarantine/{oddity_id:uuid}/resolve", who=OPERATORS, fails=(404, 409))
async def resolve_quarantined(db: Db, actor: Me, oddity_id: Id, data: JSONBody[Resolution]) -> OddityAnswer:
    """Note what was found out about something that did not fit; it waits no longer."""
    async with db.as_user(actor) as tx:
        oddity = await webhooks.oddity(tx, oddity_id)
        await tx.as_system("what an operator has looked at")
        await _resolve(tx, actor.id, oddity, data.note)
        await audit(tx, actor, "resolve_quarantined", data={"quarantine_id": oddity_id, "note": data.note})
        return OddityAnswer(quarantined=await webhooks.oddity(tx, oddity_id))


async def _resolve(tx: Tx, operator_id: UUID, oddity: Oddity, note: str) -> None:
    if not await webhooks.save_resolved(tx, oddity.id, by=operator_id, note=note):
        raise Conflict("Somebody has looked at this already.", code="already_resolved")


ROUTES: Final = [list_all_orders, retry_order, list_quarantine, retry_quarantined, resolve_quarantined]
