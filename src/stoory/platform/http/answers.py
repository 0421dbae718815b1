"""What routes answer: Structs with `success`, encoded once, amounts as JSON numbers."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Response
from msgspec import UNSET, Struct, UnsetType

from stoory.platform import wire


class Answer(Struct, kw_only=True):
    """A success; each route's answer adds its resource under the key of the contract."""

    success: Literal[True] = True
    message: str | UnsetType = UNSET


class JsonResponse(Response[Any]):
    """The framework's response with our encoder: its own writes amounts as strings."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        """Return the body's bytes."""
        if isinstance(content, bytes):
            return content
        if media_type.startswith("application/json"):
            return wire.encode(content)
        return super().render(content, media_type, enc_hook or wire.encode_hook)


class Sent:
    """An answer in JSON on its way out: nothing but a status, two headers and a body."""

    __slots__ = ("body", "status")

    def __init__(self, body: bytes, status: int) -> None:
        """Take what is sent."""
        self.body = body
        self.status = status

    @classmethod
    def of(cls, answer: Struct, status: int) -> Sent:
        """Write a Struct."""
        return cls(wire.encode(answer), status)

    async def __call__(self, _: Any, __: Any, send: Any) -> None:
        """Send it (ASGI)."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})
