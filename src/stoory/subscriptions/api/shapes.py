"""Subscriptions and invoices as they are shown, and what bodies say about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from msgspec import Meta, Struct

from stoory.money import Balance
from stoory.payments.queries.orders import Order
from stoory.plans.rules import PlanName
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.pages import Pagination
from stoory.subscriptions.periods import Period
from stoory.subscriptions.subscription import (
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    Status,
    Subscription,
)
from stoory.subscriptions.taxes import total

PaidPlan = Literal["premium", "enterprise"]
Code = Annotated[str, Meta(min_length=1, max_length=40)]

READ_ONLY: frozenset[str] = frozenset(
    {
        "id",
        "user_id",
        "status",
        "current_period_start",
        "current_period_end",
        "cancel_at_period_end",
        "amount",
        "currency",
        "next_plan",
        "next_period",
        "pay_by",
        "created_at",
        "updated_at",
    }
)


class NewSubscription(Body):
    """Which plan to be on, and how long to pay for at a time."""

    READ_ONLY: ClassVar = READ_ONLY
    EXAMPLE: ClassVar = {"plan": "premium", "period": "monthly"}

    plan: PlanName
    period: Period = Period.MONTHLY
    coupon: Code | None = None


class Upgrade(Body):
    """Which higher plan to be on; the period stays unless it is named."""

    EXAMPLE: ClassVar = {"plan": "enterprise"}

    plan: PaidPlan
    period: Period | None = None


class Downgrade(Body):
    """Which lower plan to be on from the next period; basic is to end with this one."""

    EXAMPLE: ClassVar = {"plan": "premium"}

    plan: PlanName
    period: Period | None = None


class Cancellation(Body):
    """Whether to keep what is paid for; otherwise it ends now, and nothing is given back."""

    EXAMPLE: ClassVar = {"at_period_end": True}

    at_period_end: bool = True


class Shown(Struct, kw_only=True):
    """A subscription. Amounts are rupees."""

    id: UUID
    user_id: UUID
    plan: PlanName
    period: Period | None
    """None for basic, which goes on and on."""
    status: Status
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at_period_end: bool
    amount: Balance
    """What the running period costs."""
    currency: str
    next_plan: PlanName | None
    """What the next period will be, where it is to be less."""
    next_period: Period | None
    pay_by: datetime | None
    """When the renewal that was asked for must be paid, or the plan is basic again."""
    created_at: datetime
    updated_at: datetime


class TaxShown(Struct):
    """A tax that an amount contains."""

    name: str
    rate_bp: int
    """Basis points of what is taxed: 900 is 9 %."""
    amount: Balance


class InvoiceShown(Struct, kw_only=True):
    """What a subscription asks money for: open, or paid and numbered. Amounts are rupees, taxes included."""

    id: UUID
    subscription_id: UUID
    kind: InvoiceKind
    status: InvoiceStatus
    number: str | None
    plan: PlanName
    period: Period
    starts_at: datetime | None
    ends_at: datetime | None
    price: Balance
    discount: Balance
    credit: Balance
    """What was paid already for the same time."""
    amount: Balance
    taxable: Balance
    taxes: list[TaxShown]
    order_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    issued_at: datetime | None


class SubscriptionAnswer(Answer):
    """A subscription, what it waits to be paid, and the order to pay it with."""

    subscription: Shown
    invoice: InvoiceShown | None
    order: Order | None
    key_id: str | None
    """Razorpay's public key that the checkout opens the order with."""


class Happened(Struct, kw_only=True):
    """Something that happened to a subscription."""

    kind: str
    at: datetime
    data: dict[str, Any]


class HistoryAnswer(SubscriptionAnswer):
    """A subscription with all that happened to it."""

    history: list[Happened]


class SubscriptionsAnswer(Answer):
    """A page of subscriptions."""

    subscriptions: list[Shown]
    pagination: Pagination


class InvoiceAnswer(Answer):
    """An invoice."""

    invoice: InvoiceShown


class InvoicesAnswer(Answer):
    """A page of invoices."""

    invoices: list[InvoiceShown]
    pagination: Pagination


def shown(subscription: Subscription) -> Shown:
    """Return a subscription as people see it."""
    s = subscription
    is_asked = s.is_live and not s.cancel_at_period_end
    return Shown(
        id=s.id,
        user_id=s.user_id,
        plan=s.plan,
        period=s.period,
        status=s.status,
        current_period_start=s.current_period_start or s.started_at,
        current_period_end=s.current_period_end,
        cancel_at_period_end=s.cancel_at_period_end,
        amount=s.amount,
        currency=s.currency,
        next_plan=s.next_plan,
        next_period=s.next_period,
        pay_by=s.lapses_at if is_asked else None,
        created_at=s.created_at,
        updated_at=s.updated_at,
    )


def invoice_shown(invoice: Invoice) -> InvoiceShown:
    """Return an invoice as people see it."""
    return InvoiceShown(
        id=invoice.id,
        subscription_id=invoice.subscription_id,
        kind=invoice.kind,
        status=invoice.status,
        number=invoice.number,
        plan=invoice.plan,
        period=invoice.period,
        starts_at=invoice.starts_at,
        ends_at=invoice.ends_at,
        price=invoice.price,
        discount=invoice.discount,
        credit=invoice.credit,
        amount=invoice.amount,
        taxable=Balance((invoice.amount - total(invoice.taxes)).paise),
        taxes=[TaxShown(tax.name, tax.rate_bp, Balance(tax.amount_paise)) for tax in invoice.taxes],
        order_id=invoice.order_id,
        created_at=invoice.created_at,
        expires_at=invoice.expires_at,
        issued_at=invoice.issued_at,
    )


def answer(
    subscription: Subscription, invoice: Invoice | None = None, order: Order | None = None
) -> SubscriptionAnswer:
    """Return a subscription with what is to be paid for it."""
    return SubscriptionAnswer(
        subscription=shown(subscription),
        invoice=invoice and invoice_shown(invoice),
        order=order,
        key_id=order and order.key_id,
    )
