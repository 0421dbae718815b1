from typing import Any

class Packet:
    uses_binary_events: bool
    json: Any
    packet_type: int
    data: Any
    namespace: str | None
    id: int | None
    def __init__(self, packet_type: int = ..., data: Any = None, namespace: str | None = None) -> None: ...
    def decode(self, encoded_packet: Any) -> int: ...
    def encode(self) -> Any: ...
