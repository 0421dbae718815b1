"""What stands in our books of payments that Razorpay tells of."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from stoory.money import Money
from stoory.platform.database import Tx


class Held(Struct, kw_only=True):
    """A captured payment, and what of it went back."""

    razorpay_payment_id: str
    amount: Money
    given_back: Money
    """What has arrived."""
    promised: Money
    """That, and what is on its way."""


async def held(tx: Tx, razorpay_payment_ids: list[str]) -> list[Held]:
    """Return those of the payments that are captured here."""
    return await tx.all(
        Held,
        """
        select p.razorpay_payment_id, p.amount,
               coalesce(sum(r.amount) filter (where r.status = 'processed'), 0) as given_back,
               coalesce(sum(r.amount), 0) as promised
          from payments p
          left join refunds r on r.payment_id = p.id
         where p.razorpay_payment_id = any ($1::text[])
           and p.captured_at is not null
         group by p.id
        """,
        razorpay_payment_ids,
    )


async def captured_since(tx: Tx, since: datetime) -> list[str]:
    """Return the ids, at Razorpay, of the payments captured here since then."""
    return await tx.value(
        list[str],
        """
        select coalesce(array_agg(razorpay_payment_id), '{}')
          from payments
         where captured_at >= $1
        """,
        since,
    )


async def explained(tx: Tx, razorpay_payment_ids: list[str]) -> list[str]:
    """Return those of the payments that operators have been told of, whatever they made of it."""
    return await tx.value(
        list[str],
        """
        select coalesce(array_agg(distinct subject), '{}')
          from quarantine
         where subject = any ($1::text[])
        """,
        razorpay_payment_ids,
    )
