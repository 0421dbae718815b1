"""Razorpay's API, the calls we make; and the two kinds of signatures."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from stoory.errors import Upstream
from stoory.money import Money
from stoory.platform.razorpay.breaker import Breaker
from stoory.platform.razorpay.entities import (
    Json,
    Order,
    Payment,
    Payout,
    Refund,
    read_order,
    read_payment,
    read_payout,
    read_refund,
)
from stoory.platform.razorpay.wire import READ_SECONDS, Call, Known, Reader, Refused, Wire

CURRENCY: Final = "INR"
TRIES: Final = 3
"""Of calls that change nothing, or the same thing once: reads, and what carries a key."""
FIRST_PAUSE_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 4.0
"""Whoever has let us wait longer than this is not asked again now: people wait behind the call."""
LONGEST_NARRATION: Final = 30
LONGEST_PAGE: Final = 100


class Razorpay:
    """An account at Razorpay. Each call raises Refused for a no, and Upstream when there is no answer."""

    def __init__(
        self,
        *,
        base_url: str,
        key_id: str,
        key_secret: str,
        webhook_secrets: Sequence[str],
        account_number: str | None = None,
        read_seconds: float = READ_SECONDS,
        breaker: Breaker | None = None,
    ) -> None:
        """Take address and keys. `account_number` is RazorpayX's; without it payouts are made by hand."""
        self.key_id = key_id
        self.account_number = account_number
        self.breaker = breaker or Breaker()
        self._key_secret = key_secret.encode()
        self._webhook_secrets = [secret.encode() for secret in webhook_secrets]
        self._wire = Wire(
            base_url=base_url,
            key_id=key_id,
            key_secret=key_secret,
            read_seconds=read_seconds,
            breaker=self.breaker,
        )

    async def create_order(self, *, amount: Money, receipt: str, notes: dict[str, str]) -> Order:
        """Make an order, or return the one that was made with this receipt before."""
        body = {"amount": amount.paise, "currency": CURRENCY, "receipt": receipt, "notes": notes}
        try:
            return await self._again(
                lambda sdk: sdk.order.create(data={**body, "unique_receipt": True}), read_order
            )
        except Refused:
            # Where `unique_receipt` is not honoured, a receipt that was used is refused.
            known = await self.order_with_receipt(receipt)
            if known is None:
                raise
            return known

    async def order(self, order_id: str) -> Order:
        """Return an order."""
        return await self._again(lambda sdk: sdk.order.fetch(quote(order_id, safe=""), {}), read_order)

    async def order_with_receipt(self, receipt: str) -> Order | None:
        """Return the order that was made with this receipt."""
        found = await self._again(lambda sdk: sdk.order.all({"receipt": receipt}), _all(read_order))
        return next((order for order in found if order.receipt == receipt), None)

    async def payments_of(self, order_id: str) -> list[Payment]:
        """Return every attempt to pay an order; this list of Razorpay's has no pages."""
        return await self._again(
            lambda sdk: sdk.order.payments(quote(order_id, safe=""), {}), _all(read_payment)
        )

    async def payment(self, payment_id: str) -> Payment:
        """Return a payment."""
        return await self._again(lambda sdk: sdk.payment.fetch(quote(payment_id, safe=""), {}), read_payment)

    async def payments_since(self, since: datetime) -> AsyncIterator[list[Payment]]:
        """Yield every payment made since then, a page at a time, the newest first."""
        query: Json = {"from": int(since.timestamp()), "count": LONGEST_PAGE}
        skip = 0
        while True:
            page = await self._again(
                lambda sdk, skip=skip: sdk.payment.all({**query, "skip": skip}), _all(read_payment)
            )
            yield page
            if len(page) < LONGEST_PAGE:
                return
            skip += len(page)

    async def capture(self, payment_id: str, amount: Money) -> Payment:
        """Take an authorized payment; one that has been taken already is returned."""
        body = {"amount": amount.paise, "currency": CURRENCY}
        try:
            return await self._wire.ask(
                lambda sdk: sdk.payment.capture(payment_id, amount.paise, data=dict(body)), read_payment
            )
        except (Refused, Upstream):
            known = await self.payment(payment_id)
            if not known.captured:
                raise
            return known

    async def refund(self, payment_id: str, amount: Money, *, key: str, notes: dict[str, str]) -> Refund:
        """Give back a captured payment, or a part of it. With one key it is given once, however often it is asked."""
        body = {"amount": amount.paise, "speed": "normal", "receipt": key, "notes": notes}
        headers = {"X-Refund-Idempotency": key}
        return await self._again(
            lambda sdk: sdk.post(f"/v1/payments/{payment_id}/refund", dict(body), headers=dict(headers)),
            read_refund,
        )

    async def refund_with_id(self, refund_id: str) -> Refund:
        """Return a refund."""
        return await self._again(lambda sdk: sdk.refund.fetch(refund_id, {}), read_refund)

    async def contact(self, *, name: str, reference_id: str) -> str:
        """Make somebody who is paid known to RazorpayX, and return the id."""
        body = {"name": name, "type": "vendor", "reference_id": reference_id}
        return await self._again(lambda sdk: sdk.post("/v1/contacts", dict(body)), _id)

    async def fund_account(self, contact_id: str, account: Json) -> str:
        """Make an account known to RazorpayX, and return the id; the same account has the same one.

        `account` is {account_type, vpa: {address}} or {account_type, bank_account: {name, ifsc, account_number}}.
        """
        body = {"contact_id": contact_id, **account}
        return await self._again(lambda sdk: sdk.post("/v1/fund_accounts", dict(body)), _id)

    async def pay_out(
        self,
        *,
        fund_account_id: str,
        amount: Money,
        mode: str,
        key: str,
        narration: str,
        account_number: str | None = None,
    ) -> Payout:
        """Pay out of our own balance. With one key it is paid once, however often it is asked in the same words.

        It is paid from `account_number`, or else from the account of now.
        """
        body = {
            "account_number": account_number or self.account_number,
            "fund_account_id": fund_account_id,
            "amount": amount.paise,
            "currency": CURRENCY,
            "mode": mode,
            "purpose": "payout",
            "queue_if_low_balance": True,
            "reference_id": key,
            "narration": narration[:LONGEST_NARRATION],
        }
        headers = {"X-Payout-Idempotency": key}
        return await self._again(
            lambda sdk: sdk.post("/v1/payouts", dict(body), headers=dict(headers)), read_payout
        )

    async def payout(self, payout_id: str) -> Payout:
        """Return a payout."""
        return await self._again(lambda sdk: sdk.get(f"/v1/payouts/{payout_id}", {}), read_payout)

    async def payouts_with_reference(self, reference_id: str, *, account_number: str) -> list[Payout]:
        """Return what was paid out of an account under a reference, the newest first: nothing, or one as a rule."""
        query = {"account_number": account_number, "reference_id": reference_id, "count": LONGEST_PAGE}
        found = await self._again(lambda sdk: sdk.get("/v1/payouts", dict(query)), _all(read_payout))
        return [payout for payout in found if payout.reference_id == reference_id]

    def is_checkout_signed(self, *, order_id: str, payment_id: str, signature: str) -> bool:
        """Tell whether Razorpay signed that this payment belongs to this order. It says nothing about the amount.

        Razorpay documentation, "Verify payment signature": HMAC-SHA256 of `order|payment` with the key's secret.
        """
        return _is_signed(self._key_secret, _bytes(f"{order_id}|{payment_id}"), signature)

    def is_webhook_signed(self, body: bytes, signature: str | None) -> bool:
        """Tell whether Razorpay signed these very bytes, with the present secret or the one before."""
        signed = [_is_signed(secret, body, signature or "") for secret in self._webhook_secrets]
        return any(signed)

    async def _again(self, call: Call, read: Reader[Known]) -> Known:
        """Make a call that may be made twice; tried again after a little while when there is no answer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        pause = FIRST_PAUSE_SECONDS
        for _ in range(TRIES - 1):
            try:
                return await self._wire.ask(call, read)
            except Upstream:
                if loop.time() > until:
                    raise
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - apart, not secret
                pause *= 2
        return await self._wire.ask(call, read)


def _all(read: Reader[Known]) -> Reader[list[Known]]:
    """Return what reads a collection of such entities."""
    return lambda told: [read(item) for item in told["items"]]


def _id(entity: Json) -> str:
    return entity["id"]


def _is_signed(secret: bytes, message: bytes, signature: str) -> bool:
    expected = hmac.new(secret, message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), _bytes(signature))


def _bytes(text: str) -> bytes:
    """Encode whatever somebody sent, halves of characters too: it is compared and need not be text."""
    return text.encode("utf-8", "surrogatepass")
