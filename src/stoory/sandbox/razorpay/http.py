"""Requests and replies, and the ASGI between: small, because every oddity of Razorpay's HTTP must be ours to play."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from msgspec import Struct

from stoory.sandbox.razorpay.refusals import Json, Refusal

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Json]]
Send = Callable[[Json], Awaitable[None]]

LARGEST_BODY_BYTES: Final = 1_000_000
DEEPEST: Final = 20
"""So many levels of objects and lists: what is deeper breaks those who write it, here and at the merchant's."""

FORM: Final = "application/x-www-form-urlencoded"


class Request(Struct, kw_only=True):
    """What somebody asks."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    raw: bytes = b""

    def parameter(self, name: str) -> str | None:
        """Return the last value of a query parameter; one without a value counts as not given."""
        return next((value for key, value in reversed(self.query) if key == name and value), None)

    @property
    def expand(self) -> set[str]:
        """What to expand: Python's SDK writes `expand[]`, npm's `expand[expand]`; both are understood."""
        return {value for key, value in self.query if key.startswith("expand") and value}

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Key id and secret. Razorpay documentation, "Authentication": `basic` and `BASIC` are refused."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        try:
            name, colon, secret = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (name, secret) if colon else None

    @property
    def body(self) -> Json:
        """The body as an object; without one an empty object, whatever type was announced (axios: a form)."""
        if not self.raw.strip():
            return {}
        if self.headers.get("content-type", "").startswith(FORM):
            return dict(parse_qsl(self.raw.decode(errors="replace"), keep_blank_values=True))
        try:
            body = json.loads(self.raw, parse_constant=_no_constant)
            # Half a pair of surrogates can be read and never written again.
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Refusal("The request body is not valid JSON.") from None
        if not isinstance(body, dict):
            raise Refusal("The request body must be a JSON object.")
        if not _is_shallow(body, DEEPEST):
            raise Refusal("The request body is nested too deeply.")
        return cast("Json", body)


def _no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(name)


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inside = cast("Iterable[Any]", value.values() if isinstance(value, dict) else value)
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inside)


class Reply(Struct, kw_only=True):
    """What it is told."""

    status: int = 200
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = {}


def json_reply(body: Json, status: int = 200) -> Reply:
    """Reply with JSON."""
    return Reply(status=status, body=json.dumps(body, ensure_ascii=False).encode())


async def read_request(scope: Scope, receive: Receive) -> Request | None:
    """Read a request whole, or return None when its sender left before the end.

    A slash at the end of its address is npm's habit and means nothing.
    """
    raw = bytearray()
    while True:
        message = await receive()
        # Half a refund must not be taken for a refund without a body, which is one of everything.
        if message["type"] == "http.disconnect":
            return None
        raw += message.get("body", b"")
        if len(raw) > LARGEST_BODY_BYTES:
            raise Refusal("The request body is too large.", status=413)
        if not message.get("more_body"):
            break
    return Request(
        method=scope["method"],
        path=scope["path"].rstrip("/") or "/",
        query=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        raw=bytes(raw),
    )


async def send_reply(send: Send, reply: Reply) -> None:
    """Send a reply whole."""
    await send_head(send, reply)
    await send({"type": "http.response.body", "body": reply.body})


async def send_head(send: Send, reply: Reply) -> None:
    """Send only the head: whoever stops here breaks the connection, and the reply is lost on its way."""
    headers = {
        "content-type": reply.content_type,
        "content-length": str(len(reply.body)),
        **reply.headers,
    }
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
