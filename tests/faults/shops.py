"""A whole Stoory as one process that can be killed, with a Razorpay beside it that lives on."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any, Final

import httpx

from stoory.sandbox.razorpay.gateway import Config
from tests.faults.homes import STOPS_WITHIN_SECONDS, Home, open_folder
from tests.sandbox.server import running
from tests.till import WEBHOOK, Till
from tests.world import ASHA, OM, PASSWORD, RAVI, Person

Client = httpx.AsyncClient
Json = dict[str, Any]

ACCOUNT: Final = "2323230000000000"
"""RazorpayX's number of the account payouts are made from."""

UNLIMITED: Final = {"limits": {"open_postings": None, "live_applications": None}, "reason": "a test"}
SETTINGS: Final = {"STOORY_LIMIT_API": "unlimited", "STOORY_LIMIT_AUTH": "unlimited"}
SANDBOX_KEYS: Final = {
    "STOORY_RAZORPAY_KEY_ID": "rzp_test_sandbox",
    "STOORY_RAZORPAY_KEY_SECRET": "sandbox-secret",
    "STOORY_RAZORPAY_WEBHOOK_SECRET": "sandbox-webhook",
    "STOORY_RAZORPAYX_ACCOUNT": ACCOUNT,
}


class Shop:
    """People at a `stoory up` that may be killed at any moment, and Razorpay."""

    def __init__(self, home: Home, till: Till, people: dict[Person, Client]) -> None:
        """Take what `opened` made."""
        self.till = till
        self.asha, self.ravi, self.om = (people[person] for person in (ASHA, RAVI, OM))
        self._people = people
        self._home = home
        self._open = ExitStack()

    async def open(self) -> None:
        """Start Stoory, on the port it always has."""
        started = self._home.started()
        self._process, self._said = await asyncio.to_thread(self._open.enter_context, started)

    def kill(self) -> None:
        """Let the process die without a word, in the middle of whatever it does."""
        self._process.send_signal(signal.SIGKILL)
        self._open.close()

    async def close(self) -> None:
        """Stop Stoory as an operator does."""
        self._process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self._process.wait, STOPS_WITHIN_SECONDS)
        self._open.close()

    async def sign_in(self) -> None:
        """Let everybody log in; the tokens outlive the process."""
        for person, client in self._people.items():
            answer = await client.post("/api/auth/login", json={"phone": person.phone, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        for person in (ASHA, RAVI):
            answer = await self.om.put(f"/api/admin/users/{person.id}/terms", json=UNLIMITED)
            assert answer.is_success, answer.text

    async def run(self, command: str) -> None:
        """Run a command of an operator; AssertionError with what it said if it fails."""
        code, said = await asyncio.to_thread(self._home.say, command)
        assert code == 0, said

    async def is_at_rest(self) -> bool:
        """Return whether no webhook, job, refund or payout waits for anything."""
        text = (await self.om.get("/metrics")).text
        waiting = dict(
            line.split() for line in text.splitlines() if line and line[0] != "#" and "{" not in line
        )
        names = ("webhooks_due", "refunds_unsettled", "payouts_unsettled")
        return not any(float(waiting[f"stoory_{name}"]) for name in names)


@asynccontextmanager
async def opened() -> AsyncIterator[Shop]:
    """Open a shop with a home of its own; what is still running is ended with it."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        sandbox = stack.enter_context(running(Config(webhook_url=f"{address}{WEBHOOK}")))
        settings = {"STOORY_PORT": str(port), "STOORY_RAZORPAY_BASE_URL": sandbox, **SANDBOX_KEYS, **SETTINGS}
        home = stack.enter_context(open_folder(settings=settings))
        client = await stack.enter_async_context(Client(base_url=sandbox, timeout=30))
        people = {
            person: await stack.enter_async_context(Client(base_url=address, timeout=60))
            for person in (ASHA, RAVI, OM)
        }
        shop = Shop(home, Till(client), people)
        await shop.open()
        stack.push_async_callback(shop.close)
        await shop.sign_in()
        yield shop


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
