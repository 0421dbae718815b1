"""A hundred sockets that never read cost a few megabytes, in a server as it is shipped; the others notice nothing."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.faults.homes import open_folder
from tests.sockets.listening import Ear, connected
from tests.sockets.raw import entered

DEAF = 100
MESSAGES = 300
LETTERS = 4000
"""Together many times what the server and the kernel keep for a socket."""
MOST_MORE_KB = 8 * 1024
AT_ONCE_SECONDS = 2
SETTINGS = {f"STOORY_LIMIT_{name}": "unlimited" for name in ("AUTH", "API", "SOCKET")}


def test_a_hundred_sockets_that_never_read_cost_eight_megabytes_at_most() -> None:
    with open_folder(settings=SETTINGS) as home, home.started() as (process, _):
        try:
            more, slowest = asyncio.run(_besieged(home.places["Web"], process.pid))
        finally:
            process.send_signal(signal.SIGTERM)
    assert more <= MOST_MORE_KB
    assert slowest <= AT_ONCE_SECONDS


async def _besieged(address: str, pid: int) -> tuple[int, float]:
    """Return how much more memory the server took (KiB), and how long a message took to somebody who reads."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=30))
        brand, reader = [
            await _registered(client, n, role) for n, role in enumerate(("brand_owner", "influencer"))
        ]
        brand_hears = await stack.enter_async_context(connected(address, brand["token"]))
        reader_hears = await stack.enter_async_context(connected(address, reader["token"]))
        opened = await brand_hears.ask("send_message", receiver_id=reader["user"]["id"], message="Hello!")
        id_ = opened["data"]["message"]["conversation_id"]

        async def talk(times: int) -> float:
            return max([await _said(id_, brand_hears, reader_hears) for _ in range(times)])

        await talk(MESSAGES)
        before = _resident_kb(pid)
        for _ in range(DEAF):
            await stack.enter_async_context(entered(address, reader["token"]))
        return await _most_while(talk(MESSAGES), lambda: _resident_kb(pid) - before)


async def _registered(client: httpx.AsyncClient, number: int, role: str) -> dict[str, Any]:
    body = {"name": role, "phone": f"+91980000009{number}", "password": "a-long-password-1", "role": role}
    answer = await client.post("/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _said(conversation_id: str, one: Ear, other: Ear) -> float:
    """Say something, with everything that goes with it; return how long it took to be heard."""
    began = time.monotonic()
    sent = await one.ask("send_message", conversation_id=conversation_id, message="x" * LETTERS)
    assert sent["success"] is True
    await other.hears("new_message", seq=sent["data"]["message"]["seq"])
    await one.ask("typing", conversation_id=conversation_id, is_typing=True)
    one.heard.clear()
    other.heard.clear()
    return time.monotonic() - began


async def _most_while(work: Awaitable[float], measure: Callable[[], int]) -> tuple[int, float]:
    """Return the most that was measured while something was done, and what came of that."""
    task = asyncio.ensure_future(work)
    most = 0
    while not task.done():
        await asyncio.sleep(0.1)
        most = max(most, measure())
    return most, await task


def _resident_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Rss: +(\d+) kB", rollup, re.MULTILINE)
    assert found is not None
    return int(found[1])
