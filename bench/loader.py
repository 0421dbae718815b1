"""A small load: ready-made requests over a few kept connections, at a steady rate, timed from when each was due.

Plain streams instead of an HTTP client, which costs more than the server that is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

CONNECTIONS = 32


def post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", f"host: {urlsplit(url).netloc}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def send_all(url: str, requests: Sequence[bytes], *, rate: float | None = None) -> list[float]:
    """Send requests, so many a second or as fast as they are answered; return how long each took, in milliseconds.

    AssertionError when an answer is not 200.
    """
    began = time.perf_counter()
    numbered = iter(enumerate(requests))
    took: list[float] = []

    async def serve() -> None:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for number, request in numbered:
            due = began + number / rate if rate else time.perf_counter()
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(request)
            status = await answered(reader)
            took.append((time.perf_counter() - due) * 1000)
            assert status == 200, status
        writer.close()

    await asyncio.gather(*(serve() for _ in range(CONNECTIONS)))
    return took


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
