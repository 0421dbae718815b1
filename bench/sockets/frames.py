"""WebSocket frames (RFC 6455), as far as a client of Socket.IO needs them."""

from __future__ import annotations

import struct
from typing import Final

TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

WHOLE: Final = 0x80
"""The first frame of a message is its last."""
MASKED: Final = 0x80
TWO_BYTES: Final = 126
EIGHT_BYTES: Final = 127
"""What stands for a length that takes as many bytes"""
NO_MASK: Final = bytes(4)
"""A client has to mask; by nothing but zeros it need not."""


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a frame as a client sends it."""
    length = len(payload)
    if length < TWO_BYTES:
        head = bytes((WHOLE | opcode, MASKED | length))
    elif length < 1 << 16:
        head = struct.pack("!BBH", WHOLE | opcode, MASKED | TWO_BYTES, length)
    else:
        head = struct.pack("!BBQ", WHOLE | opcode, MASKED | EIGHT_BYTES, length)
    return head + NO_MASK + payload


class Frames:
    """Cuts what a server sends into messages, wherever it was cut on its way."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the opcode and payload of each message that is whole now; ValueError for what servers do not send."""
        data = self._rest + data if self._rest else data
        found: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        while at + 2 <= end:
            first, length = data[at], data[at + 1]
            start = at + 2
            if not first & WHOLE or not first & 0x0F or length & MASKED:
                raise ValueError("a frame that is masked, or a part of a message")
            if length >= TWO_BYTES:
                size = 2 if length == TWO_BYTES else 8
                length = int.from_bytes(data[start : start + size], "big")
                start += size
                if start > end:
                    break
            if start + length > end:
                break
            found.append((first & 0x0F, data[start : start + length]))
            at = start + length
        self._rest = data[at:]
        return found
