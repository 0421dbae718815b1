"""The chat as sockets see it: what clients may do, what they are told, and what they missed."""

from __future__ import annotations

from stoory.chat.sockets.events import EVENTS
from stoory.chat.sockets.room import Room
from stoory.chat.sockets.told import TOLD

__all__ = ["EVENTS", "TOLD", "Room"]
