"""One throw-away PostgreSQL a test process, one world a test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import hypothesis
import pytest

from stoory.app import Application
from stoory.platform import migrations
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests import invariants
from tests.money import Market
from tests.redis import RedisServer
from tests.till import Till, held
from tests.world import ASHA, KABIR, MEERA, OM, PEOPLE, RAVI, World, lay

hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None)
hypothesis.settings.register_profile("soak", deadline=None)
hypothesis.settings.load_profile("soak" if os.environ.get("SOAK") else "seeded")

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nothing here must survive a crash."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running PostgreSQL with the migrated schema."""
    server = Server.start(tmp_path_factory.mktemp("home"), settings=FAST, report=lambda _: None)
    try:
        migrations.migrate(server.dsn("stoory_owner"))
        yield server
    finally:
        server.discard()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Run a Redis of the test's own, which it may hurt; skip where the machine has none."""
    server = RedisServer(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """Run Razorpay's sandbox, and return its address. Its webhooks wait until a test delivers them."""
    with held() as address:
        yield address


@pytest.fixture
async def till(sandbox: str) -> AsyncIterator[Till]:
    """Return the sandbox, as new, to be driven."""
    async with httpx.AsyncClient(base_url=sandbox, timeout=30) as client:
        driven = Till(client)
        await driven.reset()
        yield driven


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, sandbox: str) -> Settings:
    """Return a development home's settings, without limits: those have tests of their own."""
    return Settings(
        home=tmp_path_factory.mktemp("stoory"),
        secret="s" * 40,
        limit_auth="unlimited",
        limit_api="unlimited",
        sandbox_port=int(sandbox.rpartition(":")[2]),
    )


@pytest.fixture(scope="session")
async def application(server: Server, settings: Settings) -> AsyncIterator[Application]:
    """Return the application, its pool open."""
    application = Application(settings, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield application


@pytest.fixture(scope="session")
async def superuser(server: Server) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Return a connection that no wall stops, for laying the world and looking behind it."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    yield connection
    await connection.close()


@pytest.fixture
async def world(
    application: Application, superuser: asyncpg.Connection[asyncpg.Record], request: pytest.FixtureRequest
) -> AsyncIterator[World]:
    """Return the world as db/world.sql lays it, whatever the test before did; afterwards all must still be true."""
    await lay(superuser)
    application.db.clock.ahead = timedelta()
    application.gateway.breaker.went_well()
    world = World(application)
    world.forget()
    yield world
    if request.node.get_closest_marker("breaks_invariants") is None:
        await invariants.check(application.db)


@pytest.fixture
async def unlimited(world: World) -> None:
    """Let nobody's plan stand in the way: what plans limit has tests of its own."""
    for person in PEOPLE:
        await world.agree(person, max_open_postings=None, max_live_applications=None)


@pytest.fixture
def market(request: pytest.FixtureRequest) -> Market:
    """Return everybody a payment is about, and Razorpay."""
    return Market(**{name: request.getfixturevalue(name) for name in Market.__struct_fields__})


@pytest.fixture
async def nobody(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that is not signed in."""
    async with world.client() as client:
        yield client


@pytest.fixture
async def asha(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the brand owner's client."""
    async with world.client(ASHA) as client:
        yield client


@pytest.fixture
async def ravi(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the influencer's client."""
    async with world.client(RAVI) as client:
        yield client


@pytest.fixture
async def meera(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the rival influencer's client."""
    async with world.client(MEERA) as client:
        yield client


@pytest.fixture
async def kabir(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the rival brand's client."""
    async with world.client(KABIR) as client:
        yield client


@pytest.fixture
async def om(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return the operator's client."""
    async with world.client(OM) as client:
        yield client
