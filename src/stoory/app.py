"""The composition root: settings -> database -> routes. The only file that knows everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Server, Tag
from msgspec import structs

from stoory import __version__, operations
from stoory.accounts import api as accounts_api
from stoory.accounts.actions import ProfileChanged
from stoory.accounts.api.keyring import Keyring
from stoory.accounts.api.profiles import Profiles
from stoory.chat import api as chat_api
from stoory.chat import jobs as chat_jobs
from stoory.deals import api as deals_api
from stoory.deals import jobs as deals_jobs
from stoory.deals.actions.fund import DEAL
from stoory.deals.errands import store_contract
from stoory.debug import api as debug_api
from stoory.ledger import api as ledger_api
from stoory.live import Live, serves
from stoory.metrics import EXAMINE_EVERY_SECONDS, Watch
from stoory.notifications import jobs as notifications_jobs
from stoory.payments import api as payments_api
from stoory.payments.actions.purposes import Till
from stoory.payments.jobs import books, reconcile, refunds, webhooks
from stoory.payouts import api as payouts_api
from stoory.payouts import jobs as payouts_jobs
from stoory.plans import api as plans_api
from stoory.platform import log
from stoory.platform.bus import Hint
from stoory.platform.clock import Clock
from stoory.platform.database import Database
from stoory.platform.http.answers import JsonResponse
from stoory.platform.http.body import StrictRequest
from stoory.platform.http.errors import render
from stoory.platform.http.frame import Frame
from stoory.platform.http.gate import Gate
from stoory.platform.http.idempotency import FORGET_EVERY_SECONDS, forget_old_keys
from stoory.platform.http.openapi import MoneySchema
from stoory.platform.jobs import Errand, Round, Worker
from stoory.platform.passwords import Passwords
from stoory.platform.razorpay import Razorpay
from stoory.platform.remembered import Remembered
from stoory.platform.sockets import Connection
from stoory.platform.storage import Storage
from stoory.platform.tokens import Tokens
from stoory.postings import api as postings_api
from stoory.postings.hints import PostingChanged
from stoory.postings.queries.pages import OpenPostings
from stoory.rates import WITHOUT_A_PLAN, Rates
from stoory.requests import api as requests_api
from stoory.settings import Settings
from stoory.shared import sharing
from stoory.subscriptions import api as subscriptions_api
from stoory.subscriptions import jobs as subscriptions_jobs
from stoory.subscriptions.actions.fund import purpose

PROFILES_REMEMBERED: Final = 4_096
PAGES_REMEMBERED: Final = 128
"""Those that many read: a page may have a hundred rows, and their texts be long."""
LARGEST_BODY_BYTES: Final = 256 * 1024
EXPOSED: Final = ["Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]
"""What scripts of other origins may read of an answer's headers."""

TAGS: Final = {
    "auth": "Registering, signing in and out, sessions, the own profile.",
    "api-keys": "Keys with which programs ask for somebody, in the header X-API-Key instead of Authorization.",
    "users": "What anybody signed in may know of somebody else.",
    "campaigns": "Postings with one budget for all the deals they lead to.",
    "bids": "Postings that name the range of one deal.",
    "requests": "Applications and invitations. Each is a deal; what changes one is a move of that deal.",
    "payments": "Orders, Razorpay's checkout and what becomes of the money.",
    "subscriptions": "Plans, and being on one: paid by orders, renewed, changed, ended; invoices.",
    "account": "What is one's own: how much of one's plan is used.",
    "wallet": "What is an influencer's: held, available, on its way, paid out.",
    "messages": "Conversations, free text, and the buttons and forms with which a deal is negotiated.",
    "admin": "What operators do.",
    "debug": "What stands behind a conversation when something went wrong; operators only, and on the record.",
    "operations": "For whoever runs this installation.",
}
"""The chapters of the API's description, in the order in which a reader wants them."""

ROUTES: Final = [
    *accounts_api.ROUTES,
    *chat_api.ROUTES,
    *deals_api.ROUTES,
    *ledger_api.ROUTES,
    *operations.ROUTES,
    *payments_api.ROUTES,
    *payouts_api.ROUTES,
    *plans_api.ROUTES,
    *postings_api.ROUTES,
    *requests_api.ROUTES,
    *subscriptions_api.ROUTES,
]
JOBS: Final = {**deals_jobs.JOBS, **notifications_jobs.JOBS}


