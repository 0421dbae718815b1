"""What the tests of the sandbox are told with: the merchant's client, and the merchant's server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import httpx

Json = dict[str, Any]

KEY: Final = ("rzp_test_sandbox", "sandbox-secret")
SECRET: Final = "whispered"
SHOP_URL: Final = "http://shop.test/webhook"
START: Final = 1_795_000_000
DAY: Final = 86_400


class Shop:
    """The merchant's server: keeps what arrives, and may refuse it."""

    def __init__(self) -> None:
        """Begin with nothing, and take everything."""
        self.taken: list[httpx.Request] = []
        self.answer = 200
        self.is_open = True
        self.trouble: Exception | None = None
        self.arrived = asyncio.Event()
        self.moments: list[int] = []
        self.clock: Callable[[], int] = lambda: START

    def take(self, request: httpx.Request) -> httpx.Response:
        """Answer a webhook."""
        self.moments.append(self.clock() - START)
        if not self.is_open:
            raise httpx.ConnectError("nobody", request=request)
        if self.trouble is not None:
            raise self.trouble
        self.taken.append(request)
        self.arrived.set()
        return httpx.Response(self.answer)

    @property
    def events(self) -> list[str]:
        """The names of what arrived, in order."""
        return [json.loads(request.content)["event"] for request in self.taken]

    def last(self, event: str) -> Json:
        """Return the newest payload of that event."""
        bodies = [json.loads(request.content) for request in self.taken]
        return next(body for body in reversed(bodies) if body["event"] == event)["payload"]


class Client:
    """Asks the sandbox, and expects that it goes well unless told otherwise."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Take a client that knows address and key."""
        self.http = http
        self.ids: Json = {}

    async def get(self, path: str, expected: int = 200, /, **query: Any) -> Json:
        """Fetch."""
        return self._read(await self.http.get(path, params=query or None), expected)

    async def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Json:
        """Create or do."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._read(await self.http.post(path, json=body or {}, headers=names), status)

    async def patch(self, path: str, body: Json, status: int = 200) -> Json:
        """Change."""
        return self._read(await self.http.patch(path, json=body), status)

    async def put(self, path: str, body: Json, status: int = 200) -> Json:
        """Set."""
        return self._read(await self.http.put(path, json=body), status)

    async def refusal(self, path: str, body: Any = None, status: int = 400, **headers: str) -> str:
        """Post what must be refused, and return why."""
        return (await self.post(path, body, status, **headers))["error"]["description"]

    async def order(self, amount: int = 50_000, **more: Any) -> Json:
        """Make an order."""
        return await self.post("/v1/orders", {"amount": amount, "currency": "INR", **more})

    async def pay(self, order: Json, outcome: str = "captured", method: str = "upi") -> Json:
        """Pay an order as a customer, and return the payment."""
        fields = await self.post(
            f"/__sandbox/orders/{order['id']}/pay", {"outcome": outcome, "method": method}
        )
        return await self.get(f"/v1/payments/{fields['razorpay_payment_id']}")

    async def paid(self, amount: int = 50_000) -> Json:
        """Return a captured payment."""
        return await self.pay(await self.order(amount))

    async def quirk(self, **switches: Any) -> None:
        """Set switches."""
        await self.put("/__sandbox/quirks", switches)

    async def wait(self, seconds: int) -> None:
        """Let time go by."""
        await self.post("/__sandbox/clock", {"advance_seconds": seconds})

    async def deliver(self) -> int:
        """Let webhooks arrive, and return how many attempts that took."""
        return (await self.post("/__sandbox/webhooks/deliver"))["attempts"]

    def _read(self, response: httpx.Response, status: int) -> Json:
        assert response.status_code == status, response.text
        return response.json()
