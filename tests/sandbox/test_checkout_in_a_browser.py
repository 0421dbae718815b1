"""Asha pays in a window of its own, and the shop's page, which opened it from another origin, is told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.server import running
from tests.sandbox.shop import KEY, Json

CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome")
SWITCHES: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_SECONDS: Final = 20
SHOP_PAGE: Final = b"""<!doctype html><title>The shop</title><button>Pay</button><script>
addEventListener("message", (told) => hear([told.origin, told.data]));
document.querySelector("button").onclick = () => window.open(location.hash.slice(1), "checkout", "popup");
</script>"""
PRESS_TWICE: Final = """() => {
    const prevented = [];
    addEventListener("submit", (event) => {
        prevented.push(event.defaultPrevented);
        event.preventDefault();
    });
    const button = document.querySelector("button.main");
    button.click();
    button.click();
    return prevented;
}"""


class Shop:
    """The shop's page in Asha's browser, and what it hears of the checkout it opened."""

    def __init__(self, page: Page, origin: str, sandbox: str) -> None:
        """Take a page whose `hear` leads here, the origin it comes from, and where Razorpay is."""
        self.origin = origin
        self.page = page
        self.troubles: list[str] = []
        self._sandbox = sandbox
        self._heard: asyncio.Queue[Any] = asyncio.Queue()

    async def open(self, order: Json, **query: str) -> Page:
        """Open the checkout as the shop does, and return its window."""
        asked = {"order_id": order["id"], "key_id": KEY[0], "origin": self.origin, **query}
        await self.page.goto(f"{self.origin}/#{self._sandbox}/checkout?{urlencode(asked)}")
        async with self.page.expect_popup() as opened:
            await self.page.click("button")
        window = await opened.value
        window.on("console", self._note)
        window.on("pageerror", lambda error: self.troubles.append(str(error)))
        await window.wait_for_load_state()
        return window

    def hear(self, told: Any) -> None:
        """Take what the page was told."""
        self._heard.put_nowait(told)

    async def told(self) -> Json:
        """Return the next message; it comes from the sandbox."""
        origin, message = await asyncio.wait_for(self._heard.get(), PATIENCE_SECONDS)
        assert origin == self._sandbox
        return message

    async def heard_nothing(self) -> bool:
        """Return whether no message is there; one of our own comes after whatever came before."""
        await self.page.evaluate("hear('nothing')")
        return await self._heard.get() == "nothing"

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 400" not in message.text:
            self.troubles.append(message.text)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(Config()) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.skip(f"the checkout page is tried in a browser, and this machine has none of {CHROMIUMS}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        await browser.close()


@pytest.fixture
async def shop(browser: Browser, address: str) -> AsyncIterator[Shop]:
    """Return the shop's page, in a browser that knows nothing yet."""
    async with shop_server() as origin, await browser.new_context() as context:
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        shop = Shop(await context.new_page(), origin, address)
        await shop.page.expose_function("hear", shop.hear)  # pyright: ignore[reportUnknownMemberType]
        yield shop
    assert shop.troubles == []


