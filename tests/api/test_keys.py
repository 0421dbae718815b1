"""Making, seeing and revoking API keys: who may, how many, and what is kept of them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

import asyncpg
import httpx
import pytest

from stoory.accounts import actions
from stoory.accounts.actions import KeysRevoked, SessionsEnded
from stoory.accounts.keys import MOST_LIVE_KEYS
from stoory.errors import NotFound
from stoory.platform.bus import Hint
from tests.keys import make, program, revoke
from tests.logins import Later
from tests.world import ASHA, OM, RAVI, Person, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SHOWN = {"id", "name", "scope", "prefix", "requests_per_minute", "expires_at", "last_used_at", "created_at"}


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("person", [ASHA, RAVI, OM], ids=lambda person: person.name)
async def test_everybody_makes_keys_and_sees_what_they_are_for_but_never_them_again(
    world: World, person: Person
) -> None:
    async with world.client(person) as client:
        more = {"requests_per_minute": 7, "expires_at": in_days(1)}
        made = await make(client, "read", name=" Nightly report ", **more)
        answer = await client.get("/api/api-keys")
    assert answer.json()["api_keys"] == [made.api_key]
    assert made.key not in answer.text
    assert re.fullmatch(r"stoory_[A-Za-z0-9_-]{43}", made.key)
    assert set(made.api_key) == SHOWN
    assert made.key.startswith(made.api_key["prefix"])
    assert len(made.api_key["prefix"]) == 12
    shown = {name: made.api_key[name] for name in ("name", "scope", "requests_per_minute", "last_used_at")}
    assert shown == {
        "name": "Nightly report", "scope": "read", "requests_per_minute": 7, "last_used_at": None,
    }  # fmt: skip


async def test_no_two_keys_are_alike(asha: httpx.AsyncClient) -> None:
    assert len({(await make(asha)).key for _ in range(5)}) == 5


async def test_of_a_key_only_its_hash_is_kept(asha: httpx.AsyncClient, superuser: Superuser) -> None:
    made = await make(asha, name="One", scope="read")
    assert await superuser.fetchval("select key_hash from api_keys") == sha256(made.key.encode()).digest()
    tables = await superuser.fetch("select tablename from pg_tables where schemaname = 'public'")
    for table in tables:
        for row in await superuser.fetch(f"select t::text from {table[0]} t"):
            assert made.key[12:] not in row[0], table[0]


async def test_a_key_is_not_kept_for_whoever_asks_with_an_idempotency_key(
    asha: httpx.AsyncClient, superuser: Superuser
) -> None:
    once = {"Idempotency-Key": "once"}
    body = {"name": "Twice", "scope": "read"}
    answers = [await asha.post("/api/api-keys", json=body, headers=once) for _ in range(2)]

    assert len({answer.json()["key"] for answer in answers}) == 2
    assert await superuser.fetchval("select count(*) from idempotency_keys") == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"requests_per_minute": 100_001}, "requests_per_minute"),
        ({"requests_per_minute": 1.5}, "requests_per_minute"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"user_id": str(RAVI.id)}, "user_id"),
    ],
)
async def test_what_no_key_may_be_is_refused_by_name(
    asha: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    body = {"name": "Nightly report", "scope": "read", **change}
    answer = await asha.post("/api/api-keys", json=body)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    assert (await asha.get("/api/api-keys")).json()["api_keys"] == []


async def test_a_key_expires_by_the_clock_of_the_transaction(asha: httpx.AsyncClient, later: Later) -> None:
    later(3 * 86_400)
    body = {"name": "Late", "scope": "read", "expires_at": in_days(2)}
    assert (await asha.post("/api/api-keys", json=body)).status_code == 422
    assert (await asha.post("/api/api-keys", json=body | {"expires_at": in_days(4)})).status_code == 201


async def test_the_eleventh_key_waits_until_one_is_revoked_or_expired(
    asha: httpx.AsyncClient, later: Later
) -> None:
    made = [await make(asha, expires_at=in_days(1) if i == 0 else None) for i in range(MOST_LIVE_KEYS)]

    async def is_refused() -> bool:
        refused = await asha.post("/api/api-keys", json={"name": "One more", "scope": "read"})
        return (refused.status_code, refused.json().get("code")) == (409, "too_many_keys")

    assert await is_refused()
    await revoke(asha, made[1])
    await make(asha)
    assert await is_refused()
    later(2 * 86_400)
    await make(asha)
    assert await is_refused()


async def test_of_many_tenth_keys_at_once_one_is_made(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, superuser: Superuser
) -> None:
    for _ in range(MOST_LIVE_KEYS - 1):
        await make(asha)
    body = {"name": "The tenth", "scope": "read"}
    answers = await asyncio.gather(*(asha.post("/api/api-keys", json=body) for _ in range(20)), make(ravi))

    statuses = [answer.status_code for answer in answers if isinstance(answer, httpx.Response)]
    assert Counter(statuses) == {201: 1, 409: 19}
    assert await superuser.fetchval("select count(*) from api_keys where user_id = $1", ASHA.id) == 10


async def test_keys_come_in_pages_newest_first(asha: httpx.AsyncClient) -> None:
    made = [await make(asha, name=f"Key {i}") for i in range(3)]
    first = (await asha.get("/api/api-keys", params={"limit": 2, "include_total": True})).json()
    assert [row["id"] for row in first["api_keys"]] == [made[2].id, made[1].id]
    assert (first["pagination"]["has_more"], first["pagination"]["total"]) == (True, 3)

    rest = {"limit": 2, "cursor": first["pagination"]["next_cursor"]}
    second = (await asha.get("/api/api-keys", params=rest)).json()
    assert [row["id"] for row in second["api_keys"]] == [made[0].id]
    assert second["pagination"]["has_more"] is False


async def test_a_key_that_has_expired_is_still_seen_and_can_be_cleared_away(
    asha: httpx.AsyncClient, later: Later
) -> None:
    made = await make(asha, expires_at=in_days(1))
    later(2 * 86_400)
    assert [row["id"] for row in (await asha.get("/api/api-keys")).json()["api_keys"]] == [made.id]
    await revoke(asha, made)
    assert (await asha.get("/api/api-keys")).json()["api_keys"] == []


async def test_a_key_is_revoked_once_and_for_good(asha: httpx.AsyncClient, told: list[Hint]) -> None:
    made = await make(asha)
    await revoke(asha, made)
    assert told == [KeysRevoked((ASHA.id,))]

    again = await asha.delete(f"/api/api-keys/{made.id}")
    unknown = await asha.delete("/api/api-keys/00000000-0000-4000-8000-000000000000")
    assert again.status_code == unknown.status_code == 404
    assert again.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


async def test_ashas_keys_do_not_exist_for_ravi(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, world: World
) -> None:
    made = await make(asha)
    assert (await ravi.get("/api/api-keys")).json()["api_keys"] == []
    assert (await ravi.delete(f"/api/api-keys/{made.id}")).status_code == 404
    with pytest.raises(NotFound):  # without the walls either
        async with world.db.as_system("a test") as tx:
            await actions.revoke_key(tx, await world.sign_in(RAVI), made.api_key["id"])
    async with program(world, made.key) as client:
        assert (await client.get("/api/bids")).status_code == 200


async def test_making_and_revoking_stand_in_the_audit_log_without_the_key(
    asha: httpx.AsyncClient, superuser: Superuser
) -> None:
    made = await make(asha, "read")
    await revoke(asha, made)
    rows = await superuser.fetch("select actor_id, action, subject_id::text, data::text from audit_log")

    assert [tuple(row) for row in rows] == [
        (ASHA.id, "make_api_key", made.id, '{"scope": "read"}'),
        (ASHA.id, "revoke_api_key", made.id, "{}"),
    ]


async def test_a_suspension_revokes_every_key_for_good(
    ravi: httpx.AsyncClient, om: httpx.AsyncClient, world: World, told: list[Hint], superuser: Superuser
) -> None:
    made = [await make(ravi) for _ in range(2)]
    for status in ("suspended", "active"):
        answer = await om.put(f"/api/admin/users/{RAVI.id}/status", json={"status": status, "reason": "-"})
        assert answer.is_success
        for key in made:
            async with program(world, key.key) as client:
                assert (await client.get("/api/bids")).status_code == 401
    assert told == [SessionsEnded((RAVI.id,)), KeysRevoked((RAVI.id,))]
    reasons = await superuser.fetch("select revoked_why from api_keys")
    assert [row[0] for row in reasons] == ["suspended"] * 2
