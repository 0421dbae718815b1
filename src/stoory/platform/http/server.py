"""uvicorn, and what it does not promise by itself: heads are bounded, whoever was let in is answered, and it ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import uvicorn
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from stoory.errors import StooryError, TooLarge, Unreadable
from stoory.platform.http.errors import envelope
from stoory.platform.http.frame import bare_headers

if TYPE_CHECKING:
    from uvicorn.lifespan.on import LifespanSendMessage

LARGEST_HEAD_BYTES: Final = 32 * 1024
"""An address and its headers; the parser would gather them without end."""

LAST_CALL_SECONDS: Final = 1
"""How long whoever is connected when the server stops may take to ask; the door is closed by then."""


class Protocol(HttpToolsProtocol):
    """Refuses what is no request, in our words, and what would be one of boundless size."""

    _head_bytes = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head should long have ended."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > LARGEST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TooLarge("The headers are too large."))

    def on_message_begin(self) -> None:
        """Count anew: a connection brings one request after the other."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Stop counting: what follows is the body, which has bounds of its own."""
        self._is_in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP at all."""
        self._refuse(HTTPStatus.BAD_REQUEST, Unreadable(msg))

    def _refuse(self, status: HTTPStatus, problem: StooryError) -> None:
        """Answer before there is a request, and hang up."""
        request_id = uuid4().hex
        body = envelope(problem, {"request_id": request_id})
        headers = [
            *bare_headers(request_id),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        lines = [
            f"HTTP/1.1 {status.value} {status.phrase}".encode(),
            *(b": ".join(header) for header in headers),
        ]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()


class Lifespan(LifespanOn):
    """Says why the application does not start; what Litestar sends is a traceback, of which logs keep one line."""

    async def send(self, message: LifespanSendMessage) -> None:
        """Hear how the application fares."""
        if message["type"] == "lifespan.startup.failed":
            lines = (line.strip(" |+-") for line in reversed(message["message"].splitlines()))
            message["message"] = next(filter(None, lines), "")
        await super().send(message)


class Server(uvicorn.Server):
    """A server that says when it listens, breaks no connection on which somebody is about to ask, and always ends.

    When it stops, uvicorn closes connections whose request is still under way to it, and the kernel those it has not
    been asked for yet: under load some of them at every restart.
    """

    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], *, ends_within_seconds: float
    ) -> None:
        """Take what to call once it listens, and how long stopping may take at most."""
        super().__init__(config)
        config.load()
        config.lifespan_class = Lifespan
        self._announce = announce
        self._ends_within_seconds = ends_within_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in time even when some task has swallowed its cancellation: those that are left get another."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._drain(sockets or []), self._ends_within_seconds)

    async def _drain(self, listeners: list[socket.socket]) -> None:
        """Take in who stands at the door, close it, let everybody ask once more, and stop as uvicorn does."""
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        loop = asyncio.get_running_loop()
        for late in await self._close_door(listeners):
            await loop.connect_accepted_socket(self._protocol, late)
        last_call = loop.time() + LAST_CALL_SECONDS
        while self.server_state.connections and loop.time() < last_call:  # noqa: ASYNC110 - nobody tells when they go
            await asyncio.sleep(0.01)
        await super().shutdown(listeners)

    async def _close_door(self, listeners: list[socket.socket]) -> list[socket.socket]:
        """Stop listening; return the connections that were waiting to be let in."""
        doors = [listener.dup() for listener in listeners]
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # now the loop has let go of the sockets, and only our doors keep them open
        late: list[socket.socket] = []
        for door in doors:
            door.setblocking(False)
            with door, suppress(BlockingIOError):
                while True:
                    late.append(door.accept()[0])
        return late

    def _protocol(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
