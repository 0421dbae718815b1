"""Carries webhooks to their URL, and rings timers, as long as the sandbox runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

import httpx

from stoory.sandbox.razorpay import deliveries
from stoory.sandbox.razorpay.deliveries import Delivery
from stoory.sandbox.razorpay.gateway import Gateway

PATIENCE_SECONDS: Final = 5
"""Razorpay documentation, "Webhooks": a slower answer is none."""

AT_ONCE: Final = 8
LOOKS_EVERY_SECONDS: Final = 0.5

LOG: Final = logging.getLogger(__name__)


class Courier:
    """One round after the other: timers, then whatever is due."""

    def __init__(self, gateway: Gateway, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take the gateway, and a transport in place of the network."""
        self._gateway = gateway
        self._client = httpx.AsyncClient(transport=transport, timeout=PATIENCE_SECONDS, trust_env=False)
        self._woken = asyncio.Event()
        self._round = asyncio.Lock()

    def wake(self) -> None:
        """Say that something may be due."""
        self._woken.set()

    async def run(self) -> None:
        """Carry until cancelled: a round that breaks is told to the log, and the next one begins."""
        while True:
            try:
                await self.deliver()
            except Exception:
                LOG.exception("A round of webhooks broke; the next one begins soon.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOKS_EVERY_SECONDS)
            self._woken.clear()

    async def deliver(self) -> int:
        """Send everything that is due and return how many attempts that took."""
        attempts = 0
        async with self._round:
            while batch := self._due():
                await asyncio.gather(*(self._attempt(delivery) for delivery in batch))
                attempts += len(batch)
        return attempts

    async def advance(self, seconds: int) -> None:
        """Move the clock on; what comes due on the way happens at its moment, webhooks and their retries included."""
        gateway = self._gateway
        arrival = gateway.now + seconds
        while gateway.now < arrival:
            await self.deliver()
            with gateway.store.transaction():
                gateway.advance_towards(arrival)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    def _due(self) -> list[Delivery]:
        gateway = self._gateway
        with gateway.store.transaction():
            gateway.ring()
        return deliveries.due(gateway.store, gateway.now, AT_ONCE)

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                response = await self._client.post(
                    delivery.url,
                    content=delivery.body,
                    headers={
                        "content-type": "application/json",
                        "user-agent": "Razorpay-Webhook/v1",
                        "x-razorpay-signature": delivery.signature,
                        "x-razorpay-event-id": delivery.event_id,
                    },
                )
            answered, is_taken = str(response.status_code), response.is_success
        # No answer, whatever the reason: a host name may be too long for a socket, a port too large.
        except Exception as problem:  # noqa: BLE001
            answered, is_taken = type(problem).__name__, False
        store = self._gateway.store
        with store.transaction():
            deliveries.note_answer(store, delivery, answered, is_taken=is_taken, now=self._gateway.now)
