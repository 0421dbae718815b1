"""One connection of a client: the official client of python-socketio, and everything it has heard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

Json = dict[str, Any]

CONNECTS_WITHIN_SECONDS: Final = 2
ANSWERS_WITHIN_SECONDS: Final = 1.5
"""Whoever waits for longer takes the server for gone."""
RESUMED: Final = "resumed"
"""Under that name stands among what was heard what `resume` has answered."""


class Cut(Exception):
    """The connection is over; whether what was asked has happened is not known."""


class Connection:
    """From a handshake to its end. It never comes back: the next one is another."""

    def __init__(
        self,
        url: str,
        http: aiohttp.ClientSession,
        hear: Callable[[str, Json], None],
        over: Callable[[], None],
    ) -> None:
        """Take where to, and who wants to know what comes, and when it is over."""
        self.url = url
        self.heard: list[tuple[str, Json]] = []
        self.ended = asyncio.Event()
        self._hear = hear
        self._over = over
        self._asked: set[asyncio.Future[Json]] = set()
        self._socket = socketio.AsyncClient(
            reconnection=False, handle_sigint=False, http_session=http, request_timeout=1
        )
        self._socket.on("*", self._take)
        self._socket.on("disconnect", lambda *_: self.end())

    async def open(self, token: str) -> None:
        """Connect; Cut when nobody answers."""
        try:
            async with asyncio.timeout(CONNECTS_WITHIN_SECONDS):
                await self._socket.connect(self.url, auth={"token": token}, transports=["websocket"])
        except (SocketIOError, TimeoutError, aiohttp.ClientError) as problem:
            raise Cut from problem

    async def ask(self, event: str, payload: Json) -> Json:
        """Send an event and return its acknowledgement; Cut, and over it is, when none comes in time."""
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        if self.ended.is_set():
            raise Cut
        self._asked.add(answered)

        def take(answer: Json) -> None:
            if event == "resume" and not self.ended.is_set():
                self.heard.append((RESUMED, answer))
            if not answered.done():
                answered.set_result(answer)

        try:
            async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
                await self._socket.emit(event, payload, callback=take)
                return await answered
        except (SocketIOError, TimeoutError) as problem:
            self.end()
            raise Cut from problem
        finally:
            self._asked.discard(answered)

    def end(self) -> None:
        """Hear no more from now on, and let nobody wait any longer."""
        if self.ended.is_set():
            return
        self.ended.set()
        self._over()
        for answered in self._asked:
            if not answered.done():
                answered.set_exception(Cut())

    async def close(self) -> None:
        """Let go of the socket; the server may hang, so this may take a second."""
        self.end()
        await self._socket.disconnect()

    def _take(self, event: str, payload: Json) -> None:
        if not self.ended.is_set():
            self.heard.append((event, payload))
            self._hear(event, payload)
