"""The application behind a real port, and people who listen there with the official client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import socketio
import uvicorn

from stoory.app import Application
from stoory.platform.http.server import Protocol as HttpProtocol
from stoory.platform.sockets.protocol import uvicorn_options
from tests.world import Person, World

PATIENCE_SECONDS = 10

Json = dict[str, Any]


@asynccontextmanager
async def served(application: Application, *, port: int = 0) -> AsyncIterator[str]:
    """Serve an application that runs already; the address is returned."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        options: Any = uvicorn_options()
        config = uvicorn.Config(
            application,
            http=HttpProtocol,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
            **options,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
            for late in server.server_state.connections:  # let in while the others were let out
                cast("Any", late).transport.abort()


class Ear:
    """Somebody's socket, and everything it was told, in order."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.began_at = 0
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard: list[tuple[str, Json]] = []
        self.is_connected = False
        self._news = asyncio.Condition()
        self.client.on("*", self._note)
        self.client.on("disconnect", self._note_end)

    def of(self, name: str) -> list[Json]:
        """Return what was told under that name."""
        return [payload for told, payload in self.heard if told == name]

    async def until(self, is_enough: Callable[[Ear], Any]) -> Any:
        """Wait until what was heard is enough, and return what says so."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            while not (enough := is_enough(self)):
                await self._news.wait()
            return enough

    async def hears(self, name: str, **keys: Any) -> Json:
        """Wait for an event with these keys, and return it."""

        def found(ear: Ear) -> Json | None:
            told = ear.of(name)
            return next((one for one in told if keys.items() <= one.items()), None)

        return await self.until(found)

    async def ends(self) -> None:
        """Wait until the connection has ended."""
        await self.until(lambda ear: not ear.is_connected)

    async def ask(self, event: str, **payload: Any) -> Json:
        """Send an event, and return its acknowledgement."""
        return await self.client.call(event, payload, timeout=PATIENCE_SECONDS)

    async def _note(self, name: str, payload: Json) -> None:
        async with self._news:
            self.heard.append((name, payload))
            self._news.notify_all()

    async def _note_end(self, *_: object) -> None:
        async with self._news:
            self.is_connected = False
            self._news.notify_all()


@asynccontextmanager
async def listening(
    address: str, world: World, person: Person, *, transports: tuple[str, ...] = ("websocket",)
) -> AsyncIterator[Ear]:
    """Connect a person, and let them go at the end."""
    actor = await world.sign_in(person)
    async with connected(address, world.app.tokens.issue(actor, person.phone), transports=transports) as ear:
        yield ear


@asynccontextmanager
async def connected(
    address: str, token: str, *, transports: tuple[str, ...] = ("websocket",)
) -> AsyncIterator[Ear]:
    """Connect whoever has that token."""
    ear = Ear(token)
    await ear.client.connect(address, auth={"token": token}, transports=list(transports), wait_timeout=10)
    ear.is_connected = True
    try:
        yield ear
    finally:
        await ear.client.shutdown()
