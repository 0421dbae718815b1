"""Socket.IO: who may connect, what is done with an event, and how it is acknowledged.

The second door to the same actions: bodies are read, errors are written and deadlocks are tried again as over HTTP.
Events of one socket are handled one after the other, so that what is sent first is stored first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast
from uuid import uuid4

import socketio
from msgspec import Raw, Struct
from socketio.exceptions import ConnectionRefusedError as Refused

from stoory.actor import Actor, Role
from stoory.errors import NotFound, NotSignedIn, TooMany, Unreadable
from stoory.platform import wire
from stoory.platform.http.body import read
from stoory.platform.http.errors import refusal
from stoory.platform.scopes import require_write
from stoory.platform.sockets.connections import MOST_REFUSED_EVENTS, Connection, Connections
from stoory.platform.sockets.events import Event
from stoory.platform.sockets.packets import Nonsense, Packet, acknowledgement
from stoory.platform.sockets.transport import Engine, Socket, quiet

LIMIT: Final = "socket"
KEY_HEADER: Final = "HTTP_X_API_KEY"
NAME_AND_PAYLOAD: Final = 2

Admit = Callable[[Actor], Awaitable[int]]
"""Says up to where somebody's news has come, or that their session has ended."""


class Server(socketio.AsyncServer):
    """python-socketio's server with our packets, our engine and our handling of events."""

    def __init__(self, sockets: Sockets, **options: Any) -> None:
        """Take what handles events."""
        self._sockets = sockets
        super().__init__(
            async_mode="asgi",
            client_manager=socketio.AsyncManager(),
            serializer=Packet,
            logger=quiet,
            engineio_logger=quiet,
            **options,
        )
        self.on("connect", self._admit)
        self.on("disconnect", self._let_go)

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        """Tell somebody nothing before they have heard that they are connected."""
        try:
            await super()._handle_connect(eio_sid, namespace, data)
        finally:
            if eio_sid not in self.environ:
                await self._forget(eio_sid)
        await self._sockets.welcome(eio_sid)

    async def _forget(self, eio_sid: str) -> None:
        """Clear up after who was gone before they were admitted: of them no end will be told."""
        await self._sockets.let_go(eio_sid)
        manager: Any = self.manager
        manager.basic_disconnect(manager.sid_from_eio_sid(eio_sid, "/"), "/")

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002 - socketio's
        """Do what a client asks; namespaces other than the first do not exist."""
        if namespace not in (None, "/") or not isinstance(data, list):
            raise Nonsense("an event of ours is a list")
        await self._sockets.handle(eio_sid, cast("list[Raw]", data), id)

    async def _admit(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        socket = self.eio.sockets[self.manager.eio_sid_from_sid(sid, "/")]
        try:
            await self._sockets.admit(socket, auth, environ.get(KEY_HEADER))
        except Exception as problem:  # noqa: BLE001 - whatever it is, the client is told in the envelope
            body = wire.decode(refusal(problem, _scope()))
            raise Refused(body["message"], body) from None
        environ.clear()

    async def _let_go(self, sid: str, _reason: str) -> None:
        await self._sockets.let_go(self.manager.eio_sid_from_sid(sid, "/"))


class Sockets:
    """Everybody who is connected, and what they may ask."""

    def __init__(
        self, parts: Any, events: Sequence[Event], *, admit: Admit, connections: Connections, **options: Any
    ) -> None:
        """Take what handlers are given by name (`tokens`, `owner_of`, `limits` among it), and the events there are."""
        self.connections = connections
        self.server = Server(self, **options)
        self.engine: Engine = self.server.eio
        self.arrivals: list[Callable[[Connection], Awaitable[None]]] = []
        self.departures: list[Callable[[Connection], Awaitable[None]]] = []
        self._parts = parts
        self._events = {event.name: event for event in events}
        self._ask_in = admit
        self._admitted: dict[str, Connection] = {}
        self._arriving: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request of Engine.IO (ASGI)."""
        await self.engine.handle_request(scope, receive, send)

    def knows(self, sid: str) -> bool:
        """Tell whether that session of Engine.IO goes on."""
        socket = self.engine.sockets.get(sid)
        return socket is not None and not socket.closed

    async def admit(self, socket: Socket, auth: Any, header: str | None) -> None:
        """Find out who somebody is, by what they say or by the header of a key; NotSignedIn, Unreadable, TooMany."""
        actor = await self._actor(cast("dict[str, Any]", auth) if isinstance(auth, dict) else {}, header)
        await self._count(actor)
        told = await self._ask_in(actor)
        self._admitted[socket.sid] = Connection(socket, actor, told=told)

    async def _actor(self, auth: dict[str, Any], header: str | None) -> Actor:
        token, key = auth.get("token"), auth.get("api_key", header)
        if token is not None and key is not None:
            raise Unreadable("Show either an access token or an API key, not both.")
        if isinstance(key, str):
            return await self._parts.owner_of(key)
        if isinstance(token, str):
            return self._parts.tokens.read(token)
        raise NotSignedIn

    async def welcome(self, sid: str) -> None:
        """Count somebody in who has been admitted and told so."""
        connection = self._admitted.pop(sid, None)
        if connection is None or connection.socket.closed:
            return
        connection.socket.is_admitted = True
        self.connections.add(connection)
        self._arriving.add(sid)
        try:
            for arrival in self.arrivals:
                await arrival(connection)
        finally:
            self._arriving.discard(sid)
            if self.connections.by_sid(sid) is None:  # gone meanwhile
                await self._depart(connection)

    async def let_go(self, sid: str) -> None:
        """Forget somebody who is gone."""
        self._admitted.pop(sid, None)
        connection = self.connections.remove(sid)
        if connection is not None:
            connection.socket.forget()
            if sid not in self._arriving:
                await self._depart(connection)

    async def _depart(self, connection: Connection) -> None:
        for departure in self.departures:
            await departure(connection)

    async def handle(self, sid: str, arguments: list[Raw], number: int | None) -> None:
        """Do what an event asks, and acknowledge it if that is wanted."""
        connection = self.connections.by_sid(sid)
        if connection is None:
            return
        try:
            answer: Any = await self._answer(connection, arguments)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the client is told in the envelope
            answer = Raw(refusal(problem, _scope()))
            if isinstance(problem, NotSignedIn):
                connection.refused = MOST_REFUSED_EVENTS
        if number is not None:
            connection.socket.put(acknowledgement(number, answer))
        if connection.refused >= MOST_REFUSED_EVENTS:
            await self.disconnect(connection)

    async def _answer(self, connection: Connection, arguments: list[Raw]) -> Struct:
        """Count the event, read it and do it."""
        try:
            await self._count(connection.actor)
        except TooMany:
            connection.refused += 1
            raise
        connection.refused = 0
        event, raw = self._known(arguments)
        if event.changes:
            require_write(connection.actor)
        given = {"actor": connection.actor, "connection": connection, "data": read(event.takes, raw)}
        for name in event.wants - given.keys():
            given[name] = getattr(self._parts, name)
        return await event.does(**{name: given[name] for name in event.wants})

    async def _count(self, actor: Actor) -> None:
        """Count an event, or somebody's connecting; TooMany. As over HTTP, operators are unlimited."""
        if actor.role is not Role.ADMIN:
            await self._parts.limits.require(LIMIT, str(actor.id))

    def _known(self, arguments: list[Raw]) -> tuple[Event, bytes]:
        """Return which event that is, and its payload; Unreadable, NotFound."""
        if not 1 <= len(arguments) <= NAME_AND_PAYLOAD:
            raise Unreadable("An event is a name and one JSON object.")
        try:
            event = self._events.get(wire.decode(arguments[0]))
        except (ValueError, TypeError):
            event = None
        if event is None:
            raise NotFound("There is no such event.")
        return event, bytes(arguments[1]) if len(arguments) == NAME_AND_PAYLOAD else b"{}"

    async def disconnect(self, connection: Connection) -> None:
        """End somebody's connection, and let them know that it was us."""
        sid = self.server.manager.sid_from_eio_sid(connection.socket.sid, "/")
        await self.server.disconnect(sid)
        await connection.socket.close()

    async def close(self) -> None:
        """End every connection, so that clients go to another process."""
        for connection in self.connections:
            await connection.socket.close(reason=self.engine.reason.SERVER_DISCONNECT)


def _scope() -> dict[str, str]:
    """Return what names a request in logs and errors."""
    return {"request_id": uuid4().hex}
