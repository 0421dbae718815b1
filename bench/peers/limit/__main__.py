"""The peer `limit`: how fast Python can be here when nothing is done but the work itself.

A bare ASGI application without a framework on uvicorn, asyncpg with the statements that `tuned` uses, msgspec for
bodies. There are no walls, limits, sessions to look up or lines of log; see README.md.

    PORT=9001 DATABASE_URL=... DB_POOL=10 SECRET=... .venv/bin/python -m bench.peers.limit
"""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import asyncpg
import jwt
import msgspec
import uvicorn

from bench.peers.limit import reads, writes
from bench.peers.limit.answers import NOT_FOUND, UNAUTHORIZED, UNREADABLE, Answer, Request

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON: Final = (b"content-type", b"application/json")


class Limit:
    """The application; `pool` is there once the server has started."""

    pool: asyncpg.Pool[asyncpg.Record]

    def __init__(self, dsn: str, *, pool_size: int, secret: str) -> None:
        """Take where the database is and what signs tokens."""
        self._dsn = dsn
        self._pool_size = pool_size
        self._key = secret.encode()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request; or, at the start, connect."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        status, body = await self._answer(scope, receive)
        headers = [JSON, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> Answer:
        request = Request(self.pool, self._key, dict(parse_qsl(scope["query_string"].decode())))
        method, parts = scope["method"], scope["path"].split("/")[2:]
        try:
            if method == "POST":
                request.body = await _body(receive)
            if parts == ["auth", "login"]:
                return await writes.login(request, scope["client"][0])
            for name, value in scope["headers"]:
                if name == b"authorization":
                    claims = jwt.decode(value[7:], self._key, algorithms=["HS256"])  # pyright: ignore[reportUnknownMemberType]
                    request.user_id, request.role = claims["id"], claims["role"]
                    return await _routed(request, method, parts)
        except (msgspec.MsgspecError, ValueError):
            return UNREADABLE
        except (jwt.PyJWTError, KeyError):
            return UNAUTHORIZED
        except asyncpg.DataError:  # an id that is no UUID
            return NOT_FOUND
        return UNAUTHORIZED

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.pool = await asyncpg.create_pool(
            self._dsn,
            min_size=self._pool_size,
            max_size=self._pool_size,
            reset=_leave_as_is,
            server_settings={"timezone": "UTC", "jit": "off"},
            max_cached_statement_lifetime=0,
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})


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


async def _leave_as_is(_: object) -> None:
    """Spare the pool's reset, a round trip a request."""


class Server(uvicorn.Server):
    """A server that says when it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        print("ready", flush=True)


def main() -> None:
    """Serve until SIGTERM."""
    app = Limit(os.environ["DATABASE_URL"], pool_size=int(os.environ["DB_POOL"]), secret=os.environ["SECRET"])
    config = uvicorn.Config(
        app,
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    Server(config).run()


if __name__ == "__main__":
    main()
