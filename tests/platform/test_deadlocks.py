"""A deadlock is ours to solve: the request that lost is done again, and its sender never learns of it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from litestar import Litestar
from litestar.datastructures import State
from litestar.params import FromPath

from stoory.platform.http.answers import Answer
from stoory.platform.http.routes import ANYONE, Db, post
from tests.world import ASHA, RAVI, World


async def test_the_request_a_deadlock_undid_is_done_again(world: World) -> None:
    both_hold_one = asyncio.Barrier(2)
    attempts: list[str] = []

    @post("/{first:str}/{second:str}", who=ANYONE)
    async def hold_both(db: Db, first: FromPath[str], second: FromPath[str]) -> Answer:
        """Lock two people, one after the other."""
        attempts.append(first)
        async with db.as_system("a test of deadlocks") as tx:
            await tx.run("select from users where id = $1::text::uuid for update", first)
            if len(attempts) <= 2:
                await both_hold_one.wait()
            await tx.run("select from users where id = $1::text::uuid for update", second)
        return Answer()

    app: Any = Litestar([hold_both], state=State({"application": world}, deep_copy=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        answers = await asyncio.gather(
            client.post(f"/{ASHA.id}/{RAVI.id}"), client.post(f"/{RAVI.id}/{ASHA.id}")
        )

    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(attempts) > 2