class Application:
    """The ASGI application and what it is made of; the pool opens when the server starts it."""

    def __init__(self, settings: Settings, *, database_dsn: str, with_worker: bool = True) -> None:
        """Build everything; nothing is connected yet. With a worker, jobs and clocks run in the server's own loop."""
        self.settings = settings
        self.sharing = sharing(settings.redis_url, _rates(settings))
        self.limits = self.sharing.limits
        self.db = Database(database_dsn, pool_size=settings.db_pool, clock=Clock(), bus=self.sharing.bus)
        self.tokens = Tokens(settings.signing_secret(), ttl_seconds=settings.access_token_ttl_seconds)
        self.passwords = Passwords()
        self.gateway = Razorpay(**structs.asdict(settings.gateway()))
        self.till = self._till()
        self.seller = settings.seller
        self.storage = Storage(settings.storage_url, settings.home)
        self.watch = Watch()
        # What another process changes would be forgotten here a little too late for who made the change.
        seconds = settings.remember_seconds if self.sharing.is_alone else 0
        self.profiles: Profiles = Remembered(PROFILES_REMEMBERED, seconds=seconds)
        self.open_postings: OpenPostings = Remembered(PAGES_REMEMBERED, seconds=seconds)
        self.rates = Rates(self.db, settings.limit_api)
        self.keyring = Keyring(self.db)
        self.db.bus.listen(self._forget)
        self.worker = Worker(
            self.db,
            settings.database_direct_url or database_dsn,
            jobs=JOBS,
            errands=self._errands(),
            rounds=self._rounds(),
        )
        self._with_worker = with_worker
        self.litestar = self._litestar()
        self.live = self._live()
        self._frame = Frame(self._inside, is_https=(settings.public_url or "").startswith("https://"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        await self._frame(scope, receive, send)

    async def _inside(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, framed."""
        await (self.live if serves(scope) else self.litestar)(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start, and stop at the end; a server does the same through the lifespan protocol."""
        await self.db.connect()
        working = asyncio.create_task(self.worker.run()) if self._with_worker else None
        try:
            async with self.sharing.running(), self.live.running():
                yield
        finally:
            if working is not None:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            await self.keyring.settle()
            await self.db.close()

    def _live(self) -> Live:
        """Return what is live, and count who is connected."""
        live = Live(
            self.db,
            tokens=self.tokens,
            keyring=self.keyring,
            gateway=self.gateway,
            sharing=self.sharing,
            origins=frozenset({*self.settings.cors_origins, self.settings.url}),
        )
        for moves in (live.sockets.arrivals, live.sockets.departures):
            moves.append(self._count_sockets)
        return live

    async def _count_sockets(self, _: Connection) -> None:
        self.watch.sockets.set(len(self.live.connections))

    def _forget(self, hint: Hint) -> None:
        """Keep nothing that has changed."""
        self.rates.hear(hint)
        self.keyring.hear(hint)
        if isinstance(hint, ProfileChanged):
            for user_id in hint.user_ids:
                self.profiles.forget(user_id)
        elif isinstance(hint, PostingChanged):
            self.open_postings.forget_all()

    def _till(self) -> Till:
        """Return Razorpay, and who hears what it says."""
        return Till(
            gateway=self.gateway,
            purposes={"deal": DEAL, "subscription": purpose(self.settings.seller)},
            listeners={"payout": payouts_jobs.hear_payout},
        )

    def _errands(self) -> dict[str, Errand]:
        """Return the jobs that leave the house, with what they need outside of it."""
        return {
            "store_contract": partial(store_contract, self.storage),
            "send_refund": partial(refunds.send_refund, self.till),
            "send_payout": partial(payouts_jobs.send_payout, self.gateway),
        }

    def _rounds(self) -> list[Round]:
        """Return what is done over and over."""
        till = self.till
        return [
            *chat_jobs.ROUNDS,
            *deals_jobs.ROUNDS,
            *subscriptions_jobs.Clocks(self.settings.seller).rounds,
            Round("webhooks", webhooks.WEBHOOKS_EVERY_SECONDS, partial(webhooks.apply_webhooks, till)),
            Round("reconciler", reconcile.ROUND_SECONDS, partial(reconcile.reconcile_round, till)),
            Round("payouts", payouts_jobs.ROUND_SECONDS, partial(payouts_jobs.reconcile_round, self.gateway)),
            Round("books", books.COMPARE_EVERY_SECONDS, partial(books.compare_round, till), waits_first=True),
            Round("idempotency keys", FORGET_EVERY_SECONDS, forget_old_keys),
            Round("doctor", EXAMINE_EVERY_SECONDS, self.watch.examine, waits_first=True),
        ]

    def _routes(self) -> list[Any]:
        """Return the routes of this installation: those for finding faults only where they are wanted."""
        in_development = self.settings.env == "development"
        return [
            *ROUTES,
            *(debug_api.ROUTES if self.settings.serves_debug_routes else ()),
            *(operations.DEVELOPMENT_ROUTES if in_development else ()),
        ]

    def _gate(self) -> Gate:
        """Return what stands before every route."""
        return Gate(
            self.tokens,
            self.limits,
            owner_of=self.keyring.owner_of,
            rate_of=self.rates.of,
            trusted_proxies=self.settings.trusted_proxies,
        )

    def _litestar(self) -> Litestar:
        """Put the routes on the platform."""
        origins = list(self.settings.cors_origins)
        return Litestar(
            route_handlers=self._routes(),
            lifespan=[lambda _: self.running()],
            state=State({"application": self}, deep_copy=False),
            middleware=[self._gate().middleware],
            request_class=StrictRequest,
            response_class=JsonResponse,
            exception_handlers={HTTPException: render, Exception: render},
            request_max_body_size=LARGEST_BODY_BYTES,
            cors_config=CORSConfig(allow_origins=origins, expose_headers=EXPOSED) if origins else None,
            openapi_config=_openapi(),
            plugins=[MoneySchema()],
            logging_config=None,
        )


def create_app(settings: Settings, *, database_dsn: str, with_worker: bool = True) -> Application:
    """Build the application as a server runs it, its logs set up."""
    log.set_up(as_json=settings.env != "development")
    return Application(settings, database_dsn=database_dsn, with_worker=with_worker)


def _rates(settings: Settings) -> dict[str, str]:
    """Return how often somebody may ask, by class."""
    return {
        "auth": settings.limit_auth or "5/minute",
        "api": settings.limit_api or f"{WITHOUT_A_PLAN}/minute",
        "socket": settings.limit_socket or "1000/minute",
    }


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Stoory",
        version=__version__,
        summary="The self-hosted backend of an influencer-marketing marketplace",
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "api_key": SecurityScheme(
                    type="apiKey",
                    name="X-API-Key",
                    security_scheme_in="header",
                    description="A key of POST /api/api-keys, instead of Authorization; to GET, one for reading.",
                ),
            }
        ),
        path="/schema/framework",
        render_plugins=(),
        servers=[Server(url="/", description="This installation")],
        tags=[Tag(name=name, description=meaning) for name, meaning in TAGS.items()],
    )
