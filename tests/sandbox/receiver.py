"""A merchant's server behind a real port, and a sandbox whose webhooks travel there: only so is their order real."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

import httpx

from stoory.sandbox.razorpay.app import Sandbox
from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.shop import KEY, START, Client


class Receiver:
    """A shop behind a port: notes which events arrive, and whether several wait for their answers at once."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.events: list[str] = []
        self.crowded = asyncio.Event()
        self._waiting = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Listen, and return the address."""
        async with await asyncio.start_server(self._take, "127.0.0.1") as server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(asyncio.IncompleteReadError):
            while True:
                await self._answer(reader, writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length
        self.events.append(json.loads(await reader.readexactly(int(length[1])))["event"])
        self._waiting += 1
        if self._waiting > 1:
            self.crowded.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.crowded.wait(), 0.2)
        self._waiting -= 1
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@asynccontextmanager
async def networked(url: str) -> AsyncIterator[Client]:
    """Return a client of a sandbox whose webhooks go over the network."""
    sandbox = Sandbox(Config(seed="tests", starts_at=START, webhook_url=url))
    transport = httpx.ASGITransport(sandbox)  # pyright: ignore[reportArgumentType] - an ASGI application all the same
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://razorpay.test", auth=KEY
        ) as client:
            yield Client(client)
    finally:
        await sandbox.courier.close()
        sandbox.gateway.store.close()
