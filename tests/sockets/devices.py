"""Devices that keep a copy of their person's chats, lose their connection, come back and resume.

They speak Socket.IO by hand, so that what arrives is noted in its order and a test decides when something is read.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal
from urllib.parse import urlsplit

import websockets
from msgspec import Struct, field
from websockets.asyncio.client import ClientConnection, connect

from stoory.platform.http.pages import decode_cursor
from tests.sockets.folding import Copy, Json

PATIENCE_SECONDS = 20
PAUSE_SECONDS = 0.02
MOST_PAGES = 500
LITTLE_BYTES = 4096
"""What a kernel keeps for a device that does not read."""

By = Literal["since", "conversations"]
Lists = Callable[[], Awaitable[list[Json]]]
"""Returns the rows of all conversations of the device's person, as REST tells them."""
GONE = (websockets.WebSocketException, OSError, EOFError)


class Cut(Exception):
    """The connection has ended; whether what was asked has been done is not known."""


class Refused(Exception):
    """The server does not want whoever this is."""


class Call(Struct):
    """One connection of a device, from where it began to where it was cut."""

    by: By
    known: dict[str, int]
    """The last seqs it knew when it began"""
    is_ahead: bool
    """Whether it knew more than it would ask for: an answer by conversations was cut off"""
    heard: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    """Events, and under `resumed` each page of what was answered, as they came"""
    is_resumed: bool = False
    """Whether it has been answered to the end what it missed"""


