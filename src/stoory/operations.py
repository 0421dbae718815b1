"""What whoever runs a Stoory looks at: health, readiness, the API's own description, a first page."""

from __future__ import annotations

import asyncio
import hmac
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from litestar import MediaType, Request, Response
from litestar.params import JSONBody
from msgspec import Meta, Struct

from stoory import live
from stoory.errors import Busy, NotFound
from stoory.home import DEMO_PASSWORD, DEMO_PHONES
from stoory.metrics import CONTENT_TYPE, Watch
from stoory.platform.http import openapi
from stoory.platform.http.answers import Answer
from stoory.platform.http.body import Body
from stoory.platform.http.routes import ANYONE, OPERATORS, Db, Me, get, post
from stoory.platform.sockets import asyncapi
from stoory.settings import Settings
from stoory.shared import Sharing

LOOPBACK: Final = ("127.0.0.1", "::1")


class Health(Answer):
    """The process runs."""

    status: str = "ok"


class Checks(Struct):
    """What readiness depends on."""

    database: str
    bus: Literal["ok", "away"]
    """Redis, where there is one. Without it every process goes on, only what others do is seen some seconds later."""


class Readiness(Answer):
    """The process can serve."""

    checks: Checks


@get("/health", who=ANYONE, limit=None)
async def health() -> Health:
    """Say that the process runs."""
    return Health()


@get("/ready", who=ANYONE, limit=None)
async def ready(db: Db, sharing: Sharing) -> Readiness:
    """Say whether requests can be served: the database answers and is migrated."""
    async with db.as_system("readiness", readonly=True) as tx:
        migrated = await tx.value(bool, "select to_regclass('public.deals') is not null")
    if not migrated:
        raise Busy("The database is not migrated yet.")
    bus = "ok" if await sharing.reaches_others() else "away"
    return Readiness(checks=Checks(database="ok", bus=bus))


@get("/metrics", who=ANYONE, limit=None, fails=(404,), media_type=MediaType.TEXT)
async def metrics(
    db: Db,
    request: Request[Any, Any, Any],
    settings: Settings,
    watch: Watch,
) -> Response[bytes]:
    """Return what is measured, as Prometheus reads it: with the token of STOORY_METRICS_TOKEN, else from here only."""
    if not _may_measure(request, settings.metrics_token):
        raise NotFound
    return Response(await watch.exposition(db), media_type=CONTENT_TYPE)


def _may_measure(request: Request[Any, Any, Any], token: str | None) -> bool:
    """Tell whether somebody may read the metrics. What a proxy passes on comes from elsewhere, whatever its peer."""
    if token is not None:
        return hmac.compare_digest(
            request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()
        )
    peer = request.client and request.client.host
    return peer in LOOPBACK and "x-forwarded-for" not in request.headers


@get("/schema/openapi.json", who=ANYONE, limit=None, include_in_schema=False)
async def openapi_document(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return the API's description, OpenAPI 3.1."""
    return await asyncio.to_thread(openapi.document, request.app)  # the first one takes a second


@get("/schema", who=ANYONE, limit=None, include_in_schema=False, media_type=MediaType.HTML)
async def documentation(request: Request[Any, Any, Any]) -> str:
    """Return the API's description as a page."""
    return openapi.page(await asyncio.to_thread(openapi.document, request.app))


@get("/schema/asyncapi.json", who=ANYONE, limit=None, include_in_schema=False)
async def asyncapi_document() -> dict[str, Any]:
    """Return what is sent and told over sockets, AsyncAPI 3.0."""
    return live.document()


@get("/schema/live", who=ANYONE, limit=None, include_in_schema=False, media_type=MediaType.HTML)
async def live_documentation() -> str:
    """Return what is sent and told over sockets, as a page."""
    return asyncapi.page(live.document())


@get("/", who=ANYONE, limit=None, include_in_schema=False, media_type=MediaType.HTML)
async def front_page(settings: Settings) -> Response[str]:
    """Return a first page with links and, in a development home, the demo logins."""
    return Response(FRONT_PAGE.replace("{logins}", DEMO_LOGINS if settings.env == "development" else ""))


class ClockAdvance(Body):
    """How far the transactions' clock is to be moved on."""

    EXAMPLE: ClassVar = {"advance_seconds": 3600}

    advance_seconds: Annotated[int, Meta(ge=1, le=366 * 86400)]


class ClockAnswer(Answer, kw_only=True):
    """What the transactions' clock shows."""

    now: datetime


@post("/__dev/clock", who=OPERATORS)
async def advance_clock(db: Db, actor: Me, data: JSONBody[ClockAdvance]) -> ClockAnswer:
    """Move the transactions' clock on, to see what happens later. Development homes only."""
    async with db.as_user(actor, readonly=True):
        db.clock.advance(data.advance_seconds)
    return ClockAnswer(now=db.clock.now())


FRONT_PAGE: Final = """<!doctype html><html lang=en><meta charset=utf-8><title>Stoory</title>
<style>body{font:17px/1.6 system-ui;margin:4rem auto;max-width:44rem;padding:0 1rem}td{padding-right:2rem}</style>
<h1>Stoory</h1><p>The backend of an influencer-marketing marketplace is running.</p>
<ul><li><a href=/schema>The API, route by route</a></li><li><a href=/schema/openapi.json>Its OpenAPI document</a></li>
<li><a href=/schema/live>What is live, over Socket.IO</a></li>
<li><a href=/ready>Readiness</a></li></ul>{logins}</html>"""

DEMO_LOGINS: Final = (
    f"<h2>Demo logins</h2><p>Password of all: <code>{DEMO_PASSWORD}</code></p><table>"
    + "".join(f"<tr><td>{name}<td>{phone}" for name, phone in DEMO_PHONES.items())
    + "</table>"
)

DEVELOPMENT_ROUTES: Final = [advance_clock]

ROUTES: Final = [
    health,
    ready,
    metrics,
    openapi_document,
    documentation,
    asyncapi_document,
    live_documentation,
    front_page,
]