@asynccontextmanager
async def shop_server() -> AsyncIterator[str]:
    """Serve the shop's page on a port of its own, which makes an origin of its own, and return that."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(SHOP_PAGE)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + SHOP_PAGE)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def api(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, auth=KEY, trust_env=False) as client:
        yield client


@pytest.fixture
async def order(api: httpx.AsyncClient) -> Json:
    return (await api.post("/v1/orders", json={"amount": 50_000, "currency": "INR"})).json()


async def attempts(api: httpx.AsyncClient, order: Json) -> int:
    return (await api.get(f"/v1/orders/{order['id']}")).json()["attempts"]


async def closes(window: Page) -> None:
    """Wait until a window has closed itself."""
    if not window.is_closed():
        await window.wait_for_event("close")


@pytest.mark.parametrize("method", ["upi", "card", "netbanking"])
async def test_a_payment_is_told_signed_and_the_window_closes(
    shop: Shop, api: httpx.AsyncClient, order: Json, method: str
):
    window = await shop.open(order)
    await window.check(f"input[value={method}]")
    await window.click("text=Pay ₹500.00")
    told = await shop.told()
    payment_id, signature = told["razorpay_payment_id"], told["razorpay_signature"]
    pair = f"{order['id']}|{payment_id}".encode()
    assert (told["event"], told["razorpay_order_id"]) == ("payment.success", order["id"])
    assert signature == hmac.new(KEY[1].encode(), pair, hashlib.sha256).hexdigest()
    payment = (await api.get(f"/v1/payments/{payment_id}")).json()
    assert (payment["method"], payment["status"]) == (method, "captured")
    await closes(window)


async def test_a_declined_payment_is_told_and_tried_again_in_the_same_window(
    shop: Shop, api: httpx.AsyncClient, order: Json
):
    window = await shop.open(order)
    await window.click("text=The bank declines")
    told = await shop.told()
    assert (told["event"], told["error"]["metadata"]["order_id"]) == ("payment.failed", order["id"])
    await window.click("text=Try again")
    await window.click("text=Pay ₹500.00")
    assert (await shop.told())["event"] == "payment.success"
    assert await attempts(api, order) == 2
    await closes(window)


async def test_a_late_bank_is_told_as_such(shop: Shop, order: Json):
    window = await shop.open(order)
    await window.click("text=The bank answers late")
    assert await shop.told() == {"event": "payment.pending"}
    await closes(window)


async def test_a_change_of_mind_is_told(shop: Shop, api: httpx.AsyncClient, order: Json):
    window = await shop.open(order)
    await window.click("text=I change my mind")
    assert await shop.told() == {"event": "checkout.dismissed"}
    assert await attempts(api, order) == 0
    await closes(window)


async def test_a_window_that_is_closed_is_told_unless_all_was_told(
    shop: Shop, api: httpx.AsyncClient, order: Json
):
    await (await shop.open(order)).close(run_before_unload=True)
    assert await shop.told() == {"event": "checkout.dismissed"}

    window = await shop.open(order)
    await window.click("text=The bank declines")
    assert (await shop.told())["event"] == "payment.failed"
    await window.close(run_before_unload=True)
    assert await shop.told() == {"event": "checkout.dismissed"}
    assert await attempts(api, order) == 1
    assert await shop.heard_nothing()


async def test_pressing_twice_submits_once(shop: Shop, order: Json):
    window = await shop.open(order)
    prevented = await window.evaluate(PRESS_TWICE)
    assert prevented == [False, True]


async def test_loading_a_failure_again_pays_nothing(shop: Shop, api: httpx.AsyncClient, order: Json):
    window = await shop.open(order)
    await window.click("text=The bank declines")
    first = await shop.told()
    await window.reload()
    assert [await shop.told(), await shop.told()] == [{"event": "checkout.dismissed"}, first]
    assert await attempts(api, order) == 1


async def test_what_cannot_be_paid_is_told_as_an_error_and_stays_to_be_read(
    shop: Shop, api: httpx.AsyncClient, order: Json
):
    await shop.page.context.clock.install()
    window = await shop.open(order, key_id="rzp_test_other")
    told = await shop.told()
    sentence = "The api key provided is invalid"
    assert (told["event"], told["error"]["description"]) == ("checkout.error", sentence)
    await window.clock.run_for(60_000)
    assert sentence in await window.inner_text("main")
    await window.close(run_before_unload=True)
    assert await shop.heard_nothing()
    assert await attempts(api, order) == 0


async def test_an_error_too_is_told_to_its_origin_only(shop: Shop, order: Json):
    window = await shop.open(order, key_id="rzp_test_other", origin="https://shop.example.org")
    assert "invalid" in await window.inner_text("main")
    assert await shop.heard_nothing()


async def test_another_origin_hears_nothing(shop: Shop, api: httpx.AsyncClient, order: Json):
    window = await shop.open(order, origin="https://shop.example.org")
    await window.click("text=Pay ₹500.00")
    await closes(window)
    assert await attempts(api, order) == 1
    assert await shop.heard_nothing()
