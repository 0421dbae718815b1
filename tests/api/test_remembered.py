"""What everybody reads is kept in memory, and yet nobody who knows of a change reads what was before it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.postings import Address, for_both
from tests.world import RAVI, World

pytestmark = pytest.mark.usefixtures("unlimited")


async def listed(client: httpx.AsyncClient, at: Address, **query: Any) -> list[dict[str, Any]]:
    return (await client.get(at.url, params=query)).json()[at.many]


async def posted(client: httpx.AsyncClient, at: Address, title: str) -> str:
    budget = {"budget": 5000} if at.many == "campaigns" else {"min_budget": 4000, "max_budget": 6000}
    return (await client.post(at.url, json={"title": title, **budget})).json()[at.one]["id"]


@for_both
async def test_a_new_posting_is_listed_at_once_and_a_closed_one_no_more(
    at: Address, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
):
    before = await listed(ravi, at)
    id_ = await posted(asha, at, "New")
    with_it = await listed(ravi, at)
    await asha.put(f"{at.url}/{id_}", json={"title": "Newer"})
    renamed = await listed(ravi, at)
    await asha.put(f"{at.url}/{id_}", json={"status": "cancelled"})

    assert [row["title"] for row in with_it] == ["New", *(row["title"] for row in before)]
    assert renamed[0]["title"] == "Newer"
    assert await listed(ravi, at) == before


@for_both
async def test_what_one_influencer_applied_to_is_not_shown_to_another(
    at: Address, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, meera: httpx.AsyncClient
):
    id_ = await posted(asha, at, "New")
    await ravi.post("/api/requests", json={f"{at.one}_id": id_, "proposed_amount": 5000})

    for _ in range(2):  # Ravi's first list is what is kept, his second is made of it
        shown = {row["id"]: row["my_request"] for row in await listed(ravi, at)}
        assert shown[id_]["status"] == "pending"
        assert {row["id"]: row["my_request"] for row in await listed(meera, at)}[id_] is None


@for_both
async def test_the_pages_of_one_who_applied_to_what_has_closed_since_are_whole(
    at: Address, asha: httpx.AsyncClient, ravi: httpx.AsyncClient, meera: httpx.AsyncClient, world: World
):
    ids = [await posted(asha, at, f"Posting {number}") for number in range(7)]
    for id_ in ids[1::2]:
        await ravi.post("/api/requests", json={f"{at.one}_id": id_, "proposed_amount": 5000})
        await asha.put(f"{at.url}/{id_}", json={"status": "in_progress"})
    world.forget()
    everything = await listed(ravi, at, limit=100)

    for client in (meera, ravi, ravi):
        seen: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await client.get(at.url, params={"limit": 2, **cursor})).json()
            seen += page[at.many]
            if not page["pagination"]["has_more"]:
                break
            cursor = {"cursor": page["pagination"]["next_cursor"]}
        assert seen == (everything if client is ravi else [row for row in seen if row["status"] == "open"])
        assert {row["id"] for row in seen} >= set(ids[::2])


async def test_a_changed_profile_is_read_at_once(ravi: httpx.AsyncClient, meera: httpx.AsyncClient):
    address = f"/api/users/{RAVI.id}"
    await meera.get(address)
    await ravi.put("/api/auth/profile", json={"bio": "Coffee and trains"})

    assert (await meera.get(address)).json()["user"]["bio"] == "Coffee and trains"


async def test_of_many_who_read_while_it_changes_none_reads_back(
    ravi: httpx.AsyncClient, meera: httpx.AsyncClient
):
    address = f"/api/users/{RAVI.id}"
    told = 0
    is_over = asyncio.Event()

    async def read_on() -> None:
        while not is_over.is_set():
            known = told
            bio = (await meera.get(address)).json()["user"]["bio"]
            assert known <= int(bio)

    await ravi.put("/api/auth/profile", json={"bio": "0"})
    async with asyncio.TaskGroup() as readers:
        for _ in range(6):
            readers.create_task(read_on())
        for number in range(1, 40):
            await ravi.put("/api/auth/profile", json={"bio": str(number)})
            told = number
        is_over.set()
