"""The attempts to pay an order."""

from __future__ import annotations

from uuid import UUID

from stoory.money import Money
from stoory.payments.queries.orders import Order, Payment
from stoory.payments.rules import PaymentStatus
from stoory.platform import razorpay
from stoory.platform.database import Tx


async def payment(tx: Tx, payment_id: UUID) -> Payment:
    """Return a payment; NotFound."""
    return await tx.one(
        Payment,
        """
        select id, razorpay_payment_id, order_id, amount, currency, method, status, is_surplus, created_at, captured_at
          from payments
         where id = $1
        """,
        payment_id,
    )


async def payment_at_razorpay(tx: Tx, razorpay_payment_id: str) -> Payment | None:
    """Return the payment that Razorpay knows by that id."""
    return await tx.maybe(
        Payment,
        """
        select id, razorpay_payment_id, order_id, amount, currency, method, status, is_surplus, created_at, captured_at
          from payments
         where razorpay_payment_id = $1
        """,
        razorpay_payment_id,
    )


async def payments_of(tx: Tx, order_id: UUID) -> list[Payment]:
    """Return every attempt to pay an order, in the order of their making."""
    return await tx.all(
        Payment,
        """
        select id, razorpay_payment_id, order_id, amount, currency, method, status, is_surplus, created_at, captured_at
          from payments
         where order_id = $1
         order by created_at, id
        """,
        order_id,
    )


async def paying_payment(tx: Tx, order_id: UUID) -> Payment | None:
    """Return the payment that an order was paid with: the one that is no surplus."""
    return await tx.maybe(
        Payment,
        """
        select id, razorpay_payment_id, order_id, amount, currency, method, status, is_surplus, created_at, captured_at
          from payments
         where order_id = $1
           and captured_at is not null
           and not is_surplus
        """,
        order_id,
    )


async def save_payment(
    tx: Tx,
    order: Order,
    seen: razorpay.Payment,
    *,
    payment_id: UUID,
    status: PaymentStatus,
    is_surplus: bool = False,
) -> Payment:
    """Store what Razorpay says of an attempt to pay, the first time or again."""
    return await tx.one(
        Payment,
        """
        insert into payments (razorpay_payment_id, order_id, payer_id, amount, currency, method, status, fee, tax,
                              is_surplus, error_code, error_description, created_at, captured_at, id)
        values ($1, $2, $3, $4, $5, $6, $7::text, $8, $9, $10, $11, $12, $13,
                case $7::text when 'captured' then $13::timestamptz end, $14)
            on conflict (razorpay_payment_id) do update
                   set status = excluded.status,
                       method = excluded.method,
                       (fee, tax) = row(excluded.fee, excluded.tax),
                       is_surplus = excluded.is_surplus,
                       (error_code, error_description) = row(excluded.error_code, excluded.error_description),
                       captured_at = coalesce(payments.captured_at, excluded.captured_at)
        returning id, razorpay_payment_id, order_id, amount, currency, method, status, is_surplus, created_at,
                  captured_at
        """,
        *(
            seen.id,
            order.id,
            order.payer_id,
            seen.amount,
            seen.currency,
            seen.method,
            status,
            seen.fee,
            seen.tax,
        ),
        *(is_surplus, seen.error_code, seen.error_description, tx.now, payment_id),
    )


async def save_fee(tx: Tx, payment_id: UUID, seen: razorpay.Payment) -> None:
    """Store what Razorpay kept of a payment, once."""
    await tx.run(
        """
        update payments
           set fee = $2,
               tax = $3
         where id = $1
           and fee is null
        """,
        payment_id,
        seen.fee,
        seen.tax,
    )


async def save_refunded(tx: Tx, payment_id: UUID) -> None:
    """Note that all of a payment has been given back."""
    await tx.run(
        """
        update payments
           set status = 'refunded'
         where id = $1
        """,
        payment_id,
    )


async def save_captured_again(tx: Tx, payment_id: UUID) -> None:
    """Note that of a payment that was given back something is held again."""
    await tx.run(
        """
        update payments
           set status = 'captured'
         where id = $1
           and status = 'refunded'
           and captured_at is not null
        """,
        payment_id,
    )


async def has_fee(tx: Tx, payment_id: UUID) -> bool:
    """Return whether it is known what Razorpay kept of a payment."""
    return await tx.value(
        bool,
        """
        select fee is not null
          from payments
         where id = $1
        """,
        payment_id,
    )


async def owed_to_payer(tx: Tx, payment_id: UUID) -> Money:
    """Return what is left of a captured payment, less every refund: one that failed is owed all the same."""
    return await tx.value(
        Money,
        """
        select p.amount - coalesce(sum(r.amount), 0)
          from payments p
          left join refunds r on r.payment_id = p.id
         where p.id = $1
         group by p.id
        """,
        payment_id,
    )
