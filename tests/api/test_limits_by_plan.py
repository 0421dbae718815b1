"""How often somebody may ask of the API is what their plan says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from stoory import rates
from stoory.actor import Actor
from stoory.app import Application
from stoory.errors import Busy
from stoory.plans.hints import PlanChanged
from stoory.plans.queries import Plan, plans
from stoory.platform.database import Tx
from stoory.platform.postgres import Server
from stoory.platform.shared_bus import SharedBus
from stoory.rates import LOOKED_UP_WITHIN_SECONDS, WITHOUT_A_PLAN, Rates
from stoory.settings import Settings
from tests.redis import RedisServer, until
from tests.world import ASHA, KABIR, OM, RAVI, Person, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

ON = {ASHA.id: "premium", KABIR.id: "enterprise"}
"""Who is on which plan; everybody else is on basic."""


async def plan_of(tx: Tx, user_id: UUID) -> Plan:
    """Return the row of the plan that a test has somebody be on."""
    return next(plan for plan in await plans(tx) if plan.plan == ON.get(user_id, "basic"))


@pytest.fixture(scope="module")
async def _application(server: Server, settings: Settings) -> AsyncIterator[Application]:
    limited = replace(settings, limit_api=None)
    application = Application(limited, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield application


@pytest.fixture
def limited(world: World, _application: Application, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return the world with the limits of its plans, on which it has people."""
    assert world.db
    monkeypatch.setattr(rates, "plan_of", plan_of)
    _application.limits._classes["api"]._hits.clear()  # pyright: ignore[reportPrivateUsage]
    limited = World(_application)
    limited.forget()
    return limited


async def policy(world: World, person: Person | None) -> str | None:
    """Return what somebody is told of their limit."""
    async with world.client(person) as client:
        return (await client.get("/api/bids")).headers.get("ratelimit-policy")


async def actor_of(world: World, person: Person) -> Actor:
    return await world.sign_in(person)


async def test_each_is_limited_as_their_plan_says_and_who_is_not_signed_in_as_before(limited: World) -> None:
    assert await policy(limited, RAVI) == '"api";q=100;w=60'
    assert await policy(limited, ASHA) == '"api";q=300;w=60'
    assert await policy(limited, KABIR) == '"api";q=1000;w=60'
    assert await policy(limited, OM) is None
    assert await policy(limited, None) == '"api";q=100;w=60'


async def test_premium_passes_where_basic_is_refused(limited: World) -> None:
    async with limited.client(ASHA) as asha, limited.client(RAVI) as ravi:
        for client, quota in ((asha, 300), (ravi, 100)):
            answers = [await client.get("/api/auth/profile") for _ in range(quota)]
            assert {answer.status_code for answer in answers} == {200}
            assert answers[-1].headers["ratelimit"].startswith('"api";r=0;')
            refused = await client.get("/api/auth/profile")
            assert (refused.status_code, refused.headers["ratelimit-policy"]) == (
                429,
                f'"api";q={quota};w=60',
            )


async def test_a_plan_is_looked_up_once_until_it_is_told_to_have_changed(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await policy(limited, RAVI)
    monkeypatch.setitem(ON, RAVI.id, "premium")
    assert await policy(limited, RAVI) == '"api";q=100;w=60'

    limited.db.bus.publish([PlanChanged((ASHA.id,))])
    assert await policy(limited, RAVI) == '"api";q=100;w=60'
    limited.db.bus.publish([PlanChanged((RAVI.id,))])
    assert await policy(limited, RAVI) == '"api";q=300;w=60'


async def test_another_row_of_a_plan_goes_for_everybody_on_it_once_it_is_told(
    limited: World, superuser: Superuser
) -> None:
    assert await policy(limited, RAVI) == '"api";q=100;w=60'
    await superuser.execute(
        """
        insert into plans select (jsonb_populate_record(p, '{"valid_from": "2026-02-02", "requests_per_minute": 7}')).*
          from plans p where plan = 'basic'
        """
    )
    try:
        limited.db.bus.publish([PlanChanged(())])
        assert await policy(limited, RAVI) == '"api";q=7;w=60'
    finally:
        await superuser.execute(
            """
            set session_replication_role = replica;
            delete from plans where valid_from = '2026-02-02';
            set session_replication_role = default
            """
        )


@asynccontextmanager
async def set_to(server: Server, settings: Settings, limit: str) -> AsyncIterator[World]:
    """Run an application with a setting for everybody."""
    own = replace(settings, limit_api=limit)
    application = Application(own, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield World(application)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("limit", "told"), [("7/hour", '"api";q=7;w=3600'), ("unlimited", None)])
async def test_a_setting_goes_for_everybody_whatever_their_plan(
    server: Server, settings: Settings, limit: str, told: str | None
) -> None:
    async with set_to(server, settings, limit) as world:
        assert [await policy(world, person) for person in (ASHA, RAVI, None)] == [told] * 3


async def test_without_the_database_the_limit_is_the_last_that_was_known_or_that_of_nobody(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Rates(limited.db)
    asha, ravi = [await actor_of(limited, person) for person in (ASHA, RAVI)]
    assert await known.of(asha) == 300

    @asynccontextmanager
    async def is_away(_: str) -> AsyncIterator[Tx]:
        raise Busy
        yield

    monkeypatch.setattr(limited.db, "at_once", is_away)
    known._known._clock = lambda: time.monotonic() + 3600  # pyright: ignore[reportPrivateUsage]
    assert await known.of(asha) == 300
    assert await known.of(ravi) == WITHOUT_A_PLAN
    limited.forget()
    assert await policy(limited, ASHA) == f'"api";q={WITHOUT_A_PLAN};w=60'


async def test_a_database_that_hangs_makes_one_wait_and_nobody_else(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = asyncio.Event()

    @asynccontextmanager
    async def hangs(_: str) -> AsyncIterator[Tx]:
        await goes_on.wait()
        raise Busy
        yield

    monkeypatch.setattr(limited.db, "at_once", hangs)
    asha = await actor_of(limited, ASHA)
    known = Rates(limited.db)
    began = time.monotonic()
    assert [await known.of(asha) for _ in range(100)] == [WITHOUT_A_PLAN] * 100
    assert time.monotonic() - began < 2 * LOOKED_UP_WITHIN_SECONDS
    goes_on.set()


async def test_what_nobody_foresaw_is_logged_and_refuses_nobody(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> Plan:
        raise ZeroDivisionError

    monkeypatch.setattr(rates, "plan_of", broken)
    assert await policy(limited, ASHA) == f'"api";q={WITHOUT_A_PLAN};w=60'


async def test_every_process_hears_that_a_plan_has_changed(
    limited: World,
    server: Server,
    settings: Settings,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = replace(settings, limit_api=None, redis_url=redis_server.url)
    here, there = (
        Application(several, database_dsn=server.dsn("stoory_app"), with_worker=False) for _ in range(2)
    )
    async with here.running(), there.running():
        bus = there.db.bus
        assert isinstance(bus, SharedBus)
        await until(lambda: bus.is_connected)
        ravi = await actor_of(limited, RAVI)
        assert await there.rates.of(ravi) == 100
        monkeypatch.setitem(ON, RAVI.id, "premium")
        here.db.bus.publish([PlanChanged((RAVI.id,))])
        await until(lambda: RAVI.id not in there.rates._known._kept)  # pyright: ignore[reportPrivateUsage]
        assert await there.rates.of(ravi) == 300
