# What Stoory uses of python-engineio, which brings no types.
from typing import Any

from engineio.async_socket import AsyncSocket

class AsyncServer:
    class reason:
        CLIENT_DISCONNECT: str
        SERVER_DISCONNECT: str
        TRANSPORT_CLOSE: str
        TRANSPORT_ERROR: str

    handlers: dict[str, Any]
    sockets: dict[str, Any]
    _async: dict[str, Any]
    def __init__(self, **options: Any) -> None: ...
    def generate_id(self) -> str: ...
    async def handle_request(self, scope: Any, receive: Any, send: Any) -> Any: ...
    async def _handle_connect(self, environ: Any, transport: str, jsonp_index: int | None = None) -> Any: ...
    def _upgrades(self, sid: str, transport: str) -> list[str]: ...
    def _ok(self, packets: list[Any] | None = None, jsonp_index: int | None = None) -> Any: ...

__all__ = ["AsyncServer", "AsyncSocket"]
