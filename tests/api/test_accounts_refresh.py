"""Going on with a session, and what happens when somebody else goes on with it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from stoory.accounts.actions import SessionsEnded
from stoory.notifications import jobs
from stoory.platform import wire
from stoory.platform.bus import Hint
from tests.logins import Later, Login
from tests.world import RAVI, World

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]


async def test_a_refresh_brings_the_next_tokens_and_thirty_more_days(
    phone: Login, later: Later, superuser: Superuser
) -> None:
    later(3600 * 24 * 29)
    answer = await phone.refresh()

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"success", "token", "refresh_token", "expires_in"}
    assert body["refresh_token"] != phone.refresh_token
    later(3600 * 24 * 29)
    assert (await phone.refresh(body["refresh_token"])).status_code == 200
    lives = await superuser.fetchval("select expires_at - last_used_at from sessions")
    assert lives == timedelta(days=30)


async def test_a_session_nobody_refreshes_for_thirty_days_is_over(phone: Login, later: Later) -> None:
    later(3600 * 24 * 30 + 1)
    answer = await phone.refresh()

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert (await phone.client.get("/api/auth/sessions")).json()["sessions"] == []


@pytest.mark.parametrize("token", ["x", "ZjZ04PYO7_U8WNpYB1ADOG86fvvx7xfnN1KO7KEFKpU", "é" * 200])
async def test_a_token_of_nobody_refreshes_nothing(nobody: httpx.AsyncClient, token: str) -> None:
    answer = await nobody.post("/api/auth/refresh", json={"refresh_token": token})

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_an_access_token_is_no_refresh_token_and_the_other_way_round(phone: Login) -> None:
    access = phone.client.headers["Authorization"].removeprefix("Bearer ")
    if len(access) <= 200:
        pytest.fail("the body's bound refuses it before the lookup")
    assert (await phone.refresh(access)).status_code == 422
    phone.client.headers["Authorization"] = f"Bearer {phone.refresh_token}"
    assert not await phone.is_good()


async def test_of_a_hundred_refreshes_at_once_all_get_the_one_child(
    phone: Login, superuser: Superuser
) -> None:
    answers = await asyncio.gather(*(phone.refresh() for _ in range(100)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert await superuser.fetchval("select count(*) from refresh_tokens") == 2
    assert await phone.is_good()


async def test_a_lost_answer_is_given_again_within_a_minute(phone: Login, later: Later) -> None:
    child = (await phone.refresh()).json()["refresh_token"]
    later(59)
    again = await phone.refresh()

    assert (again.status_code, again.json()["refresh_token"]) == (200, child)
    assert (await phone.refresh(child)).status_code == 200


async def test_a_token_used_again_after_a_minute_was_stolen(
    phone: Login, later: Later, superuser: Superuser, told: list[Hint]
) -> None:
    child = (await phone.refresh()).json()["refresh_token"]
    later(61)
    answer = await phone.refresh()

    assert (answer.status_code, answer.json()["code"]) == (401, "token_reused")
    assert "www-authenticate" in answer.headers
    assert not await phone.is_good()
    assert (await phone.refresh(child)).json()["code"] == "token_reused"
    assert await superuser.fetchval("select ended_why from sessions") == "token_reused"
    assert told == [SessionsEnded((RAVI.id,))]


async def test_a_token_whose_child_was_used_was_stolen_even_within_the_minute(phone: Login) -> None:
    child = (await phone.refresh()).json()["refresh_token"]
    grandchild = (await phone.refresh(child)).json()["refresh_token"]

    assert (await phone.refresh()).json()["code"] == "token_reused"
    assert (await phone.refresh(grandchild)).status_code == 401


async def test_a_theft_ends_no_other_session(phone: Login, laptop: Login, later: Later) -> None:
    await phone.refresh()
    later(61)
    await phone.refresh()

    assert await laptop.is_good()
    assert (await laptop.refresh()).status_code == 200


async def test_ravi_is_told_once_of_a_theft_however_often_the_job_is_done(
    phone: Login, later: Later, world: World, superuser: Superuser
) -> None:
    await phone.refresh()
    later(61)
    await asyncio.gather(*(phone.refresh() for _ in range(10)))

    (job,) = await superuser.fetch("select entrypoint, payload from queue.pgqueuer")
    assert job["entrypoint"] == "token_theft"
    for _ in range(2):
        async with world.db.as_system("a test") as tx:
            await jobs.JOBS["token_theft"](tx, wire.decode(job["payload"]))
    (told,) = await superuser.fetch("select user_id, kind, data from notifications")
    session_id = await superuser.fetchval("select id from sessions")
    assert (told["user_id"], told["kind"]) == (RAVI.id, "token_theft")
    assert wire.decode(told["data"]) == {"session_id": str(session_id)}
