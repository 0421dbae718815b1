"""A client of Socket.IO with little between it and the wire: one that costs more than the server measures itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import urlsplit

from msgspec import Struct

from bench.sockets import packets
from bench.sockets.frames import CLOSE, PING, PONG, TEXT, Frames, frame
from bench.sockets.packets import Answer, NewMessage

CONNECTS_WITHIN_SECONDS: Final = 20
HEAD_ENDS: Final = b"\r\n\r\n"


class NoSockets(Exception):
    """There is no Socket.IO at that address."""


class Refused(Exception):
    """Socket.IO is there, and does not let this one in."""


class Ears(Struct, frozen=True):
    """What a client does with what it hears; other events are nothing to it."""

    acknowledged: Callable[[int, Answer], None]
    told: Callable[[NewMessage], None]
    ended: Callable[[str], None]

    @classmethod
    def only_for_the_end(cls, ended: Callable[[str], None]) -> Ears:
        """Return those of somebody who writes nothing and whom nothing interests."""

        def acknowledged(_number: int, _answer: Answer) -> None: ...

        return cls(acknowledged=acknowledged, told=lambda _: None, ended=ended)


class Client(asyncio.Protocol):
    """One socket, connected and signed in."""

    def __init__(self, host: str, token: str, ears: Ears) -> None:
        self.connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._host = host
        self._token = token
        self._ears = ears
        self._frames = Frames()
        self._head: bytes | None = b""
        self._is_closing = False

    @classmethod
    async def connect(cls, url: str, token: str, ears: Ears) -> Client:
        """Return a client that is let in; NoSockets, Refused, TimeoutError."""
        address = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(
            lambda: cls(address.netloc, token, ears), str(address.hostname), address.port or 80
        )
        async with asyncio.timeout(CONNECTS_WITHIN_SECONDS):
            await client.connected
        return client

    def send(self, packet: bytes) -> None:
        """Send a packet."""
        self._transport.write(frame(TEXT, packet))

    def close(self) -> None:
        """Leave."""
        self._is_closing = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(packets.upgrade(self._host))

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._head is not None:
            head, ends, data = (self._head + data).partition(HEAD_ENDS)
            if not ends:
                self._head = head
                return
            self._head = None
            if packets.status(head) != HTTPStatus.SWITCHING_PROTOCOLS:
                self._end(NoSockets(f"{packets.PATH} answers {packets.status(head)}"))
                return
        for opcode, payload in self._frames.feed(data):
            self._hear(opcode, payload)

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it has ended, unless that was wanted."""
        if not self._is_closing:
            self._end(NoSockets(f"the connection ended: {exc}"))

    def _hear(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._transport.write(frame(PONG, payload))
        elif opcode == CLOSE:
            self._end(Refused("the server has closed the WebSocket"))
        elif payload.startswith(packets.NEW_MESSAGE):
            self._ears.told(packets.told(payload))
        elif payload.startswith(packets.ACKNOWLEDGEMENT):
            self._ears.acknowledged(*packets.answered(payload))
        elif payload == packets.PING:
            self.send(packets.PONG)
        elif payload.startswith(packets.OPEN):
            self.send(packets.sign_in(self._token))
        elif payload.startswith(packets.CONNECTED):
            self.connected.set_result(None)
        elif payload.startswith(packets.REFUSED):
            self._end(Refused(payload.decode()))

    def _end(self, problem: NoSockets | Refused) -> None:
        self.close()
        if self.connected.done():
            self._ears.ended(str(problem))
        else:
            self.connected.set_exception(problem)