class Device:
    """A device of somebody's."""

    def __init__(
        self,
        user_id: str,
        token: str,
        address: Callable[[], str],
        lists: Lists,
        *,
        reads_little: bool = False,
    ) -> None:
        """Take whose it is, who says where the server is now, and who asks there for lists."""
        self.user_id = user_id
        self.token = token
        self.copy = Copy(user_id)
        self.cursor: str | None = None
        self.calls: list[Call] = []
        self.counts: Json | None = None
        self.may_read = asyncio.Event()
        self.may_read.set()
        self._address = address
        self._lists = lists
        self._reads_little = reads_little
        self._wire: ClientConnection | None = None
        self._asked: dict[int, asyncio.Future[Json]] = {}
        self._number = 0
        self._waiting: list[tuple[str, Json]] = []
        self._is_ahead = False
        self._reading: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    @property
    def is_connected(self) -> bool:
        """Whether it is, as far as it knows."""
        return self._reading is not None and not self._reading.done()

    @property
    def number(self) -> int:
        """Up to which of its person's news it knows everything."""
        return number_of(self.cursor)

    @property
    def call(self) -> Call:
        """The latest connection."""
        return self.calls[-1]

    async def come(self, by: By = "since") -> None:
        """Connect and resume; Cut, Refused."""
        await self.connect(by)
        try:
            await self.resume()
        except Cut:
            self.cut()
            raise

    async def connect(self, by: By = "since") -> None:
        """Connect; what is told is kept back until `resume` has been answered. Cut, Refused."""
        by = "conversations" if self.cursor is None else by
        self.calls.append(Call(by, self.copy.last_seqs(), self._is_ahead))
        self._waiting = []
        try:
            wire = self._wire = await self._dialled()
            await wire.recv()
            await wire.send("40" + json.dumps({"token": self.token}))
            while not (welcome := str(await wire.recv())).startswith(("40", "44")):
                pass
        except GONE as problem:
            raise Cut from problem
        if welcome.startswith("44"):
            self.cut()
            raise Cut if '"busy"' in welcome else Refused(welcome)
        self._reading = asyncio.create_task(self._read(wire, self.call))

    async def resume(self) -> None:
        """Ask page by page for what was missed, then take in what was told meanwhile; Cut."""
        by_conversations = self.call.by == "conversations"
        if by_conversations:
            await self._list()
        for _ in range(MOST_PAGES):
            asked = {"conversations": self._known()} if by_conversations else {"since": self.cursor}
            answer = await self.ask("resume", **asked)
            if not answer["success"]:
                assert answer["code"] == "busy", answer
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.copy.take_answer(answer)
            if not answer["has_more"]:
                await self._go_live(answer["cursor"])
                return
            if by_conversations:
                self._is_ahead = True
            else:
                self.cursor = answer["cursor"]
        raise AssertionError("resume comes to no end")

    async def _list(self) -> None:
        """Learn of conversations that were opened meanwhile: whoever asks by conversations must name them."""
        for row in await self._lists():
            if row["id"] not in self.copy.rows:
                self.copy.take_row(row)
        self.call.known = self.copy.last_seqs()

    def _known(self) -> dict[str, int]:
        """Return what it has of the conversations it asks for; what it was told live meanwhile does not count."""
        return {id_: seq for id_, seq in self.copy.last_seqs().items() if id_ in self.call.known}

    async def _go_live(self, cursor: str) -> None:
        self.cursor = cursor
        self._is_ahead = False
        for name, payload in self._waiting:
            self._take(name, payload)
        self.call.is_resumed = True
        async with self._changed:
            self._changed.notify_all()

    async def ask(self, event: str, **payload: Any) -> Json:
        """Send an event and return its acknowledgement; Cut."""
        self._number += 1
        answered = self._asked[self._number] = asyncio.get_running_loop().create_future()
        if self._wire is None or not self.is_connected:
            raise Cut
        try:
            await self._wire.send(f"42{self._number}{json.dumps([event, payload])}")
            return await asyncio.wait_for(answered, PATIENCE_SECONDS)
        except (*GONE, asyncio.CancelledError) as problem:
            if answered.cancelled() or not isinstance(problem, asyncio.CancelledError):
                raise Cut from problem
            raise

    def cut(self) -> None:
        """Be gone without a word."""
        if self._wire is not None:
            self._wire.transport.abort()

    async def leave(self) -> None:
        """Be gone, and wait until it is so."""
        self.may_read.set()
        self.cut()
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def until(self, is_enough: Callable[[Device], Any]) -> None:
        """Wait until what it knows is enough."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            while not is_enough(self):
                await self._changed.wait()

    async def _dialled(self) -> ClientConnection:
        url = urlsplit(self._address())
        end = socket.socket()
        if self._reads_little:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_BYTES)
        end.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(end, (url.hostname, url.port))
            return await connect(
                f"ws://{url.netloc}/socket.io/?EIO=4&transport=websocket",
                sock=end, compression=None, ping_interval=None, proxy=None, max_queue=1, close_timeout=1,
            )  # fmt: skip
        except BaseException:
            end.close()
            raise

    async def _read(self, wire: ClientConnection, call: Call) -> None:
        try:
            while True:
                await self.may_read.wait()
                await self._hear(str(await wire.recv()), call)
        except GONE:
            pass
        finally:
            wire.transport.abort()
            for answered in self._asked.values():
                answered.cancel()
            self._asked = {}
            async with self._changed:
                self._changed.notify_all()

    async def _hear(self, packet: str, call: Call) -> None:
        if packet == "2" and self._wire is not None:
            await self._wire.send("3")
        elif packet.startswith("43"):
            at = packet.index("[")
            answer: Json = json.loads(packet[at:])[0]
            if "has_more" in answer:
                call.heard.append(("resumed", answer))
            if (answered := self._asked.pop(int(packet[2:at]), None)) and not answered.done():
                answered.set_result(answer)
        elif packet.startswith("42"):
            name, payload = json.loads(packet[2:])
            call.heard.append((name, payload))
            if call.is_resumed:
                self._take(name, payload)
            else:
                self._waiting.append((name, payload))
        elif packet in ("1", "41"):
            raise EOFError
        async with self._changed:
            self._changed.notify_all()

    def _take(self, name: str, payload: Json) -> None:
        self.copy.take(name, payload)
        self.cursor = payload.get("cursor", self.cursor)
        if name == "unread_count":
            self.counts = payload


@asynccontextmanager
async def gathered(*devices: Device) -> AsyncIterator[None]:
    """Let devices go at the end."""
    try:
        yield
    finally:
        for device in devices:
            with suppress(Exception):
                await device.leave()


def number_of(cursor: str | None) -> int:
    """Return the number in a cursor: what no client may look at, a test may."""
    known = decode_cursor(tuple[int], cursor)
    return 0 if known is None else known[0]
