from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import httpx
import pytest

from bench.peers.alike import Viewer, logins, reads, signed_in
from bench.peers.limit.application import Limit
from bench.peers.plain import differences, plain
from bench.peers.written import compared
from stoory.platform.postgres import Server
from tests.world import ASHA, PASSWORD, RAVI, World

STOORY = "http://stoory"
LIMIT = "http://limit"
SECRET = "a secret of the peers, long enough for HS256"


@pytest.fixture
async def both(world: World, server: Server):
    """Return a client that reaches Stoory and a peer beside it."""
    limit = Limit(server.dsn("postgres"), pool_size=2, secret=SECRET)
    await limit.open()
    try:
        mounts = {STOORY: httpx.ASGITransport(world.app), LIMIT: httpx.ASGITransport(limit)}
        async with httpx.AsyncClient(mounts=mounts) as client:
            yield client
    finally:
        await limit.pool.close()


async def viewers(both: httpx.AsyncClient) -> list[Viewer]:
    return [await signed_in(both, STOORY, person.phone, PASSWORD, SECRET) for person in (ASHA, RAVI)]


async def test_a_peer_writes_what_stoory_writes_and_then_shows_what_stoory_shows(
    both: httpx.AsyncClient, server: Server
):
    asha, ravi = await viewers(both)

    assert await compared(both, STOORY, [LIMIT], [asha, ravi], server.dsn("postgres")) == []
    assert await reads(both, STOORY, LIMIT, asha) == []
    assert await reads(both, STOORY, LIMIT, ravi) == []


async def test_signing_in_at_a_peer_answers_as_at_stoory(both: httpx.AsyncClient):
    body = {"phone": RAVI.phone, "password": PASSWORD}

    assert await logins(both, STOORY, LIMIT, body) == []


async def test_a_peer_that_leaves_something_out_is_noticed(
    both: httpx.AsyncClient, superuser: asyncpg.Connection[asyncpg.Record]
):
    asha, _ = await viewers(both)
    await superuser.execute("update campaigns set category = 'food'")
    stoory = await both.get(f"{STOORY}/api/campaigns", headers=asha.headers(of_peer=False))
    less = stoory.json()
    del less["campaigns"][0]["category"]

    assert [*differences(plain(less), plain(stoory.json()))] == [
        ".campaigns[0].category is 'nothing', at Stoory 'food'"
    ]


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-01T10:00:00.123Z",
        "2026-02-01T10:00:00.123456Z",
        "2026-02-01T15:30:00.123456+05:30",
        datetime(2026, 2, 1, 10, 0, 0, 123999, UTC),
        datetime(2026, 2, 1, 15, 30, 0, 123000, timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_an_instant_is_the_same_however_it_is_written(instant: object):
    assert plain(instant) == "2026-02-01T10:00:00.123+00:00"


def test_a_cursor_counts_for_being_there_and_nothing_else_does():
    assert plain({"next_cursor": "abc"}) == plain({"next_cursor": "xyz"})
    assert plain({"next_cursor": "abc"}) != plain({"next_cursor": None})
    assert plain({"cursor": "abc"}) != plain({"cursor": "xyz"})


def test_lists_of_different_lengths_differ():
    assert [*differences([1], [1, 2], ".seqs")] == [".seqs is [1], at Stoory [1, 2]"]
