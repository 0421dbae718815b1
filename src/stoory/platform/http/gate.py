"""What stands before every handler: who is asking, how often, and whether their role or their key may ask at all.

It runs after routing, so that it knows the route's policy, and before the body is read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from litestar.types import ASGIApp, Receive, Scope, Send

from stoory.actor import Actor, Role
from stoory.errors import Forbidden, NotFound, NotSignedIn, StooryError, TooMany, Unreadable
from stoory.platform.http.addresses import Addresses, one_client
from stoory.platform.http.errors import STATUS, allowed
from stoory.platform.http.routes import ANYONE, Who
from stoory.platform.limits import Limits
from stoory.platform.scopes import require_session, require_write
from stoory.platform.tokens import Tokens

KEY_HEADER: Final = b"x-api-key"
READING: Final = frozenset({"GET", "HEAD"})

OwnerOf = Callable[[str], Awaitable[Actor]]
"""Says whom an API key speaks for; NotSignedIn when it is none, or over."""

RateOf = Callable[[Actor], Awaitable[int | None]]
"""Says how many requests of the class `api` somebody may make in its window; None: as many as everybody."""


class Gate:
    """Reads the token or key, counts the request and checks role and key against the route's policy."""

    def __init__(
        self,
        tokens: Tokens,
        limits: Limits,
        *,
        owner_of: OwnerOf,
        rate_of: RateOf,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        """Take what it needs; `middleware` is what the application mounts."""
        self._tokens = tokens
        self._limits = limits
        self._owner_of = owner_of
        self._rate_of = rate_of
        self._addresses = Addresses(trusted_proxies)

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Return the application behind this gate."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":  # pyright: ignore[reportUnnecessaryComparison] - the framework's union lacks lifespan
                if scope["method"] == "OPTIONS":
                    await _tell_methods(scope, send)
                    return
                await self._admit(scope)
                send = self._counting_no_refusal(scope, send)
            await app(scope, receive, send)

        return guarded

    async def _admit(self, scope: Any) -> None:
        opt: dict[str, Any] = scope["route_handler"].opt
        if "who" not in opt:
            raise NotFound  # nobody declared it: the framework's own pages, and whatever else comes in by itself
        who: Who = opt["who"]
        scope["client_address"] = self._addresses.client(scope)
        if who is ANYONE:
            await self._count(scope, None, opt["limit"])
            return
        try:
            actor = await self._actor(dict(scope["headers"]))
        except StooryError:
            await self._count(scope, None, opt["limit"])
            raise
        await self._count(scope, actor, opt["limit"])
        if opt["needs_session"]:
            require_session(actor)
        if scope["method"] not in READING:
            require_write(actor)
        if actor.role not in who:
            raise Forbidden
        scope["actor"] = actor

    async def _actor(self, headers: dict[bytes, bytes]) -> Actor:
        """Return who asks; NotSignedIn, Unreadable, Busy."""
        key, authorization = headers.get(KEY_HEADER), headers.get(b"authorization")
        if key is not None and authorization is not None:
            raise Unreadable("Send either an access token or an API key, not both.")
        if key is not None:
            return await self._owner_of(key.decode("latin-1").strip())
        scheme, _, token = (authorization or b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn
        return self._tokens.read(token.strip())

    async def _count(self, scope: Any, actor: Actor | None, limit: str | None) -> None:
        """Count by person or key where we know them, else by address; operators are unlimited, their keys by default.

        Auth is always counted by address, operators included: an account is no way round it.
        """
        if limit is None or (limit != "auth" and actor is not None and _is_unlimited(actor)):
            return
        key, quota = one_client(scope["client_address"]), None
        if actor is not None and limit != "auth":
            key = str(actor.id) if actor.key is None else f"key:{actor.session_id}"
            quota = await self._rate_of(actor) if limit == "api" else None
        scope["window"] = window = await self._limits.hit(limit, key, quota)
        if window is not None and window.is_full:
            raise TooMany(retry_after_seconds=window.reset_seconds)

    def _counting_no_refusal(self, scope: Any, send: Send) -> Send:
        """Take back from the address what a handler refuses for the account's sake: no 429 counts."""
        window = scope.get("window")
        if window is None or scope["route_handler"].opt["limit"] != "auth":
            return send

        async def counting(event: Any) -> None:
            if event["type"] == "http.response.start" and event["status"] == STATUS[TooMany]:
                scope["window"] = await self._limits.take_back(window, one_client(scope["client_address"]))
            await send(event)

        return counting


def _is_unlimited(actor: Actor) -> bool:
    """Return whether nobody counts: an operator, unless the key that asks has a number of its own."""
    return actor.role is Role.ADMIN and (actor.key is None or actor.key.requests_per_minute is None)


async def _tell_methods(scope: Any, send: Any) -> None:
    """Answer OPTIONS, which changes nothing and is for everybody: the methods of the route."""
    routes = scope["litestar_app"].routes
    methods = next(route.methods for route in routes if route.path_format == scope["path_template"])
    headers = [(b"allow", allowed(methods).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
