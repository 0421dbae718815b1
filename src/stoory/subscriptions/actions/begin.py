"""How a subscription begins."""

from __future__ import annotations

from uuid import uuid4

from msgspec import Struct
from msgspec.structs import replace

from stoory.accounts.queries import people
from stoory.actor import Actor
from stoory.errors import Conflict
from stoory.money import Balance, Money
from stoory.payments.queries import orders
from stoory.plans import queries as plans
from stoory.plans.rules import Plan, PlanName
from stoory.platform.database import Tx
from stoory.subscriptions import queries, rules
from stoory.subscriptions.actions.advance import advance
from stoory.subscriptions.actions.billing import Asked, ask, draft, save, void
from stoory.subscriptions.clock import PENDING_FOR
from stoory.subscriptions.coupons import Coupon, check_coupon, discount, normalised
from stoory.subscriptions.periods import Period
from stoory.subscriptions.queries import coupons, invoices
from stoory.subscriptions.subscription import (
    BASIC,
    Chosen,
    Invoice,
    InvoiceKind,
    Status,
    Subscription,
)


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody wants to be on."""

    plan: PlanName
    period: Period
    coupon: str | None = None


async def create(tx: Tx, actor: Actor, wish: Wish, *, seller: str) -> Asked:
    """Begin a subscription: basic at once, a paid plan once its order is paid. Asked for again, the same order.

    Raises Conflict `already_subscribed` with the subscription that is live, Invalid for a coupon that is refused.
    """
    await tx.as_system("a subscription")
    await people.lock_user(tx, actor.id)
    current = [await advance(tx, each, seller=seller) for each in await queries.lock_not_over(tx, actor.id)]
    live = next((each for each in current if each.is_live), None)
    if live is not None and (live.plan != BASIC or wish.plan == BASIC):
        raise Conflict(f"You are on {live.plan} already.", code="already_subscribed", subscription_id=live.id)
    plan = next(each for each in await plans.offered(tx, actor.id) if each.plan == wish.plan)
    waiting = next((each for each in current if each.status is Status.PENDING), None)
    if wish.plan == BASIC:
        await _give_up(tx, waiting)
        return await _begin_basic(tx, actor, plan)
    chosen = Chosen(wish.plan, wish.period)
    if waiting is not None and (same := await _asked_already(tx, waiting, plan, wish)) is not None:
        return same
    await _give_up(tx, waiting)
    new = rules.pending(uuid4(), actor.id, plan, chosen, tx.now)
    await queries.insert_subscription(tx, new)
    coupon = await _coupon(tx, actor, wish)
    return await ask(tx, new, _first(tx, new, plan, chosen, coupon), seller=seller, by=actor.id)


async def _begin_basic(tx: Tx, actor: Actor, plan: Plan) -> Asked:
    new = rules.basic(uuid4(), actor.id, plan, tx.now)
    await queries.insert_subscription(tx, new)
    await queries.append_event(tx, new, "begun", actor.id, {"plan": plan.plan})
    return Asked(subscription=new, invoice=None, order=None)


async def _asked_already(tx: Tx, waiting: Subscription, plan: Plan, wish: Wish) -> Asked | None:
    """Return what waits for its first payment, where it is just what is wished for, at the price of today."""
    chosen = Chosen(wish.plan, wish.period)
    invoice = await invoices.open_invoice(tx, waiting.id)
    if invoice is None or invoice.order_id is None or invoice.chosen != chosen:
        return None
    if (invoice.plan_valid_from, invoice.price) != (plan.valid_from, rules.price(plan, chosen)):
        return None
    code = None if invoice.coupon_id is None else (await coupons.coupon(tx, invoice.coupon_id)).code
    if code != (normalised(wish.coupon) if wish.coupon else None):
        return None
    order = await orders.order(tx, invoice.order_id)
    return Asked(subscription=waiting, invoice=invoice, order=order, is_new=False)


async def _give_up(tx: Tx, waiting: Subscription | None) -> None:
    """Wait no more for what was asked for before."""
    if waiting is not None:
        await void(tx, waiting)
        await save(tx, rules.cancelled(waiting, tx.now), "cancelled", {})


async def _coupon(tx: Tx, actor: Actor, wish: Wish) -> Coupon | None:
    """Return the coupon, held and good for this; Invalid."""
    if wish.coupon is None:
        return None
    found = await coupons.lock_coupon(tx, normalised(wish.coupon))
    uses_each = 0
    if found is not None:
        found = await coupons.coupon(tx, found.id)
        uses_each = await coupons.uses_by(tx, found.id, actor.id)
    return check_coupon(found, wish.plan, uses_each=uses_each, now=tx.now)


def _first(tx: Tx, new: Subscription, plan: Plan, chosen: Chosen, coupon: Coupon | None) -> Invoice:
    asked = draft(tx, new, plan, chosen, InvoiceKind.START)
    less = discount(coupon, asked.price) if coupon else Money(0)
    return replace(
        asked,
        discount=Balance(less.paise),
        amount=rules.asked_for(asked.price, discount=less),
        coupon_id=coupon.id if coupon else None,
        expires_at=new.created_at + PENDING_FOR,
    )
