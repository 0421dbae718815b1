"""A small load: ready-made requests over a few kept connections, at a steady rate or each as soon as one is answered.

Plain streams instead of an HTTP client, which costs more than the server that is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

CONNECTIONS = 32


@dataclass
class Sent:
    """What came of a load without a rate."""

    took_ms: list[float] = field(default_factory=list[float])
    seconds: float = 0.0
    used: int = 0
    refused: int = 0
    broken: int = 0


def get(path: str, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a GET."""
    lines = [f"GET {path} HTTP/1.1", "host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


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


async def send_for(
    url: str, requests: Sequence[bytes], *, seconds: float, connections: int, once: bool
) -> Sent:
    """Send requests for so long, each connection its next one as soon as it is answered; begin anew unless `once`."""
    sent = Sent()
    began = time.perf_counter()
    waiting = iter(requests) if once else cycle(requests)
    await asyncio.gather(
        *(_keep_asking(url, waiting, until=began + seconds, sent=sent) for _ in range(connections))
    )
    sent.seconds = time.perf_counter() - began
    return sent


def percentile(took: Sequence[float], percent: int) -> float:
    """Return below what so many of them in a hundred lie; 0 of none."""
    return sorted(took)[min(len(took) - 1, len(took) * percent // 100)] if took else 0.0


async def _keep_asking(url: str, waiting: Iterator[bytes], *, until: float, sent: Sent) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        while time.perf_counter() < until and (request := next(waiting, None)):
            sent.used += 1
            began = time.perf_counter()
            writer.write(request)
            status = await answered(reader)
            sent.took_ms.append((time.perf_counter() - began) * 1000)
            sent.refused += status >= 400
    except (OSError, asyncio.IncompleteReadError):
        sent.broken += 1
    finally:
        writer.close()


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])
