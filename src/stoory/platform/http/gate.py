"""What stands before every handler: who is asking, how often, and whether their role may ask at all.

It runs after routing, so that it knows the route's policy, and before the body is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from stoory.actor import Actor, Role
from stoory.errors import Forbidden, NotSignedIn, TooMany
from stoory.platform.http.routes import ANYONE, Who
from stoory.platform.limits import Limits
from stoory.platform.tokens import Tokens


class Gate:
    """Reads the token, counts the request and checks the role against the route's policy."""

    def __init__(self, tokens: Tokens, limits: Limits, trusted_proxies: Sequence[str] = ()) -> None:
        """Take what it needs; `middleware` is what the application mounts."""
        self._tokens = tokens
        self._limits = limits
        self._proxies: list[IPv4Network | IPv6Network] = [ip_network(proxy) for proxy in trusted_proxies]

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Return the application behind this gate."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":  # pyright: ignore[reportUnnecessaryComparison] - the framework's union lacks lifespan
                await self._admit(scope)
            await app(scope, receive, send)

        return guarded

    async def _admit(self, scope: Any) -> None:
        opt: dict[str, Any] = scope["route_handler"].opt
        who: Who = opt.get("who", ANYONE)
        headers = dict(scope["headers"])
        scope["client_address"] = self._client_address(scope, headers)
        actor = self._actor(headers) if who is not ANYONE else None
        await self._count(scope, actor, opt.get("limit"))
        if who is ANYONE:
            return
        if actor is None:
            raise NotSignedIn
        if actor.role not in who:
            raise Forbidden
        scope["actor"] = actor

    def _actor(self, headers: dict[bytes, bytes]) -> Actor | None:
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return self._tokens.read(token.strip())
        except NotSignedIn:
            return None

    async def _count(self, scope: Any, actor: Actor | None, limit: str | None) -> None:
        """Count by person where we know them, else by address; auth always by address, so that an account is no way
        round it. Operators are unlimited but for auth.
        """
        if limit is None or (limit != "auth" and actor is not None and actor.role is Role.ADMIN):
            return
        by_person = actor is not None and limit != "auth"
        key = str(actor.id) if actor is not None and by_person else scope["client_address"]
        scope["window"] = window = await self._limits.hit(limit, key)
        if window is not None and window.is_full:
            raise TooMany(retry_after_seconds=window.reset_seconds)

    def _client_address(self, scope: Any, headers: dict[bytes, bytes]) -> str:
        """Return the peer, or the last address in X-Forwarded-For that is not one of our own proxies."""
        client = scope.get("client")
        address: str = client[0] if client else "unknown"
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",") if self._proxies else []
        while forwarded and self._is_proxy(address):
            address = forwarded.pop().strip()
        return address

    def _is_proxy(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self._proxies)
        except ValueError:
            return False


def signed_in(scope: Scope) -> Actor:
    """Return who is asking; the gate has let them in. A dependency of handlers, by the name `actor`."""
    actor: Actor = scope["actor"]  # pyright: ignore[reportGeneralTypeIssues, reportTypedDictNotRequiredAccess]
    return actor
