from typing import Any

CLOSE: int
MESSAGE: int
NOOP: int
OPEN: int
PING: int
PONG: int

class Packet:
    packet_type: int
    data: Any
    binary: bool
    def __init__(self, packet_type: int = ..., data: Any = None, encoded_packet: Any = None) -> None: ...
    def encode(self, b64: bool = False) -> str | bytes: ...
