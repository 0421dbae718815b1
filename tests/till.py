"""The sandbox as tests drive it: a brand at Razorpay's checkout, banks, time, lost and doubled webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
from msgspec import Struct

from stoory.sandbox.razorpay.gateway import Config
from stoory.settings import SANDBOX_KEY_ID, SANDBOX_KEY_SECRET, SANDBOX_WEBHOOK_SECRET
from tests.sandbox.server import running

Json = dict[str, Any]

WEBHOOK: Final = "/api/payments/webhook"


class Delivery(Struct, frozen=True):
    """A webhook that waits to be delivered."""

    id: str
    body: bytes
    headers: dict[str, str]


@contextmanager
def held() -> Iterator[str]:
    """Run a sandbox, and return its address. Its webhooks wait until a test delivers them."""
    with running(Config(webhook_url=f"http://stoory.test{WEBHOOK}")) as address:
        httpx.put(f"{address}/__sandbox/webhook", json={"is_held": True}).raise_for_status()
        yield address


class Till:
    """Drives the sandbox through its control door. Webhooks wait until a test delivers them."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Take a client of the sandbox."""
        self._http = http

    async def reset(self) -> None:
        """Forget everything; webhooks wait from now on."""
        await self._post("/__sandbox/reset")
        await self.hold()

    async def hold(self, *, is_held: bool = True) -> None:
        """Let webhooks wait, or let them leave by themselves."""
        (await self._http.put("/__sandbox/webhook", json={"is_held": is_held})).raise_for_status()

    async def pay(self, order_id: str, outcome: str = "captured", method: str = "upi") -> Json:
        """Pay an order at the checkout and return the three fields it hands to the browser."""
        return await self._post(f"/__sandbox/orders/{order_id}/pay", {"outcome": outcome, "method": method})

    async def waiting(self) -> list[Delivery]:
        """Return the webhooks that wait, the oldest first."""
        told = (
            await self._http.get("/__sandbox/webhooks", params={"status": "waiting", "count": 100})
        ).json()
        return [
            Delivery(
                str(each["id"]),
                each["body"].encode(),
                {"x-razorpay-signature": each["signature"], "x-razorpay-event-id": each["event_id"]},
            )
            for each in told["items"]
        ]

    async def deliver(
        self, client: httpx.AsyncClient, *, times: int = 1, is_reversed: bool = False
    ) -> list[httpx.Response]:
        """Deliver what waits, each so often, in the order it happened or the other way round."""
        deliveries = await self.take()
        answers: list[httpx.Response] = []
        for delivery in reversed(deliveries) if is_reversed else deliveries:
            answers += [
                await client.post(WEBHOOK, content=delivery.body, headers=delivery.headers)
                for _ in range(times)
            ]
        return answers

    async def take(self) -> list[Delivery]:
        """Take what waits away from the sandbox: the test delivers it, or loses it."""
        deliveries = await self.waiting()
        for delivery in deliveries:
            await self._post(f"/__sandbox/webhooks/{delivery.id}/drop")
        return deliveries

    async def steer(self, delivery: Delivery, way: str, **how: Any) -> None:
        """Let a webhook take another way than the straight one: drop, duplicate, delay, replay."""
        await self._post(f"/__sandbox/webhooks/{delivery.id}/{way}", how)

    async def shuffle(self, seed: int) -> None:
        """Let the webhooks that wait arrive in another order."""
        await self._post("/__sandbox/webhooks/reorder", {"order": "shuffle", "seed": seed})

    async def everything(self, kind: str, **asked: str) -> list[Json]:
        """Return every entity of that kind the sandbox has."""
        found: list[Json] = []
        while True:
            query = {**asked, "count": 100, "skip": len(found)}
            auth = (SANDBOX_KEY_ID, SANDBOX_KEY_SECRET)
            page = (await self._http.get(f"/v1/{kind}", params=query, auth=auth)).json()["items"]
            found += page
            if not page:
                return found

    async def fault(self, kind: str, *, path: str = ".*", times: int = 1, **more: Any) -> None:
        """Let the next requests of that address go wrong."""
        await self._post("/__sandbox/faults", {"kind": kind, "path": path, "times": times, **more})

    async def faults(self) -> list[Json]:
        """Return the faults that are still to happen."""
        return (await self._http.get("/__sandbox/faults")).json()["items"]

    async def heal(self) -> None:
        """Let everything go well again."""
        await self._http.delete("/__sandbox/faults")

    async def quirk(self, **switches: Any) -> None:
        """Set switches of the sandbox."""
        (await self._http.put("/__sandbox/quirks", json=switches)).raise_for_status()

    async def advance(self, seconds: int) -> None:
        """Move the sandbox's clock on."""
        await self._post("/__sandbox/clock", {"advance_seconds": seconds})

    async def settle_refund(self, refund_id: str) -> None:
        """Let a pending refund arrive."""
        await self._post(f"/__sandbox/refunds/{refund_id}/settle")

    async def refund(self, payment_id: str, amount: int) -> None:
        """Give money back in Razorpay's dashboard, so many paise."""
        auth = (SANDBOX_KEY_ID, SANDBOX_KEY_SECRET)
        answer = await self._http.post(
            f"/v1/payments/{payment_id}/refund", json={"amount": amount}, auth=auth
        )
        assert answer.is_success, answer.text

    async def fail_refund(self, refund_id: str) -> None:
        """Let a pending refund fail."""
        await self._post(f"/__sandbox/refunds/{refund_id}/fail")

    async def dispute(self, payment_id: str, outcome: str = "created") -> Json:
        """Let the payer's bank take a payment back, or decide about it."""
        return await self._post(f"/__sandbox/payments/{payment_id}/dispute", {"outcome": outcome})

    async def settle(self) -> Json:
        """Let what Razorpay holds go to our bank."""
        return await self._post("/__sandbox/settle")

    async def settle_if_any(self) -> int:
        """Let go to our bank what Razorpay holds, and return how many paise that was: none if it holds none."""
        answer = await self._http.post("/__sandbox/settle", json={})
        return answer.json()["amount"] if answer.is_success else 0

    async def move_payout(self, payout_id: str, status: str) -> None:
        """Move a payout on."""
        await self._post(
            f"/__sandbox/payouts/{payout_id}/move", {"status": status, "reason": "as the test wants"}
        )

    @staticmethod
    def event(name: str, **entities: Json) -> bytes:
        """Return the body of a webhook of our own making."""
        payload = {kind: {"entity": entity} for kind, entity in entities.items()}
        return json.dumps({"entity": "event", "event": name, "payload": payload}).encode()

    @staticmethod
    def signed(body: bytes) -> dict[str, str]:
        """Return the headers with which Razorpay would send that body."""
        signature = hmac.new(SANDBOX_WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {"x-razorpay-signature": signature}

    async def _post(self, path: str, body: Json | None = None) -> Json:
        answer = await self._http.post(path, json=body or {})
        assert answer.is_success, answer.text
        return answer.json()
