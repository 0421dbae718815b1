"""The application under a database that dies, hangs, is full or is let go of: 503 and a second try, never worse."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from uuid import uuid4

import httpx
import pytest

from stoory.app import Application
from stoory.platform import driver
from stoory.platform.jobs import enqueue
from tests.faults.hurt import POOL, SEED, Own, until
from tests.world import ASHA, RAVI, World

CUT = "select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stoory'"


def check_busy(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "busy"), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_database_that_died_costs_503s_and_nothing_that_was_acknowledged(own: Own) -> None:
    acknowledged: list[str] = []
    statuses: set[int] = set()
    is_over = asyncio.Event()

    async def post(client: httpx.AsyncClient) -> None:
        while not is_over.is_set():
            answer = await client.post("/api/campaigns", json={"title": "Many", "budget": 1000})
            statuses.add(answer.status_code)
            if answer.status_code == 201:
                acknowledged.append(answer.json()["campaign"]["id"])
            else:
                check_busy(answer)
                await asyncio.sleep(0.01)

    async with own.client(ASHA) as asha, own.client() as nobody:
        posting = [asyncio.create_task(post(asha)) for _ in range(2 * POOL)]
        await until(lambda: asyncio.sleep(0, len(acknowledged) > 20))
        await asyncio.to_thread(own.kill_database)
        await until(lambda: asyncio.sleep(0, 503 in statuses))
        check_busy(await nobody.get("/ready"))
        check_busy(await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": "x"}))
        assert (await nobody.get("/health")).status_code == 200
        before = len(acknowledged)
        await asyncio.to_thread(own.server.revive)
        await until(lambda: asyncio.sleep(0, len(acknowledged) > before + 20))
        is_over.set()
        await asyncio.gather(*posting)

        assert (await nobody.get("/ready")).status_code == 200
        for campaign_id in acknowledged:
            assert (await asha.get(f"/api/campaigns/{campaign_id}")).status_code == 200
    assert statuses == {201, 503}


async def test_the_worker_goes_on_after_the_database_was_gone(own: Own) -> None:
    await asyncio.to_thread(own.kill_database)
    await asyncio.to_thread(own.server.revive)

    async with own.db.as_system("a test enqueues a job") as tx:
        await enqueue(tx, "token_theft", {"user_id": str(RAVI.id), "session_id": str(uuid4())})

    async def is_told() -> bool:
        async with own.db.as_system("a test looks at what the job did", readonly=True) as tx:
            return await tx.value(bool, "select exists (select from notifications)")

    await until(is_told)


async def test_who_finds_every_connection_taken_is_told_to_come_again(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with own.client(RAVI) as ravi:
        async with AsyncExitStack() as taken:
            taken.enter_context(monkeypatch.context()).setattr(driver, "ACQUIRE_TIMEOUT_SECONDS", 0.2)
            for _ in range(POOL):
                await taken.enter_async_context(own.db.as_system("a test takes every connection"))
            for answer in await asyncio.gather(*(ravi.get("/api/bids") for _ in range(20))):
                check_busy(answer)
        answers = await asyncio.gather(*(ravi.get("/api/bids") for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}


async def test_who_waits_too_long_for_a_row_is_told_to_come_again(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(driver.SERVER_SETTINGS, "lock_timeout", "200ms")
    application = Application(own.app.settings, database_dsn=own.server.dsn("stoory_app"), with_worker=False)
    async with own.look() as hand, application.running(), World(application).client(RAVI) as ravi:
        async with hand.transaction():
            await hand.execute("select from users where id = $1 for update", RAVI.id)
            check_busy(await ravi.put("/api/auth/profile", json={"bio": "Busy"}))
        assert (await ravi.put("/api/auth/profile", json={"bio": "Free"})).status_code == 200


@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
async def test_a_statement_that_is_cancelled_or_cut_leaves_nothing_open(own: Own, function: str) -> None:
    async with own.client(RAVI) as ravi, own.look() as hand, own.look() as eye:
        async with hand.transaction():
            await hand.execute("select from users where id = $1 for update", RAVI.id)
            waiting = asyncio.create_task(ravi.put("/api/auth/profile", json={"bio": "Waiting"}))

            async def has_been_hit() -> bool:
                return bool(
                    await eye.fetchval(
                        f"select count({function}(pid)) from pg_stat_activity "
                        "where application_name = 'stoory' and wait_event_type = 'Lock'"
                    )
                )

            await until(has_been_hit)
            check_busy(await waiting)
        assert (await ravi.put("/api/auth/profile", json={"bio": "Again"})).status_code == 200
    await own.settle()


async def cut_all(own: Own) -> None:
    """Cut every connection of the application, and wait until they are gone; the pool soon has another."""
    async with own.look() as hand:
        cut = [row["pid"] for row in await hand.fetch(CUT)]

        async def are_gone() -> bool:
            return not await hand.fetchval("select count(*) from pg_stat_activity where pid = any($1)", cut)

        await until(are_gone)


@pytest.mark.parametrize("is_noticed", [True, False])
async def test_connections_cut_while_idle_are_replaced_unseen(own: Own, *, is_noticed: bool) -> None:
    async with own.client(RAVI) as ravi:
        await asyncio.gather(*(ravi.get("/api/bids") for _ in range(POOL)))
        with ThreadPoolExecutor() as elsewhere:
            cut = elsewhere.submit(lambda: asyncio.run(cut_all(own)))
            if is_noticed:
                await asyncio.wrap_future(cut)
            else:
                cut.result()  # so that the application's loop has not heard of it yet

        assert (await ravi.get("/api/bids")).status_code == 200


async def test_whoever_hangs_up_leaves_no_transaction_open(own: Own) -> None:
    chance = random.Random(SEED)

    async def ask_and_hang_up(client: httpx.AsyncClient) -> None:
        path = chance.choice(["/api/campaigns", "/api/auth/logout"])
        if chance.random() < 0.5:
            asking = asyncio.create_task(client.get("/api/bids?include_total=true"))
        else:
            asking = asyncio.create_task(client.post(path, json={"title": "x", "budget": 5}))
        await asyncio.sleep(chance.random() * 0.02)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            assert (await asking).status_code in (200, 201, 401, 422, 503)

    for _ in range(10):
        async with own.client(ASHA) as asha:
            await asyncio.gather(*(ask_and_hang_up(asha) for _ in range(30)))
    await own.settle()
    async with own.client(ASHA) as asha:
        answers = await asyncio.gather(*(asha.get("/api/bids") for _ in range(3 * POOL)))
    assert {answer.status_code for answer in answers} == {200}
