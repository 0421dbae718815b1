"""How often one may ask with an API key: each key has a window of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from stoory import rates
from stoory.app import Application
from stoory.plans.queries import Plan, plans
from stoory.platform.database import Tx
from stoory.platform.postgres import Server
from stoory.platform.tokens import new_api_key
from stoory.settings import Settings
from tests.keys import make, program
from tests.redis import RedisServer
from tests.world import ASHA, OM, RAVI, Person, World


@pytest.fixture
async def limited(world: World, server: Server, settings: Settings) -> AsyncIterator[World]:
    """Return the world with the limits of its plans."""
    assert world.db
    async with limited_to(server, settings, None) as limited:
        yield limited


@asynccontextmanager
async def limited_to(
    server: Server, settings: Settings, limit: str | None, **more: str
) -> AsyncIterator[World]:
    own = replace(settings, limit_api=limit, **more)
    application = Application(own, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield World(application)


async def policy(world: World, person: Person, number: int | None) -> str | None:
    """Make a key with that number of requests, and return what one is told of its limit."""
    async with world.client(person) as owner:
        made = await make(owner, "read", requests_per_minute=number)
    async with program(world, made.key) as client:
        return (await client.get("/api/bids")).headers.get("ratelimit-policy")


async def statuses(client: httpx.AsyncClient, times: int) -> list[int]:
    return [(await client.get("/api/bids")).status_code for _ in range(times)]


async def test_a_key_that_has_used_up_its_number_leaves_its_owner_and_other_keys_alone(
    limited: World,
) -> None:
    async with limited.client(ASHA) as asha:
        made, other = await make(asha, requests_per_minute=3), await make(asha, requests_per_minute=3)
        async with program(limited, made.key) as client, program(limited, other.key) as second:
            assert await statuses(client, 4) == [200, 200, 200, 429]
            refused = await client.get("/api/bids")
            assert refused.headers["ratelimit-policy"] == '"api";q=3;w=60'
            assert 0 < int(refused.headers["retry-after"]) <= 60
            assert await statuses(second, 1) == [200]
            assert await statuses(asha, 1) == [200]


async def test_requests_of_the_owner_do_not_count_for_a_key(limited: World) -> None:
    async with limited.client(RAVI) as ravi:
        made = await make(ravi)
        assert (await statuses(ravi, 100))[-1] == 429
        async with program(limited, made.key) as client:
            assert (await client.get("/api/bids")).headers["ratelimit"].startswith('"api";r=99;')


async def test_a_key_may_ask_as_often_as_it_says_or_the_plan_whichever_is_less(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def plan_of(tx: Tx, user_id: UUID) -> Plan:
        on = "premium" if user_id == ASHA.id else "basic"
        return next(plan for plan in await plans(tx) if plan.plan == on)

    monkeypatch.setattr(rates, "plan_of", plan_of)
    told = {
        (person.name, number): await policy(limited, person, number)
        for person in (ASHA, RAVI)
        for number in (7, 200, 5000, None)
    }
    quotas = {who: policy and int(policy.split("q=")[1].split(";")[0]) for who, policy in told.items()}
    assert quotas == {
        ("Asha", 7): 7, ("Asha", 200): 200, ("Asha", 5000): 300, ("Asha", None): 300,
        ("Ravi", 7): 7, ("Ravi", 200): 100, ("Ravi", 5000): 100, ("Ravi", None): 100,
    }  # fmt: skip


async def test_an_operators_key_is_unlimited_unless_it_has_a_number(limited: World) -> None:
    assert await policy(limited, OM, None) is None
    assert await policy(limited, OM, 5000) == '"api";q=5000;w=60'


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("50/minute", {None: '"api";q=50;w=60', 7: '"api";q=7;w=60', 700: '"api";q=50;w=60'}),
        ("500/hour", {7: '"api";q=420;w=3600'}),
        ("50/second", {7: '"api";q=1;w=1'}),
        ("unlimited", {7: None}),
    ],
)
async def test_where_a_setting_goes_for_everybody_a_key_may_still_say_less(
    world: World, server: Server, settings: Settings, limit: str, told: dict[int | None, str | None]
) -> None:
    assert world.db
    async with limited_to(server, settings, limit) as limited:
        assert {number: await policy(limited, ASHA, number) for number in told} == told


async def test_bad_keys_are_counted_by_address(world: World, server: Server, settings: Settings) -> None:
    assert world.db
    async with limited_to(server, settings, "5/minute") as limited, limited.client() as nobody:
        for status in [401] * 5 + [429] * 3:
            answer = await nobody.get("/api/bids", headers={"X-API-Key": new_api_key()})
            assert answer.status_code == status


async def test_both_a_token_and_a_key_are_counted_by_address(
    world: World, server: Server, settings: Settings
) -> None:
    assert world.db
    both = {"X-API-Key": new_api_key(), "Authorization": "Bearer x"}
    async with limited_to(server, settings, "5/minute") as limited, limited.client() as nobody:
        seen = [(await nobody.get("/api/bids", headers=both)).status_code for _ in range(6)]
    assert seen == [400] * 5 + [429]


async def test_what_a_key_may_not_do_counts_as_well(limited: World) -> None:
    async with limited.client(ASHA) as asha:
        made = await make(asha, "read", requests_per_minute=2)
    async with program(limited, made.key) as client:
        answers = [await client.post("/api/bids", json={}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]


async def test_several_processes_count_a_key_together(
    world: World, server: Server, settings: Settings, redis_server: RedisServer
) -> None:
    async with world.client(ASHA) as asha:
        made = await make(asha, requests_per_minute=5)
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(limited_to(server, settings, None, redis_url=redis_server.url))
            for _ in range(3)
        ]
        clients = [await stack.enter_async_context(program(node, made.key)) for node in nodes]
        seen = [(await clients[i % 3].get("/api/bids")).status_code for i in range(7)]
    assert seen == [200] * 5 + [429] * 2
