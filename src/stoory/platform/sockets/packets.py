"""What goes over the wire: every packet is written once, however many sockets it goes to, and binary ones are refused.

A Socket.IO packet is text inside a message of Engine.IO: `42["typing",{...}]` is Engine.IO's message (4) of Socket.IO's
event (2).
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from engineio import packet as engine_packet
from msgspec import Struct
from socketio import packet
from websockets.frames import Frame, Opcode

from stoory.platform import wire

TAKEN: Final = frozenset("0123")
"""CONNECT, DISCONNECT, EVENT and ACK, in ASCII: to python-socketio any digit of Unicode is one.

Not events and acknowledgements with attachments: whoever announces some has them waited for without end.
"""

_arguments: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Nonsense(ValueError):
    """What a client sent is nothing we take; its connection ends."""


class _Json:
    """JSON as python-socketio asks for it; arguments stay as they came until it is known what they should be."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return wire.encode(value).decode()

    @staticmethod
    def loads(text: str) -> Any:
        if not text.startswith("["):
            return wire.decode(text)
        try:
            return _arguments.decode(text)
        except (
            msgspec.DecodeError
        ):  # halves of characters, which are for whoever reads the arguments to refuse
            return [msgspec.Raw(json.dumps(argument).encode()) for argument in json.loads(text)]


class Packet(packet.Packet):
    """A packet of Socket.IO that is text and nothing else; Nonsense for any other."""

    uses_binary_events = False
    json = _Json

    def decode(self, encoded_packet: Any) -> int:
        """Read a packet; its arguments are left unread."""
        if not isinstance(encoded_packet, str) or encoded_packet[:1] not in TAKEN:
            raise Nonsense("not a packet that clients send")
        return super().decode(encoded_packet)


class Outgoing:
    """A packet for any number of sockets, written once."""

    __slots__ = ("_frame", "text")

    def __init__(self, text: bytes) -> None:
        """Take a packet of Socket.IO."""
        self.text = text
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """The packet as a WebSocket's frame."""
        if self._frame is None:
            self._frame = frame(b"4" + self.text)
        return self._frame

    @property
    def engine_packet(self) -> engine_packet.Packet:
        """The packet as long polling sends it."""
        return engine_packet.Packet(engine_packet.MESSAGE, self.text.decode())


def event(name: str, payload: Struct) -> Outgoing:
    """Return an event with its one argument."""
    return Outgoing(b'2["%s",%s]' % (name.encode(), wire.encode(payload)))


def acknowledgement(number: int, answer: object) -> Outgoing:
    """Return the answer to the event that asked for it under this number."""
    return Outgoing(b"3%d[%s]" % (number, wire.encode(answer)))


def frame(data: bytes) -> bytes:
    """Return a text frame as a server sends it: whole, unmasked and not compressed."""
    return Frame(Opcode.TEXT, data).serialize(mask=False)
