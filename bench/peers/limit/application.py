"""The application of `limit`: it reads the token, finds the route, and sends what the handler answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl

import asyncpg
import jwt
import msgspec

from bench.peers.limit import reads, writes
from bench.peers.limit.answers import NOT_FOUND, UNAUTHORIZED, UNREADABLE, Answer, Request

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

JSON: Final = (b"content-type", b"application/json")
SETTINGS: Final = {"timezone": "UTC", "jit": "off", "plan_cache_mode": "force_generic_plan"}
"""As `tuned` has them: statements are planned once a connection."""


class Limit:
    """The application; `pool` is there once the server has started."""

    pool: asyncpg.Pool[asyncpg.Record]

    def __init__(self, dsn: str, *, pool_size: int, secret: str) -> None:
        """Take where the database is and what signs tokens."""
        self._dsn = dsn
        self._pool_size = pool_size
        self._key = secret.encode()

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Serve one request; or, at the start, connect."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        status, body = await self._answer(scope, receive)
        headers = [JSON, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Event, receive: Receive) -> Answer:
        request = Request(self.pool, self._key, dict(parse_qsl(scope["query_string"].decode())))
        method, parts = scope["method"], scope["path"].split("/")[2:]
        try:
            if method == "POST":
                request.body = await _body(receive)
            if parts == ["auth", "login"]:
                return await writes.login(request, scope["client"][0])
            if not self._sign_in(request, scope["headers"]):
                return UNAUTHORIZED
            return await _routed(request, method, parts)
        except asyncpg.DataError:  # an id that is no UUID
            return NOT_FOUND
        except (msgspec.MsgspecError, ValueError):
            return UNREADABLE

    def _sign_in(self, request: Request, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Read the token into the request; false when there is none that is good."""
        token = next((value[7:] for name, value in headers if name == b"authorization"), b"")
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"])  # pyright: ignore[reportUnknownMemberType]
        except jwt.PyJWTError:
            return False
        request.user_id, request.role = claims["id"], claims["role"]
        return True

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def open(self) -> None:
        """Connect."""
        self.pool = await asyncpg.create_pool(
            self._dsn,
            min_size=self._pool_size,
            max_size=self._pool_size,
            init=_prepare,
            reset=_leave_as_is,
            server_settings=SETTINGS,
            max_cached_statement_lifetime=0,
        )


async def _routed(request: Request, method: str, parts: list[str]) -> Answer:  # noqa: PLR0911 - one a route
    match method, parts:
        case "GET", ["campaigns"]:
            return await reads.campaigns(request)
        case "GET", ["campaigns", campaign_id]:
            return await reads.campaign(request, campaign_id)
        case "GET", ["messages", "unread-count"]:
            return await reads.unread_count(request)
        case "GET", ["messages", "conversations"]:
            return await reads.conversations(request)
        case "GET", ["messages", "conversations", conversation_id, "messages"]:
            return await reads.messages(request, conversation_id)
        case "POST", ["campaigns"]:
            return await writes.post_campaign(request)
        case "POST", ["requests"]:
            return await writes.apply(request)
        case "POST", ["messages"]:
            return await writes.send_message(request)
        case "POST", ["messages", "conversations", conversation_id, "button-click"]:
            return await writes.click_button(request, conversation_id)
        case _:
            return NOT_FOUND


async def _body(receive: Receive) -> bytes:
    event = await receive()
    body: bytes = event["body"]
    while event.get("more_body"):
        event = await receive()
        body += event["body"]
    return body


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Read JSON columns."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=str, decoder=msgspec.json.decode, format="text"
        )


async def _leave_as_is(_: object) -> None:
    """Spare the pool's reset, a round trip a request."""
