"""Round every answer, errors and unknown addresses included: a request id, the security headers, one line of log."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import uuid4

import structlog

from stoory.platform.http.errors import envelope

log = structlog.get_logger("stoory.access")

SECURITY_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
API_CONTENT_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
PAGE_CONTENT_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
)
NOT_STORED: Final = (b"cache-control", b"no-store")


class Frame:
    """The outermost ASGI application."""

    def __init__(self, app: Any, *, is_https: bool) -> None:
        """Wrap an ASGI application; `is_https` adds the header that forbids plain HTTP."""
        self._app = app
        self._headers = [*SECURITY_HEADERS, *([STRICT_TRANSPORT] if is_https else [])]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        scope["request_id"] = request_id = uuid4().hex
        status = 0

        async def framed(event: Any) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                event["headers"] = self._framed(scope, list(event.get("headers", ())))
            await send(event)

        try:
            await self._app(scope, receive, framed)
        except Exception:
            log.exception("unforeseen", request_id=request_id)
            if status:
                raise  # half an answer is out: the connection must break, not look complete
            await _last_resort(scope, framed)
        _log(scope, status, began)

    def _framed(self, scope: Any, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name.lower(): value for name, value in headers}
        is_page = names.get(b"content-type", b"").startswith(b"text/html")
        headers += self._headers
        headers.append((b"x-request-id", scope["request_id"].encode()))
        if b"content-security-policy" not in names:
            headers.append(PAGE_CONTENT_POLICY if is_page else API_CONTENT_POLICY)
        if b"cache-control" not in names:
            headers.append(NOT_STORED)
        if (window := scope.get("window")) is not None:
            headers += [(name.lower().encode(), value.encode()) for name, value in window.headers.items()]
        return headers


async def _last_resort(scope: Any, send: Any) -> None:
    """Answer 500 where even the renderer failed."""
    await send(
        {"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": envelope(None, scope)})


def _log(scope: Any, status: int, began: float) -> None:
    """Write the access line: the path, never the query, a header or a body, which may hold secrets."""
    actor = scope.get("actor")
    log.info(
        "request",
        request_id=scope["request_id"],
        method=scope["method"],
        path=scope["path"],
        status=status,
        ms=round((time.perf_counter() - began) * 1000, 2),
        user_id=None if actor is None else str(actor.id),
    )
