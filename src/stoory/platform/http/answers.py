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
