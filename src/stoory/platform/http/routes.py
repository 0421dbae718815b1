"""How a route is declared: its address, who may use it, how it can fail. A route without `who` cannot be written.

The declaration is the policy: the gate enforces it, the OpenAPI document shows it, the authorization matrix of the
tests is generated from it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from inspect import cleandoc
from typing import Any, Final
from uuid import UUID

from litestar import delete as _delete
from litestar import get as _get
from litestar import post as _post
from litestar import put as _put
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from stoory.actor import Actor, Role
from stoory.errors import Deadlocked
from stoory.platform.database import Database
from stoory.platform.http.errors import CLASS, ErrorBody
from stoory.platform.http.idempotency import Leaves, keyed, keyed_or_plain
from stoory.platform.razorpay import Razorpay

Who = frozenset[Role]

ANYONE: Final[Who] = frozenset()
SIGNED_IN: Final[Who] = frozenset({Role.INFLUENCER, Role.BRAND_OWNER, Role.ADMIN})
BRANDS: Final[Who] = frozenset({Role.BRAND_OWNER, Role.ADMIN})
INFLUENCERS: Final[Who] = frozenset({Role.INFLUENCER})
OPERATORS: Final[Who] = frozenset({Role.ADMIN})

Db = NamedDependency[Database]
"""A handler's `db`: the doors to a transaction."""

Me = NamedDependency[Actor]
"""A handler's `actor`: who is asking."""

Gateway = NamedDependency[Razorpay]
"""A handler's `gateway`: Razorpay. Never asked while a transaction is open."""

Id = FromPath[UUID]
"""A handler's id from its address: what is no UUID is 404."""

MOST_RETRIES: Final = 2
UNKEYED: Final = ("/api/auth", "/__dev")
"""Signing in twice is no harm, and its answer is not to be kept."""

Handler = Callable[..., Awaitable[Any]]
Decorator = Callable[[Handler], HTTPRouteHandler]


def _route(
    kind: Callable[..., Any],
    path: str,
    *,
    who: Who,
    fails: tuple[int, ...] = (),
    status: int = 200,
    limit: str | None = "api",
    leaves: Leaves | None = None,
    **more: Any,
) -> Decorator:
    """Declare a handler. `fails` are the statuses it can answer beyond those every route can.

    A POST handler `leaves` the house if it asks Razorpay between two transactions: doing it again must then be safe.
    """
    is_keyed = kind is _post and who is not ANYONE and not path.startswith(UNKEYED)
    if is_keyed:
        more["dependencies"] = {"db": Provide(keyed_or_plain), **more.get("dependencies", {})}

    def declare(function: Handler) -> HTTPRouteHandler:
        summary, _, description = cleandoc(function.__doc__ or "").partition("\n")
        return kind(
            path,
            operation_id=function.__name__,
            status_code=status,
            summary=summary.rstrip("."),
            description=description.strip() or None,
            opt={"who": who, "limit": limit, "keyed": is_keyed},
            security=[{"bearer": []}] if who else [],
            tags=[path.split("/")[2] if path.startswith("/api/") else "operations"],
            responses={code: _error(code) for code in sorted({*_always(who, is_keyed=is_keyed), *fails})},
            **more,
        )(_retried(keyed(function, status, leaves) if is_keyed else function))

    return declare


def _always(who: Who, *, is_keyed: bool) -> tuple[int, ...]:
    """Return the statuses a route can fail with whatever its handler does."""
    return (
        (422, 429, 503)
        + ((409,) if is_keyed else ())
        + ((401,) if who else ())
        + ((403,) if who not in (ANYONE, SIGNED_IN) else ())
    )


def _retried(function: Handler) -> Handler:
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


def _error(status: int) -> ResponseSpec:
    meaning = (CLASS[status].__doc__ or "").strip()
    return ResponseSpec(ErrorBody, description=meaning, generate_examples=False)


get = partial(_route, _get)
post = partial(_route, _post)
put = partial(_route, _put)
delete = partial(_route, _delete)
