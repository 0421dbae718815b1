"""What is remembered of the keys that are shown, when one was last used, and that no key is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from stoory.accounts.api import keyring
from stoory.accounts.queries.keys import Holder
from stoory.errors import Busy
from stoory.platform.database import Tx
from stoory.platform.tokens import new_api_key
from tests.keys import make, program, revoke
from tests.logins import Later
from tests.world import World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def used_at(superuser: Superuser) -> datetime | None:
    return await superuser.fetchval("select last_used_at from api_keys")


async def test_when_a_key_was_last_used_is_noted_once_a_minute(
    world: World,
    asha: httpx.AsyncClient,
    superuser: Superuser,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes = 0
    note_use = keyring.note_use

    async def counted(tx: Tx, key_id: UUID, since: datetime) -> None:
        nonlocal writes
        writes += 1
        await note_use(tx, key_id, since)

    monkeypatch.setattr(keyring, "note_use", counted)
    made = await make(asha, "read")
    seen: list[datetime | None] = [await used_at(superuser)]
    async with program(world, made.key) as client:
        for seconds in (0, 30, 31):
            later(seconds)
            await asyncio.gather(*(client.get("/api/bids") for _ in range(10)))
            await world.app.keyring.settle()
            seen.append(await used_at(superuser))
    assert writes == 2
    assert seen[0] is None
    assert seen[1] is not None
    assert seen[1] == seen[2]
    assert seen[3] is not None
    assert seen[3] - seen[1] > timedelta(seconds=60)
    listed = (await asha.get("/api/api-keys")).json()["api_keys"][0]["last_used_at"]
    assert datetime.fromisoformat(listed) == seen[3]


async def test_several_processes_note_a_use_once_a_minute(
    world: World, asha: httpx.AsyncClient, superuser: Superuser, later: Later
) -> None:
    made = await make(asha, "read")
    seen: list[datetime | None] = []
    for seconds in (0, 30, 31):
        later(seconds)
        async with world.db.as_system("a test uses a key elsewhere") as tx:
            await keyring.note_use(tx, UUID(made.id), tx.now - keyring.NOTED_EVERY)
        seen.append(await used_at(superuser))
    assert seen[0] == seen[1] != seen[2]


async def _never(*_: object) -> None:
    await asyncio.Event().wait()


async def _busy(*_: object) -> None:
    raise Busy


async def _broken(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("note", [_never, _busy, _broken])
async def test_noting_a_use_never_delays_or_fails_a_request(
    world: World,
    asha: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    note: Callable[..., Awaitable[None]],
) -> None:
    made = await make(asha, "read")
    monkeypatch.setattr(keyring, "note_use", note)
    async with program(world, made.key) as client:
        assert [(await client.get("/api/bids")).status_code for _ in range(3)] == [200] * 3
    for task in list(world.app.keyring._notes):  # pyright: ignore[reportPrivateUsage]
        task.cancel()


async def test_without_the_database_a_key_is_neither_good_nor_bad(
    world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_away(*_: object) -> Holder | None:
        raise Busy

    made = await make(asha)
    monkeypatch.setattr(keyring, "key_holder", is_away)
    async with program(world, made.key) as client:
        answer = await client.get("/api/bids")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_key_is_looked_up_once_in_some_seconds(
    world: World, asha: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    key_holder = keyring.key_holder

    async def counted(tx: Tx, key_hash: bytes) -> Holder | None:
        nonlocal looks
        looks += 1
        return await key_holder(tx, key_hash)

    monkeypatch.setattr(keyring, "key_holder", counted)
    made, other = await make(asha), await make(asha)
    async with program(world, made.key) as client:
        for _ in range(5):
            assert (await client.get("/api/bids")).status_code == 200
        assert looks == 1
        await revoke(asha, other)
        assert (await client.get("/api/bids")).status_code == 200
        assert looks == 2


async def test_no_key_is_ever_logged(
    world: World, asha: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> Holder | None:
        raise ZeroDivisionError

    with caplog.at_level("DEBUG"), capture_logs() as lines:
        made, gone = await make(asha, "read"), await make(asha)
        await revoke(asha, gone)
        for key in (made.key, gone.key, new_api_key()):
            async with program(world, key) as client:
                await client.get("/api/bids")
                await client.post("/api/bids", json={"title": key})
                await client.get("/api/bids", headers={"Authorization": f"Bearer {key}"})
        monkeypatch.setattr(keyring, "key_holder", broken)
        world.app.keyring._known.forget_all()  # pyright: ignore[reportPrivateUsage]
        async with program(world, made.key) as client:
            assert (await client.get("/api/bids")).status_code == 500
    written = str(lines) + caplog.text
    assert "unforeseen" in written
    assert [key for key in (made.key, gone.key) if key[12:] in written] == []
