"""Engine.IO, and what python-engineio does not promise by itself: bounded memory, binary refused, no task in waiting.

A WebSocket that is idle has one task, the one that reads. Frames leave through uvicorn's protocol at once; where its
buffer is full the socket is not `ready`, and whoever has something for it waits and looks up later what was new.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import engineio
import structlog
from engineio import packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError

from stoory.platform.sockets.packets import Nonsense, Outgoing, frame
from stoory.platform.sockets.protocol import LARGEST_PACKET_BYTES, WIRE, Protocol

PING_SECONDS: Final = 25
PING_ANSWERED_WITHIN_SECONDS: Final = 20
LOOK_EVERY_SECONDS: Final = 1

MOST_WAITING_PACKETS: Final = 64
"""What may wait for a client that polls before nothing more is put there."""
MOST_WAITING_BYTES: Final = 1024 * 1024
"""What its own events may bring to wait beyond that, before it is let go."""
DRAIN_SECONDS: Final = 10
"""How long a socket may stay full before it is cut; its client comes back and resumes."""
ADMITTED_WITHIN_SECONDS: Final = 10
"""How long somebody may be connected without having said who they are."""

log = structlog.get_logger("stoory.sockets")

quiet: Final = logging.getLogger("stoory.engine")
quiet.setLevel(logging.CRITICAL + 1)


class _NoQueue(asyncio.Queue[packet.Packet | None]):
    """Stands for the queue of a socket that has none: a queue takes three kilobytes."""

    def put_nowait(self, item: packet.Packet | None) -> None:
        """Keep nothing: whoever waited for it is gone."""


NO_QUEUE: Final = _NoQueue()


class Socket(AsyncSocket):
    """One connection of Engine.IO, by WebSocket or by polling."""

    server: Engine  # pyright: ignore[reportIncompatibleVariableOverride] - only engines of ours make us

    def __init__(self, server: Engine, sid: str) -> None:
        """Start without a transport."""
        super().__init__(server, sid)
        self.wire: Protocol | None = None
        self._coming: Protocol | None = None
        self.is_admitted = False
        self.waiting_bytes = 0
        self._turn: asyncio.Lock | None = None
        self.on_drain: Callable[[], None] | None = None
        self.since = self.quiet_since = time.monotonic()

    @property
    def is_ready(self) -> bool:
        """Whether it takes news now; otherwise `on_drain` says when."""
        if self.closed:
            return False
        if self.wire is not None:
            return self.wire.is_ready
        return self.queue.qsize() < MOST_WAITING_PACKETS and self.waiting_bytes < MOST_WAITING_BYTES // 2

    @property
    def _is_fetching(self) -> bool:
        """Whether a client that polls fetches what it is sent."""
        return self.queue.qsize() < MOST_WAITING_PACKETS * 2 and self.waiting_bytes < MOST_WAITING_BYTES

    def when_ready(self, on_drain: Callable[[], None]) -> None:
        """Call that whenever it takes more after it was full."""
        self.on_drain = on_drain
        if self.wire is not None:
            self.wire.on_drain = on_drain

    def put(self, outgoing: Outgoing) -> None:
        """Send a packet."""
        if self.wire is not None:
            self.wire.write(outgoing.frame)
        else:
            self.waiting_bytes += len(outgoing.text)
            self.queue.put_nowait(outgoing.engine_packet)

    async def send(self, pkt: packet.Packet) -> None:
        """Send a packet of Engine.IO."""
        if self.closed:
            raise SocketIsClosedError
        if self.wire is not None:
            self.wire.write(frame(cast("str", pkt.encode()).encode()))
        else:
            self.waiting_bytes += len(cast("str", pkt.encode()))
            self.queue.put_nowait(pkt)

    async def receive(self, pkt: packet.Packet) -> None:
        """Take a packet in; one that is none ends the connection, and so does not fetching what others brought."""
        if self.closed:
            raise SocketIsClosedError
        if pkt.binary:
            raise Nonsense("binary packets are refused")
        if self.wire is None and not self._is_fetching:
            raise Nonsense("nobody fetches the answers")
        if pkt.packet_type == packet.MESSAGE:
            await self.server.handlers["message"](self.sid, pkt.data)
        elif pkt.packet_type == packet.PONG:
            self.schedule_ping()
        elif pkt.packet_type == packet.CLOSE:
            await self.close(wait=False, abort=True, reason=self.server.reason.CLIENT_DISCONNECT)
        else:
            raise Nonsense("not expected from a client")

    async def poll(self) -> list[packet.Packet]:
        """Return what waits for a client that polls."""
        packets = await super().poll()
        self.waiting_bytes = 0
        if self.on_drain is not None:
            self.on_drain()
        return packets

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take in what a client that polls has sent, one post after the other."""
        self._turn = self._turn or asyncio.Lock()
        with suppress(LookupError, RecursionError, SocketIsClosedError, ValueError):
            async with self._turn:
                await super().handle_post_request(environ)
            return
        await self.close(reason=self.server.reason.TRANSPORT_ERROR)
        self.server.sockets.setdefault(
            self.sid, self
        )  # engineio has no answer for one that it does not know any more
        raise SocketIsClosedError

    def schedule_ping(self) -> None:
        """Note that the client is there; `Engine.look_after` sends the next ping."""
        self.last_ping = None
        self.quiet_since = time.monotonic()

    def forget(self) -> None:
        """Take who is connected for a stranger, from now on or again."""
        self.is_admitted = False
        self.since = time.monotonic()

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: FBT001, FBT002 - engineio's
        """Close the connection."""
        del wait  # nothing is left to wait for: frames are on their way, and who polls may never come again
        await super().close(wait=False, abort=abort, reason=reason)
        self.queue.put_nowait(None)
        if self.wire is not None:
            self.wire.end()

    async def look_after(self, now: float) -> None:
        """Ping a client that has been quiet, and let go of one that does not answer, read or say who it is."""
        if self.last_ping is None:
            if now - self.quiet_since >= PING_SECONDS:
                self.last_ping = time.time()
                await self.send(packet.Packet(packet.PING))
        else:
            await self.check_ping_timeout()
        is_stranger = not self.is_admitted and now - self.since > ADMITTED_WITHIN_SECONDS
        full_since = None if self.wire is None else self.wire.full_since
        if is_stranger or (full_since is not None and now - full_since > DRAIN_SECONDS):
            await self.cut()

    async def cut(self) -> None:
        """End the connection at once, whatever waits to be sent."""
        await self.close(abort=True, reason=self.server.reason.TRANSPORT_ERROR)
        if self.wire is not None:
            self.wire.transport.abort()

    def cut_soon(self) -> None:
        """End the connection without waiting for its end."""
        cutting = asyncio.ensure_future(self.cut())
        self.server.cutting.add(cutting)
        cutting.add_done_callback(self.server.cutting.discard)

    async def _upgrade_websocket(self, environ: dict[str, Any]) -> Any:
        """Accept a WebSocket, one. What it asked with is not kept: it would be held as long as the connection."""
        if self.upgraded or self.upgrading:
            return cast("Any", self.server)._bad_request()  # noqa: SLF001 - engineio's way
        self.upgrading = self.connected
        self._coming = environ["asgi.scope"][WIRE]
        accept = self.server._async["websocket"](self._websocket_handler, self.server)  # noqa: SLF001 - engineio's way
        return await accept(environ)

    async def _websocket_handler(self, ws: Any) -> None:
        """Serve a WebSocket: from the start, or from when a client that polled goes on with one."""
        wire, self._coming = cast("Protocol", self._coming), None
        if self.connected:
            if not await self._is_upgraded(ws, wire):
                wire.end()
                return
        else:
            self.connected = self.upgraded = True
        self._move_to(wire)
        try:
            while not self.closed:
                await self.receive(packet.Packet(encoded_packet=await ws.wait()))
                if not wire.is_ready:
                    await asyncio.wait_for(wire.writable.wait(), DRAIN_SECONDS)
        except (OSError, SocketIsClosedError, TimeoutError, ValueError, RecursionError):
            pass  # gone, or not worth listening to
        await self.close(abort=True, reason=self.server.reason.TRANSPORT_CLOSE)

    async def _is_upgraded(self, ws: Any, wire: Protocol) -> bool:
        """Shake hands as the protocol asks, soon: `2probe`, `3probe`, and `5` once the pending poll is over."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ADMITTED_WITHIN_SECONDS):
                if await ws.wait() == "2probe":
                    wire.write(frame(b"3probe"))
                    self.queue.put_nowait(packet.Packet(packet.NOOP))
                    self.upgraded = await ws.wait() == "5"
        self.upgrading = False
        return self.upgraded

    def _move_to(self, wire: Protocol) -> None:
        """Send what waits, and from now on everything, through the WebSocket."""
        while not self.queue.empty():
            waiting = self.queue.get_nowait()
            self.queue.task_done()
            if waiting is not None and waiting.packet_type != packet.NOOP:
                wire.write(frame(cast("str", waiting.encode()).encode()))
        self.queue = NO_QUEUE
        self.wire = wire
        wire.forget_request()
        wire.on_drain = self.on_drain


class Engine(engineio.AsyncServer):
    """Engine.IO with our sockets."""

    sockets: dict[str, Socket]

    def __init__(self, **options: Any) -> None:
        """Take python-engineio's options, of which some are not for choosing."""
        super().__init__(
            **options,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_ANSWERED_WITHIN_SECONDS,
            max_http_buffer_size=LARGEST_PACKET_BYTES,
            http_compression=False,
            monitor_clients=False,
        )
        self.cutting: set[asyncio.Future[None]] = set()

    async def look_after(self) -> None:
        """Look after every socket, over and over."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            now = time.monotonic()
            for sid, socket in list(self.sockets.items()):
                if socket.closed:
                    self.sockets.pop(sid, None)
                else:
                    await self._look_after(socket, now)

    async def _look_after(self, socket: Socket, now: float) -> None:
        try:
            await socket.look_after(now)
        except SocketIsClosedError:
            pass
        except Exception:
            log.exception("unforeseen")

    async def _handle_connect(self, environ: Any, transport: str, jsonp_index: int | None = None) -> Any:
        """Open a connection, as engineio does, with a socket of ours."""
        sid = self.generate_id()
        socket = self.sockets[sid] = Socket(self, sid)
        opening = {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": PING_ANSWERED_WITHIN_SECONDS * 1000,
            "pingInterval": PING_SECONDS * 1000,
            "maxPayload": LARGEST_PACKET_BYTES,
        }
        await socket.send(packet.Packet(packet.OPEN, opening))
        await self.handlers["connect"](sid, environ)
        socket.schedule_ping()
        if transport != "websocket":
            socket.connected = True
            return self._ok(await socket.poll(), jsonp_index=jsonp_index)
        try:
            return await socket.handle_get_request(environ)
        finally:
            await socket.close(abort=True)  # also where it has not come to a WebSocket
            self.sockets.pop(sid, None)
