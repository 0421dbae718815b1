"""How a route is declared: its address, who may use it, how it can fail. A route without `who` cannot be written.

The declaration is the policy: the gate enforces it, the OpenAPI document shows it, the authorization matrix of the
tests is generated from it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from inspect import Parameter, cleandoc, signature
from typing import Any, Final
from uuid import UUID

from litestar import HttpMethod, Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Struct

from stoory.actor import Actor, Role
from stoory.errors import Deadlocked
from stoory.platform.database import Database
from stoory.platform.http.answers import Sent
from stoory.platform.http.errors import CLASS, ErrorBody
from stoory.platform.http.idempotency import Leaves, keyed, keyed_or_plain
from stoory.platform.razorpay import Razorpay

Who = frozenset[Role]

ANYONE: Final[Who] = frozenset()
SIGNED_IN: Final[Who] = frozenset({Role.INFLUENCER, Role.BRAND_OWNER, Role.ADMIN})
BRANDS: Final[Who] = frozenset({Role.BRAND_OWNER, Role.ADMIN})
INFLUENCERS: Final[Who] = frozenset({Role.INFLUENCER})
MARKET: Final[Who] = frozenset({Role.INFLUENCER, Role.BRAND_OWNER})
OPERATORS: Final[Who] = frozenset({Role.ADMIN})

Db = Database
"""A handler's `db`: the doors to a transaction."""

Me = Actor
"""A handler's `actor`: who is asking."""

Gateway = Razorpay
"""A handler's `gateway`: Razorpay. Never asked while a transaction is open."""

Id = FromPath[UUID]
"""A handler's id from its address: what is no UUID is 404."""

GIVEN: Final = frozenset(
    {
        "gateway",
        "limits",
        "open_postings",
        "passwords",
        "profiles",
        "seller",
        "settings",
        "sharing",
        "storage",
        "till",
        "tokens",
        "watch",
    }
)
"""What a handler is given of the application's parts, if it has a parameter of that name."""

MOST_RETRIES: Final = 2
UNKEYED: Final = ("/api/auth", "/api/api-keys", "/__dev")
"""Signing in twice is no harm, and its answer is not to be kept; nor is that with a key, which is shown once."""

Handler = Callable[..., Awaitable[Any]]
Decorator = Callable[[Handler], HTTPRouteHandler]
Asked = Request[Any, Any, Any]


class Route(HTTPRouteHandler):
    """A handler as the framework keeps it; its Struct is written once and sent as it is."""

    async def to_response(self, app: Litestar, data: Any, request: Request[Any, Any, Any]) -> ASGIApp:
        """Return what sends the handler's answer."""
        if isinstance(data, Struct):
            return Sent.of(data, self.status_code)
        return await super().to_response(app, data, request)  # pyright: ignore[reportUnknownMemberType]


def _route(
    method: HttpMethod,
    path: str,
    *,
    who: Who,
    fails: tuple[int, ...] = (),
    status: int = 200,
    limit: str | None = "api",
    leaves: Leaves | None = None,
    needs_session: bool = False,
    **more: Any,
) -> Decorator:
    """Declare a handler. `fails` are the statuses it can answer beyond those every route can.

    A POST handler `leaves` the house if it asks Razorpay between two transactions: doing it again must then be safe.
    A route that `needs_session` takes no API key: with a stolen one nobody makes another, or takes the account over.
    """
    is_keyed = method is HttpMethod.POST and who is not ANYONE and not path.startswith(UNKEYED)
    asks_of_keys = needs_session or method is not HttpMethod.GET
    always = _always(who, is_keyed=is_keyed, asks_of_keys=asks_of_keys)

    def declare(function: Handler) -> HTTPRouteHandler:
        summary, _, description = cleandoc(function.__doc__ or "").partition("\n")
        return Route(
            path,
            http_method=method,
            operation_id=function.__name__,
            status_code=status,
            summary=summary.rstrip("."),
            description=description.strip() or None,
            opt={"who": who, "limit": limit, "keyed": is_keyed, "needs_session": needs_session},
            security=_credentials(who, needs_session=needs_session),
            tags=[path.split("/")[2] if path.startswith("/api/") else "operations"],
            responses={code: _error(code) for code in sorted({*always, *fails})},
            **more,
        )(_provided(retried(keyed(function, status, leaves) if is_keyed else function), is_keyed=is_keyed))

    return declare


def _credentials(who: Who, *, needs_session: bool) -> list[dict[str, list[str]]]:
    """Return what one may show to a route, as OpenAPI says it."""
    if not who:
        return []
    return [{"bearer": []}] if needs_session else [{"bearer": []}, {"api_key": []}]


def _always(who: Who, *, is_keyed: bool, asks_of_keys: bool) -> tuple[int, ...]:
    """Return the statuses a route can fail with whatever its handler does."""
    return (
        (422, 429, 503)
        + ((409,) if is_keyed else ())
        + ((400, 401) if who else ())
        + ((403,) if who and (asks_of_keys or who is not SIGNED_IN) else ())
    )


def retried(function: Handler) -> Handler:
    """Do a request again that a deadlock undid: it has changed nothing, and nobody need see it."""

    @wraps(function)
    async def handler(*args: Any, **kwargs: Any) -> Any:
        for _ in range(MOST_RETRIES):
            try:
                return await function(*args, **kwargs)
            except Deadlocked:
                continue
        return await function(*args, **kwargs)

    return handler


def _provided(function: Handler, *, is_keyed: bool) -> Handler:
    """Give a handler `db`, `actor` and what the application is made of, by the names of its parameters.

    The framework's own injection would start a task for each of them, request by request; to it they do not exist.
    """
    asked = signature(function)
    names = asked.parameters.keys()
    given = tuple(GIVEN & names)
    has_request, has_actor, has_db = "request" in names, "actor" in names, "db" in names

    @wraps(function)
    async def handler(request: Asked, **kwargs: Any) -> Any:
        scope: Any = request.scope
        application = request.app.state["application"]
        if has_request:
            kwargs["request"] = request
        if has_actor:
            kwargs["actor"] = scope["actor"]
        for name in given:
            kwargs[name] = getattr(application, name)
        if has_db:
            kwargs["db"] = await keyed_or_plain(request, application) if is_keyed else application.db
        return await function(**kwargs)

    ours = {*GIVEN, "actor", "db", "request"}
    theirs = [parameter for name, parameter in asked.parameters.items() if name not in ours]
    request = Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=Asked)
    by_name: Any = handler
    by_name.__signature__ = asked.replace(parameters=[request, *theirs])
    by_name.__annotations__ = {**function.__annotations__, "request": Asked}
    return handler


def _error(status: int) -> ResponseSpec:
    meaning = (CLASS[status].__doc__ or "").strip()
    return ResponseSpec(ErrorBody, description=meaning, generate_examples=False)


get = partial(_route, HttpMethod.GET)
post = partial(_route, HttpMethod.POST)
put = partial(_route, HttpMethod.PUT)
delete = partial(_route, HttpMethod.DELETE)
