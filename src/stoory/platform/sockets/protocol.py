"""uvicorn's WebSocket protocol, through which a frame that was written once leaves without a task or a queue."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame

LARGEST_PACKET_BYTES: Final = 64 * 1024
WRITE_BUFFER_BYTES: Final = 32 * 1024
"""What may wait for a socket that does not read before nothing more is written to it."""
KERNEL_BUFFER_BYTES: Final = 64 * 1024
"""What the kernel may keep beside that; left alone it keeps three megabytes."""
FAREWELL_SECONDS: Final = 2
MOST_FRAMES_A_MESSAGE: Final = 256
"""Empty ones add nothing to its size, but gather all the same."""
MOST_UNREAD_MESSAGES: Final = 1024
"""As many as somebody may send in a minute; the smallest take fifty times as much memory here as on the wire."""

WIRE: Final = "stoory.wire"
"""The key of a scope under which the protocol stands."""


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, through which a frame leaves without a task or a queue."""

    on_drain: Callable[[], None] | None = None
    full_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what may wait to be written."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        end = transport.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)

    def handle_connect(self, event: Any) -> None:
        """Put the protocol where the application finds it."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            cast("dict[str, Any]", self.scope)[WIRE] = self

    def handle_ping(self) -> None:
        """Answer, but not to who does not read the answers: those would gather without end."""
        pong = b"".join(self.conn.data_to_send())
        if self.is_ready:
            self.write(pong)

    def handle_cont(self, event: Frame) -> None:
        """Take a part of a message, of which there may not be ever so many."""
        if len(self.frames) >= MOST_FRAMES_A_MESSAGE:
            self._hang_up(CloseCode.MESSAGE_TOO_BIG)
        elif not self.close_sent:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Hand a message over, unless it is no text or too many wait already; nobody's nonsense is logged."""
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        self.frames = []
        if self.close_sent:
            return
        if self.curr_msg_data_type != "text":
            self._hang_up(CloseCode.UNSUPPORTED_DATA)
        elif self.queue.qsize() >= MOST_UNREAD_MESSAGES:
            self._hang_up(CloseCode.POLICY_VIOLATION)
        else:
            try:
                self.queue.put_nowait({"type": "websocket.receive", "text": data.decode()})
            except UnicodeDecodeError:
                self._hang_up(CloseCode.INVALID_DATA)
                return
            if not self.read_paused:
                self.read_paused = True
                self.transport.pause_reading()

    def _hang_up(self, code: CloseCode) -> None:
        """End the connection of a client that keeps no rule, and forget what it sent."""
        self.close_sent = True
        self.frames = []
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        self.end(code)

    def forget_request(self) -> None:
        """Let go of what it was opened with, which would be kept as long as the connection."""
        opened: Any = self
        opened.request = opened.response = None
        self.scope["headers"] = []

    def pause_writing(self) -> None:
        """Note since when the other end has not read."""
        self.full_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Let whoever has something for it know."""
        self.full_since = None
        super().resume_writing()
        if self.on_drain is not None:
            self.on_drain()

    @property
    def is_ready(self) -> bool:
        """Whether a frame would leave now."""
        return self.full_since is None

    def write(self, data: bytes) -> None:
        """Send a frame."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def end(self, code: CloseCode = CloseCode.NORMAL_CLOSURE) -> None:
        """Close once everything is out, or soon."""
        if not self.transport.is_closing():
            with suppress(InvalidState):
                self.conn.send_close(code)
                self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            self.loop.call_later(FAREWELL_SECONDS, self.transport.abort)


def uvicorn_options() -> dict[str, Any]:
    """Return how uvicorn must speak WebSocket for us: Engine.IO has pings of its own, and frames are written once."""
    return {
        "ws": Protocol,
        "ws_max_size": LARGEST_PACKET_BYTES,
        "ws_per_message_deflate": False,
        "ws_ping_interval": None,
    }
