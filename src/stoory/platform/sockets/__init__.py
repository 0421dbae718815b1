"""Socket.IO: connections, events and what is told to whom."""

from __future__ import annotations

from stoory.platform.sockets.connections import Connection, Connections
from stoory.platform.sockets.events import Event, Told, event
from stoory.platform.sockets.packets import Outgoing
from stoory.platform.sockets.packets import event as outgoing
from stoory.platform.sockets.server import Sockets

__all__ = ["Connection", "Connections", "Event", "Outgoing", "Sockets", "Told", "event", "outgoing"]
