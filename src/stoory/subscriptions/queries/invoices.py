"""Invoices, their numbers, and the taxes that hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from stoory.platform.database import Tx
from stoory.subscriptions.subscription import Invoice
from stoory.subscriptions.taxes import Tax, TaxRate

Key = tuple[datetime, UUID]
"""Lists are ordered by (created_at, id), newest first."""


async def invoice(tx: Tx, subscription_id: UUID, invoice_id: UUID) -> Invoice:
    """Return an invoice of a subscription; NotFound."""
    return await tx.one(
        Invoice,
        """
        select id, subscription_id, user_id, kind, status, number, plan, plan_valid_from, plan_name, period, starts_at,
               ends_at, price, discount, credit, amount, full_price, coupon_id, order_id, taxes, billed_by, billed_to,
               created_at, expires_at, issued_at
          from invoices
         where subscription_id = $1
           and id = $2
        """,
        subscription_id,
        invoice_id,
    )


async def invoices_of(tx: Tx, subscription_id: UUID, after: Key | None, rows: int) -> list[Invoice]:
    """Return a page of a subscription's invoices, newest first."""
    await tx.plan_anew()
    return await tx.all(
        Invoice,
        """
        select id, subscription_id, user_id, kind, status, number, plan, plan_valid_from, plan_name, period, starts_at,
               ends_at, price, discount, credit, amount, full_price, coupon_id, order_id, taxes, billed_by, billed_to,
               created_at, expires_at, issued_at
          from invoices
         where subscription_id = $1
           and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
         order by created_at desc, id desc
         limit $4
        """,
        subscription_id,
        *(after or (None, None)),
        rows,
    )


async def open_invoice(tx: Tx, subscription_id: UUID) -> Invoice | None:
    """Return the invoice of a subscription that waits for its money."""
    return await tx.maybe(
        Invoice,
        """
        select id, subscription_id, user_id, kind, status, number, plan, plan_valid_from, plan_name, period, starts_at,
               ends_at, price, discount, credit, amount, full_price, coupon_id, order_id, taxes, billed_by, billed_to,
               created_at, expires_at, issued_at
          from invoices
         where subscription_id = $1
           and status = 'open'
        """,
        subscription_id,
    )


async def invoice_of_order(tx: Tx, order_id: UUID) -> Invoice:
    """Return what an order asks money for; NotFound."""
    return await tx.one(
        Invoice,
        """
        select id, subscription_id, user_id, kind, status, number, plan, plan_valid_from, plan_name, period, starts_at,
               ends_at, price, discount, credit, amount, full_price, coupon_id, order_id, taxes, billed_by, billed_to,
               created_at, expires_at, issued_at
          from invoices
         where order_id = $1
        """,
        order_id,
    )


async def paid_after(tx: Tx, subscription_id: UUID, at: datetime) -> list[Invoice]:
    """Return what is paid for time that lies after an instant, the earliest first."""
    return await tx.all(
        Invoice,
        """
        select id, subscription_id, user_id, kind, status, number, plan, plan_valid_from, plan_name, period, starts_at,
               ends_at, price, discount, credit, amount, full_price, coupon_id, order_id, taxes, billed_by, billed_to,
               created_at, expires_at, issued_at
          from invoices
         where subscription_id = $1
           and status = 'paid'
           and ends_at > $2
         order by starts_at, created_at, id
        """,
        subscription_id,
        at,
    )


async def paid_last_for(tx: Tx, subscription_id: UUID, at: datetime) -> Invoice:
    """Return the invoice that paid last for an instant: a renewal, or an upgrade after it; NotFound."""
    return await tx.one(
        Invoice,
        """
        select id, subscription_id, user_id, kind, status, number, plan, plan_valid_from, plan_name, period, starts_at,
               ends_at, price, discount, credit, amount, full_price, coupon_id, order_id, taxes, billed_by, billed_to,
               created_at, expires_at, issued_at
          from invoices
         where subscription_id = $1
           and status = 'paid'
           and starts_at <= $2
           and ends_at > $2
         order by issued_at desc, created_at desc
         limit 1
        """,
        subscription_id,
        at,
    )


async def insert_invoice(tx: Tx, new: Invoice) -> None:
    """Store an invoice that asks for money."""
    await tx.run(
        """
        insert into invoices (id, subscription_id, user_id, kind, status, plan, plan_valid_from, plan_name, period,
                              starts_at, ends_at, price, discount, credit, amount, full_price, coupon_id, created_at,
                              expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        """,
        *(new.id, new.subscription_id, new.user_id, new.kind, new.status, new.plan, new.plan_valid_from),
        *(new.plan_name, new.period, new.starts_at, new.ends_at, new.price, new.discount, new.credit),
        *(new.amount, new.full_price, new.coupon_id, new.created_at, new.expires_at),
    )


async def save_order(tx: Tx, invoice_id: UUID, order_id: UUID) -> None:
    """Note by which order an invoice is to be paid."""
    await tx.run(
        """
        update invoices
           set order_id = $2
         where id = $1
        """,
        invoice_id,
        order_id,
    )


async def void_invoice(tx: Tx, invoice_id: UUID) -> None:
    """Note that nobody waits for an invoice any more."""
    await tx.run(
        """
        update invoices
           set status = 'void'
         where id = $1
           and status = 'open'
        """,
        invoice_id,
    )


async def issue_invoice(tx: Tx, paid: Invoice) -> None:
    """Store what a paid invoice says, for good."""
    await tx.run(
        """
        update invoices
           set status = 'paid', number = $2, starts_at = $3, ends_at = $4, taxes = $5, billed_by = $6, billed_to = $7,
               issued_at = $8
         where id = $1
           and status = 'open'
        """,
        paid.id,
        paid.number,
        paid.starts_at,
        paid.ends_at,
        paid.taxes,
        paid.billed_by,
        paid.billed_to,
        paid.issued_at,
    )


async def next_number(tx: Tx, financial_year: str) -> int:
    """Return the next number of a financial year, held until the end of the transaction: none is left out."""
    return await tx.value(
        int,
        """
        insert into invoice_numbers (financial_year, last_number)
        values ($1, 1)
            on conflict (financial_year) do update set last_number = invoice_numbers.last_number + 1
        returning last_number
        """,
        financial_year,
    )


async def tax_rates(tx: Tx) -> list[TaxRate]:
    """Return the taxes that hold now: those of the newest day that has come."""
    return await tx.all(
        TaxRate,
        """
        select name, rate_bp
          from tax_rates
         where valid_from = (select max(valid_from) from tax_rates where valid_from <= $1)
         order by name
        """,
        tx.now,
    )


async def lapsed_quotes(tx: Tx, rows: int) -> list[UUID]:
    """Return the subscriptions whose upgrade is not waited for any more, the longest ago first."""
    return await tx.value(
        list[UUID],
        """
        select coalesce(array_agg(q.subscription_id order by q.expires_at), '{}')
          from (select subscription_id, expires_at
                  from invoices
                 where status = 'open'
                   and expires_at <= $1
                 order by expires_at
                 limit $2) q
        """,
        tx.now,
        rows,
    )


async def taxes_of_order(tx: Tx, order_id: UUID) -> list[Tax]:
    """Return the taxes that an order's payment contained."""
    return await tx.value(
        list[Tax],
        """
        select taxes
          from invoices
         where order_id = $1
           and status = 'paid'
        """,
        order_id,
    )
