"""What a receipt says, looked up."""

from __future__ import annotations

from uuid import UUID

from stoory.payments.receipt import Receipt
from stoory.platform.database import Tx


async def receipt(tx: Tx, order_id: UUID) -> Receipt:
    """Return the receipt of an order, its refunds left out; NotFound until it is paid."""
    return await tx.one(
        Receipt,
        """
        select o.receipt as number, u.name as payer, o.purpose as kind,
               coalesce(b.title, c.title, i.plan_name || ', ' || i.period, o.purpose) as purpose,
               p.amount, p.method, o.razorpay_order_id as order_id, p.razorpay_payment_id as payment_id,
               p.captured_at as paid_at, '[]'::jsonb as refunds
          from orders o
          join payments p on p.order_id = o.id and p.captured_at is not null and not p.is_surplus
          join users u on u.id = o.payer_id
          left join requests r on r.id = o.request_id
          left join bids b on b.id = r.bid_id
          left join campaigns c on c.id = r.campaign_id
          left join invoices i on i.order_id = o.id
         where o.id = $1
        """,
        order_id,
    )
