"""A client of Engine.IO that keeps no rule: it frames by hand, sends anything, and reads when it pleases."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

WEBSOCKET: Final = "/socket.io/?EIO=4&transport=websocket"
POLLING: Final = "/socket.io/?EIO=4&transport=polling"
UPGRADE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "c3Rvb3J5IHRlc3Rpbmcgbg==",
}
PATIENCE_SECONDS: Final = 10
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading certificates that nobody shows takes longer than all else."""
READ_AHEAD_BYTES: Final = 4096
"""What is read before somebody asks; beyond it the kernel's buffers fill, and then the server's."""

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Gone(Exception):
    """The server has ended the connection."""


class Raw:
    """A TCP connection to the server, and frames over it once it speaks WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.number = 0

    def write(self, data: bytes) -> None:
        """Write anything, while anybody is there."""
        if not self.writer.is_closing():
            self.writer.write(data)

    def send(self, *packets: str) -> None:
        """Send packets of Engine.IO, all at once."""
        self.write(b"".join(frame(packet.encode("utf-8", "surrogatepass")) for packet in packets))

    async def flood(self, data: bytes, times: int) -> int:
        """Write that over and over as long as the server takes it; return how often it did."""
        for done in range(times):
            try:
                self.write(data)
                await asyncio.wait_for(self.writer.drain(), PATIENCE_SECONDS)
            except (OSError, TimeoutError):
                return done
        return times

    def event(self, name: object, *arguments: object) -> int:
        """Send an event that is to be acknowledged; return its number."""
        self.number += 1
        self.send(f"42{self.number}{json.dumps([name, *arguments])}")
        return self.number

    async def answer(self, number: int) -> dict[str, Any]:
        """Read until the acknowledgement of that number; what else is told is not looked at."""
        head = f"43{number}["
        while not (packet := await self.packet()).startswith(head):
            pass
        return json.loads(packet[len(head) - 1 :])[0]

    async def ask(self, name: object, *arguments: object) -> dict[str, Any]:
        """Send an event and return its acknowledgement."""
        return await self.answer(self.event(name, *arguments))

    async def packet(self) -> str:
        """Return the next packet; Gone when there will be none. Pings are answered."""
        while True:
            opcode, data = await self.read_frame()
            if opcode == CLOSE:
                raise Gone
            if data == b"2":
                self.send("3")
            elif opcode == TEXT:
                return data.decode()

    async def read_frame(self) -> tuple[int, bytes]:
        """Return the next frame; Gone when the connection ends."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                first, length = await self.reader.readexactly(2)
                if length >= 126:
                    long = await self.reader.readexactly(2 if length == 126 else 8)
                    length = int.from_bytes(long, "big")
                return first & 15, await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Gone from None

    async def ends(self) -> None:
        """Read until the server ends the connection; TimeoutError when it does not."""
        with suppress(Gone):
            while True:
                await self.packet()

    async def response(self) -> tuple[bytes, bytes]:
        """Return the head and the body of an answer of HTTP."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            return head, await self.reader.readexactly(int(length[1]) if length else 0)

    async def enter(self, token: object) -> dict[str, Any]:
        """Say who one is; return what the server says to it."""
        return await self.enter_as(token=token)

    async def enter_as(self, **auth: object) -> dict[str, Any]:
        """Say anything of who one is; return what the server says to it."""
        await self.packet()
        self.send("40" + json.dumps(auth))
        return await self.welcome()

    async def welcome(self) -> dict[str, Any]:
        """Return what is answered to a CONNECT: its `sid`, or why not."""
        while not (packet := await self.packet()).startswith(("40", "44")):
            pass
        return json.loads(packet[2:])

    def reset(self) -> None:
        """Be gone without a word."""
        self.writer.transport.abort()


def frame(data: bytes, opcode: int = TEXT, *, fin: bool = True) -> bytes:
    """Return a frame as a client sends it."""
    size = len(data)
    head = bytes([opcode | (128 if fin else 0)])
    if size < 126:
        head += bytes([128 | size])
    elif size < 65536:
        head += bytes([128 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([128 | 127]) + struct.pack("!Q", size)
    return head + b"\0\0\0\0" + data


def fragments(data: bytes, size: int) -> bytes:
    """Return a text message in frames of that size."""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    last = len(parts) - 1
    return b"".join(frame(part, CONT if i else TEXT, fin=i == last) for i, part in enumerate(parts))


def request(target: str, headers: dict[str, str], *, method: str = "GET") -> bytes:
    """Return the head of a request."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@asynccontextmanager
async def dialled(address: str) -> AsyncIterator[Raw]:
    """Open a TCP connection that takes little in before it is read."""
    url = urlsplit(address)
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_AHEAD_BYTES)
    end.setblocking(False)
    await asyncio.get_running_loop().sock_connect(end, (url.hostname, url.port))
    reader, writer = await asyncio.open_connection(sock=end, limit=READ_AHEAD_BYTES)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def websocket(address: str, target: str = WEBSOCKET, **headers: str) -> AsyncIterator[Raw]:
    """Open a WebSocket; Gone where the server does not want it."""
    async with dialled(address) as raw:
        host = {"Host": urlsplit(address).netloc}
        raw.write(request(target, host | UPGRADE | {n.replace("_", "-"): v for n, v in headers.items()}))
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                head = await raw.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, OSError):
                raise Gone from None
        if not head.startswith(b"HTTP/1.1 101"):
            raise Gone(head.decode())
        yield raw


@asynccontextmanager
async def entered(address: str, token: str) -> AsyncIterator[Raw]:
    """Open a WebSocket and say who one is."""
    async with websocket(address) as raw:
        assert "sid" in await raw.enter(token)
        yield raw


class Poller:
    """A session of long polling."""

    def __init__(self, client: httpx.AsyncClient, sid: str) -> None:
        self.client = client
        self.sid = sid

    async def post(self, *packets: str, sid: str | None = None) -> httpx.Response:
        """Send packets."""
        return await self.post_bytes("\x1e".join(packets).encode("utf-8", "surrogatepass"), sid=sid)

    async def post_bytes(self, body: bytes, *, sid: str | None = None) -> httpx.Response:
        """Send any body."""
        return await self.client.post(f"{POLLING}&sid={sid or self.sid}", content=body)

    async def fetch(self, *, sid: str | None = None) -> list[str]:
        """Return what waits, or comes first."""
        answer = await self.client.get(f"{POLLING}&sid={sid or self.sid}")
        if answer.status_code != 200:
            raise Gone(answer.text)
        return answer.text.split("\x1e")

    async def enter(self, token: object) -> Any:
        """Say who one is; return what the server says to it."""
        await self.post("40" + json.dumps({"token": token}))
        return json.loads((await self.fetch())[0][2:])


@asynccontextmanager
async def polling(address: str) -> AsyncIterator[Poller]:
    """Begin to poll."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_SECONDS, verify=NO_TLS) as client:
        opened = await client.get(POLLING)
        yield Poller(client, json.loads(opened.text[1:])["sid"])
