"""Who is connected to this process: a connection belongs to its user's room, and to no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from stoory.actor import Actor
from stoory.platform.sockets.packets import Outgoing
from stoory.platform.sockets.transport import Socket

MOST_REFUSED_EVENTS: Final = 100
"""So many over the limit, and the connection ends: it does not listen."""


HELD_SECONDS: Final = 10
"""How long a client may think about the next page of what it missed."""


class Connection:
    """One signed-in socket.

    `told` is the number of its user's news up to which it has been told, `joined_at` where that stood at the start,
    None once it has been answered what lies before.
    """

    __slots__ = ("_release", "actor", "is_doubted", "is_held", "joined_at", "refused", "socket", "told")

    def __init__(self, socket: Socket, actor: Actor, *, told: int) -> None:
        """Take the connection of Engine.IO, and whose it is."""
        self.socket = socket
        self.actor = actor
        self.told = told
        self.joined_at: int | None = told
        self.is_held = False
        self.is_doubted = False
        self.refused = 0
        self._release: asyncio.TimerHandle | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it can be told something now."""
        return not self.is_held and not self.is_doubted and self.socket.is_ready

    def say(self, outgoing: Outgoing) -> None:
        """Send something that matters only now: to who does not read it is not sent at all."""
        if self.socket.is_ready and not self.is_doubted:
            self.socket.put(outgoing)

    def doubt(self) -> None:
        """Tell it nothing until it is known whether its session goes on."""
        self.is_doubted = True

    def trust(self) -> None:
        """Tell it again what is new: its session goes on."""
        self.is_doubted = False
        if self.socket.on_drain is not None:
            self.socket.on_drain()

    def hold(self) -> None:
        """Tell it nothing for now: it is about to be answered what came before."""
        self.is_held = True
        if self._release is not None:
            self._release.cancel()
            self._release = None

    def go_on(self, *, when_resumed_again: bool) -> None:
        """Tell it again what is new; while it still asks for what came before, only once it has stopped asking."""
        if when_resumed_again:
            loop = asyncio.get_running_loop()
            self._release = loop.call_later(HELD_SECONDS, lambda: self.go_on(when_resumed_again=False))
            return
        self.is_held = False
        if self.socket.on_drain is not None:
            self.socket.on_drain()


class Connections:
    """All of them, by their user."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._of: dict[UUID, list[Connection]] = {}
        self._by_sid: dict[str, Connection] = {}

    def __iter__(self) -> Iterator[Connection]:
        """Go through all that are there now."""
        return iter(list(self._by_sid.values()))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._by_sid)

    @property
    def user_ids(self) -> list[UUID]:
        """Everybody who is connected."""
        return list(self._of)

    def of(self, user_id: UUID) -> list[Connection]:
        """Return somebody's connections."""
        return self._of.get(user_id, [])

    def among(self, user_ids: Iterable[UUID]) -> list[UUID]:
        """Return which of these people are connected."""
        return [user_id for user_id in user_ids if user_id in self._of]

    def by_sid(self, sid: str) -> Connection | None:
        """Return the connection of an Engine.IO session."""
        return self._by_sid.get(sid)

    def add(self, connection: Connection) -> None:
        """Let somebody in."""
        self._by_sid[connection.socket.sid] = connection
        self._of.setdefault(connection.actor.id, []).append(connection)

    def remove(self, sid: str) -> Connection | None:
        """Let somebody go."""
        connection = self._by_sid.pop(sid, None)
        if connection is not None:
            own = self._of[connection.actor.id]
            own.remove(connection)
            if not own:
                del self._of[connection.actor.id]
        return connection

    def say(self, user_ids: Iterable[UUID], outgoing: Outgoing) -> None:
        """Send something that matters only now to all sockets of these people."""
        for user_id in user_ids:
            for connection in self.of(user_id):
                connection.say(outgoing)
