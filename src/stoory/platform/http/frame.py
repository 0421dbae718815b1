"""Round every answer, errors and unknown addresses included: a request id, the security headers, one line of log."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import uuid4

import structlog

from stoory.errors import Unreadable
from stoory.platform.http.errors import CLASS, UNFORESEEN, envelope

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
REQUEST_ID: Final = b"x-request-id"

LEAST_ERROR: Final = 400

Headers = list[tuple[bytes, bytes]]


class Frame:
    """The outermost ASGI application."""

    def __init__(self, app: Any, *, is_https: bool) -> None:
        """Wrap an ASGI application; `is_https` adds the header that forbids plain HTTP."""
        self._app = app
        self._headers = [*SECURITY_HEADERS, *([STRICT_TRANSPORT] if is_https else [])]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request. HEAD is GET without the body, on every route."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        method: str = scope["method"]
        scope = {**scope, "method": "GET" if method == "HEAD" else method, "request_id": uuid4().hex}
        answer = _Answer(scope, send, self._headers, has_body=method != "HEAD")
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            log.exception("unforeseen", request_id=scope["request_id"])
            if answer.status:
                raise  # half of it is out: the connection must break, not look complete
            await _last_resort(scope, answer)
        finally:
            _log(scope, method, answer.status, began)


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Any, send: Any, headers: Headers, *, has_body: bool) -> None:
        self.status = 0
        self._scope = scope
        self._send = send
        self._headers = headers
        self._has_body = has_body
        self._instead: bytes | None = None

    async def send(self, event: Any) -> None:
        """Pass an event of ASGI on, framed."""
        if event["type"] == "http.response.start":
            self.status = event["status"]
            headers: Headers = list(event.get("headers", ()))
            if self.status >= LEAST_ERROR and not _is_json(headers):
                headers = self._put_in_envelope()
            await self._send({**event, "headers": self._framed(headers)})
        elif not self._has_body or self._instead is not None:
            body = self._instead if self._has_body and not event.get("more_body") else b""
            await self._send({**event, "body": body})
        else:
            await self._send(event)

    def _put_in_envelope(self) -> Headers:
        """Say in our words what the framework would say in its own, as to a preflight of another origin."""
        is_ours = self.status >= UNFORESEEN
        self._instead = envelope(None if is_ours else CLASS.get(self.status, Unreadable)(), self._scope)
        length = str(len(self._instead)).encode()
        return [(b"content-type", b"application/json"), (b"content-length", length)]

    def _framed(self, headers: Headers) -> Headers:
        names = {name.lower(): value for name, value in headers}
        is_page = names.get(b"content-type", b"").startswith(b"text/html")
        headers += self._headers
        headers.append((REQUEST_ID, self._scope["request_id"].encode()))
        if b"content-security-policy" not in names:
            headers.append(PAGE_CONTENT_POLICY if is_page else API_CONTENT_POLICY)
        if b"cache-control" not in names:
            headers.append(NOT_STORED)
        if (window := self._scope.get("window")) is not None:
            headers += [(name.lower().encode(), value.encode()) for name, value in window.headers.items()]
        return headers


def bare_headers(request_id: str) -> Headers:
    """Return the headers of an error for whoever has no frame: what cannot be read is no request."""
    content_type = (b"content-type", b"application/json")
    return [
        content_type,
        *SECURITY_HEADERS,
        API_CONTENT_POLICY,
        NOT_STORED,
        (REQUEST_ID, request_id.encode()),
    ]


def _is_json(headers: Headers) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"application/json") for name, value in headers
    )


async def _last_resort(scope: Any, answer: _Answer) -> None:
    """Answer 500 where even the renderer failed."""
    await answer.send(
        {"type": "http.response.start", "status": 500, "headers": [(b"content-type", b"application/json")]}
    )
    await answer.send({"type": "http.response.body", "body": envelope(None, scope)})


def _log(scope: Any, method: str, status: int, began: float) -> None:
    """Write the access line: the path, never the query, a header or a body, which may hold secrets."""
    actor = scope.get("actor")
    log.info(
        "request",
        request_id=scope["request_id"],
        method=method,
        path=scope["path"],
        status=status,
        ms=round((time.perf_counter() - began) * 1000, 2),
        user_id=None if actor is None else str(actor.id),
    )
