"""The courier goes its rounds as long as the sandbox lives, whatever it meets."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from stoory.sandbox.razorpay import courier
from stoory.sandbox.razorpay.app import Sandbox
from tests.sandbox.receiver import Receiver, networked
from tests.sandbox.shop import Client, Json, Shop


@asynccontextmanager
async def living(sandbox: Sandbox) -> AsyncIterator[None]:
    """Let a sandbox live as a server would."""
    asked: asyncio.Queue[Json] = asyncio.Queue()
    told: asyncio.Queue[Json] = asyncio.Queue()
    life = asyncio.create_task(sandbox({"type": "lifespan"}, asked.get, told.put))
    asked.put_nowait({"type": "lifespan.startup"})
    await told.get()
    try:
        yield
    finally:
        asked.put_nowait({"type": "lifespan.shutdown"})
        await life


async def test_an_attempt_that_breaks_is_a_failed_answer(razorpay: Client, shop: Shop):
    shop.trouble = OverflowError("port must be 0-65535")
    await razorpay.pay(await razorpay.order(), "failed")
    assert await razorpay.deliver() == 1
    [delivery] = (await razorpay.get("/__sandbox/webhooks"))["items"]
    assert (delivery["status"], delivery["attempts"], delivery["answered"]) == ("waiting", 1, "OverflowError")


async def test_a_round_that_breaks_is_not_the_last(
    sandbox: Sandbox,
    razorpay: Client,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def broken() -> None:
        monkeypatch.undo()
        raise sqlite3.OperationalError("disk I/O error")

    await razorpay.pay(await razorpay.order(), "failed")
    monkeypatch.setattr(sandbox.gateway, "ring", broken)
    async with living(sandbox), asyncio.timeout(5):
        await shop.arrived.wait()
    assert shop.events == ["payment.failed"]
    [record] = [each for each in caplog.records if each.name == courier.__name__]
    assert (record.levelno, "disk I/O error" in str(record.exc_info)) == (logging.ERROR, True)


async def test_the_file_is_let_go_of_even_if_the_courier_is_not_well(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    async def broken() -> None:
        raise RuntimeError("the courier fell over")

    monkeypatch.setattr(sandbox.courier, "run", broken)
    async with living(sandbox):
        pass
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        sandbox.gateway.store.sql.execute("select 1")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:70000/",
        "http://127.0.0.1:0/",
        "http://",
        "shop.test",
        "ftp://shop.test",
        "http://[::1",
    ],
)
async def test_webhooks_are_not_sent_where_nobody_can_be(razorpay: Client, url: str):
    before = await razorpay.get("/__sandbox/webhook")
    refused = await razorpay.put("/__sandbox/webhook", {"url": url}, 400)
    assert refused["error"]["field"] == "url"
    assert await razorpay.get("/__sandbox/webhook") == before


async def test_what_was_given_an_order_arrives_in_it():
    receiver = Receiver()
    async with receiver.listening() as address, networked(address) as razorpay:
        await razorpay.put("/__sandbox/webhook", {"is_held": True})
        await razorpay.paid()
        await razorpay.post("/__sandbox/webhooks/reorder", {"ids": [2, 3, 1]})
        await razorpay.put("/__sandbox/webhook", {"is_held": False})
        assert await razorpay.deliver() == 3
    assert receiver.events == ["payment.captured", "order.paid", "payment.authorized"]
    assert not receiver.crowded.is_set()


async def test_what_has_no_order_is_on_its_way_together():
    receiver = Receiver()
    async with receiver.listening() as address, networked(address) as razorpay:
        await razorpay.paid()
        assert await razorpay.deliver() == 3
    assert receiver.crowded.is_set()
