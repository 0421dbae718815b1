"""What stands before Engine.IO: only requests of the two forms it knows, with a body that is all there.

python-engineio reads a body of unknown length without end, answers JSONP, and where a header says websocket and another
does not, it answers nothing at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from stoory.errors import StooryError, TooLarge, Unreadable
from stoory.platform.http.answers import Sent
from stoory.platform.http.errors import envelope, status_of
from stoory.platform.sockets.protocol import LARGEST_PACKET_BYTES

BODY_WITHIN_SECONDS: Final = 10

Serve = Callable[[Any, Any, Any], Any]


class Door:
    """Lets in what Engine.IO can serve, and refuses the rest in our words."""

    def __init__(self, serve: Serve, *, knows: Callable[[str], bool], polls: bool) -> None:
        """Take Engine.IO, how to ask whether it has a session, and whether one may poll."""
        self._serve = serve
        self._knows = knows
        self._polls = polls

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a request, or refuse it (ASGI)."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["type"] == "websocket":
            if query.get("transport") == ["websocket"]:
                await self._serve(scope, receive, send)
            else:
                await send({"type": "websocket.close"})
            return
        try:
            self._check(scope, query)
            body = await _body(scope, receive)
            self._check_session(scope, query)
        except StooryError as problem:
            await Sent(envelope(problem, scope), status_of(problem))(scope, receive, send)
            return
        if body is not None:
            await self._serve(scope, _given(body, receive), send)

    def _check(self, scope: Any, query: dict[str, list[str]]) -> None:
        """Raise Unreadable unless it polls, and may."""
        if not self._polls:
            raise Unreadable("Only the websocket transport is served here.", code="websocket_only")
        if "j" in query or query.get("transport", ["polling"]) != ["polling"]:
            raise Unreadable("Poll, or open a WebSocket.")
        self._check_session(scope, query)

    def _check_session(self, scope: Any, query: dict[str, list[str]]) -> None:
        """Raise Unreadable where something is sent to nobody."""
        if scope["method"] == "POST" and not self._knows(query.get("sid", [""])[0]):
            raise Unreadable("There is no such session.")


async def _body(scope: Any, receive: Any) -> bytes | None:
    """Return the whole body, or None when whoever sends it is gone; Unreadable, TooLarge."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    if scope["method"] == "POST" and not length.isdigit():
        raise Unreadable("Say with Content-Length how long the body is.")
    if int(length or b"0") > LARGEST_PACKET_BYTES:
        raise TooLarge(f"A body has at most {LARGEST_PACKET_BYTES} bytes.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    return None
                body += event.get("body", b"")
                if len(body) > LARGEST_PACKET_BYTES:
                    raise TooLarge(f"A body has at most {LARGEST_PACKET_BYTES} bytes.")
                if not event.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise Unreadable("The body did not come.") from None


def _given(body: bytes, receive: Any) -> Any:
    """Return a `receive` that hands over the body first."""
    events = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Any:
        return events.pop() if events else await receive()

    return given


def is_from(origin: str, host: str | None) -> bool:
    """Tell whether a page of that origin was served by that host."""
    try:
        place = urlsplit(origin)
    except ValueError:
        return False
    return place.scheme in ("http", "https") and bool(host) and place.netloc == host
