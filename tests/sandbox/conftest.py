"""A sandbox a test: its own memory, a clock that stands, ids that repeat, and a shop that its webhooks reach."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from stoory.sandbox.razorpay.app import Sandbox
from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.shop import KEY, SECRET, SHOP_URL, START, Client, Shop


@pytest.fixture
def shop() -> Shop:
    """Return the merchant's server, which takes every webhook."""
    return Shop()


@pytest.fixture
async def sandbox(shop: Shop) -> AsyncIterator[Sandbox]:
    """Return a sandbox whose clock stands and whose webhooks go to the shop."""
    config = Config(seed="tests", starts_at=START, webhook_url=SHOP_URL, webhook_secret=SECRET)
    sandbox = Sandbox(config, httpx.MockTransport(shop.take))
    shop.clock = lambda: sandbox.gateway.now
    yield sandbox
    sandbox.gateway.store.close()


@pytest.fixture
async def razorpay(sandbox: Sandbox) -> AsyncIterator[Client]:
    """Return the merchant's client of the API, and of the control door."""
    transport = httpx.ASGITransport(sandbox)  # pyright: ignore[reportArgumentType] - an ASGI application all the same
    async with httpx.AsyncClient(transport=transport, base_url="http://razorpay.test", auth=KEY) as client:
        yield Client(client)
