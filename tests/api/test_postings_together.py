"""Postings when several people act at once, and what their end means for the deals they led to."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from stoory.platform import wire
from stoory.platform.postgres import Server
from stoory.postings import actions
from stoory.postings.rules import Status
from stoory.settings import Settings
from tests.postings import Address, Superuser, apply, for_both, lay
from tests.watching import one_connection, statements
from tests.world import ASHA, MEERA, RAVI, World

Client = httpx.AsyncClient


async def closing(superuser: Superuser) -> set[str]:
    """Return the requests whose deals wait to be closed, one a job."""
    payloads = await superuser.fetch(
        "select payload from queue.pgqueuer where entrypoint = 'posting_cancelled'"
    )
    ids = [wire.decode(record["payload"])["request_id"] for record in payloads]
    assert len(ids) == len(set(ids))
    return set(ids)


@pytest.mark.breaks_invariants
@for_both
async def test_cancelling_has_every_unfunded_deal_closed_by_a_job_of_its_own_and_no_other(
    at: Address, asha: Client, superuser: Superuser
):
    unfunded = {
        str(await apply(superuser, at, at.known, RAVI, status="pending")),
        str(await apply(superuser, at, at.known, MEERA, status="approved")),
    }
    for status in ("rejected", "completed", "cancelled"):
        await apply(superuser, at, at.known, RAVI, status=status)
    await apply(superuser, at, await lay(superuser, at), RAVI, status="pending")

    assert (await asha.put(f"{at.url}/{at.known}", json={"status": "cancelled"})).status_code == 200
    assert await closing(superuser) == unfunded

    assert (await asha.put(f"{at.url}/{at.known}", json={"status": "cancelled"})).status_code == 200
    assert await closing(superuser) == unfunded


@pytest.mark.breaks_invariants
@for_both
async def test_a_cancellation_that_is_refused_closes_nothing(at: Address, asha: Client, superuser: Superuser):
    await apply(superuser, at, at.known, RAVI)

    answer = await asha.put(f"{at.url}/{at.known}", json={"status": "cancelled"} | at.budget(0.5))

    assert answer.status_code == 422
    assert await closing(superuser) == set()
    assert (await asha.get(f"{at.url}/{at.known}")).json()[at.one]["status"] == "open"


@pytest.mark.breaks_invariants
@for_both
async def test_whatever_else_asha_changes_closes_no_deal(at: Address, asha: Client, superuser: Superuser):
    await apply(superuser, at, at.known, RAVI)

    for change in ({"title": "New"}, at.budget(1), {"status": "in_progress"}, {"status": "completed"}):
        assert (await asha.put(f"{at.url}/{at.known}", json=change)).status_code == 200

    assert await closing(superuser) == set()


@for_both
async def test_ravis_application_ends_when_asha_cancels_what_he_applied_to(
    at: Address, world: World, asha: Client, ravi: Client
):
    body = {f"{at.one}_id": str(at.known), "proposed_amount": 5000}
    request = (await ravi.post("/api/requests", json=body)).json()["request"]

    await asha.put(f"{at.url}/{at.known}", json={"status": "cancelled"})
    await world.do_jobs()

    assert (await ravi.get(f"/api/requests/{request['id']}")).json()["request"]["status"] == "rejected"
    shown = (await ravi.get(f"{at.url}/{at.known}")).json()[at.one]
    assert (shown["status"], shown["my_request"]["status"]) == ("cancelled", "rejected")


@for_both
async def test_who_applies_while_asha_cancels_is_refused_or_closed_but_never_left_behind(
    at: Address, world: World, asha: Client, ravi: Client, meera: Client
):
    body = {f"{at.one}_id": str(at.known), "proposed_amount": 5000}

    *applied, cancelled = await asyncio.gather(
        ravi.post("/api/requests", json=body),
        meera.post("/api/requests", json=body),
        asha.put(f"{at.url}/{at.known}", json={"status": "cancelled"}),
    )
    await world.do_jobs()

    assert cancelled.status_code == 200
    assert {answer.status_code for answer in applied} <= {201, 404, 409}
    requests = (await asha.get("/api/requests")).json()["requests"]
    assert {request["status"] for request in requests} <= {"rejected"}


@for_both
async def test_who_applies_while_asha_deletes_keeps_the_posting_or_finds_it_gone(
    at: Address, asha: Client, ravi: Client
):
    body = {f"{at.one}_id": str(at.known), "proposed_amount": 5000}

    applied, deleted = await asyncio.gather(
        ravi.post("/api/requests", json=body), asha.delete(f"{at.url}/{at.known}")
    )

    assert (applied.status_code, deleted.status_code) in {(201, 409), (404, 200)}


@for_both
async def test_two_changes_at_once_are_both_kept(at: Address, world: World):
    fields = {"title": "New", "description": "New", "requirements": "New", "usage_rights": "New"}
    async with world.client(ASHA) as asha:
        answers = await asyncio.gather(
            *(asha.put(f"{at.url}/{at.known}", json={field: text}) for field, text in fields.items())
        )
        shown = (await asha.get(f"{at.url}/{at.known}")).json()[at.one]

    assert {answer.status_code for answer in answers} == {200}
    assert {field: shown[field] for field in fields} == fields


@for_both
async def test_a_posting_follows_its_deals_but_stays_as_its_owner_closed_it(at: Address, world: World):
    async with world.db.as_system("a test hires") as tx:
        assert (await actions.follow(tx, at.kind, at.known, Status.IN_PROGRESS)).status is Status.IN_PROGRESS
    async with world.client(ASHA) as asha:
        assert (await asha.get(f"{at.url}/{at.known}")).json()[at.one]["status"] == "in_progress"
        await asha.put(f"{at.url}/{at.known}", json={"status": "cancelled"})

        async with world.db.as_system("a test completes") as tx:
            assert (await actions.follow(tx, at.kind, at.known, Status.COMPLETED)).status is Status.CANCELLED
        assert (await asha.get(f"{at.url}/{at.known}")).json()[at.one]["status"] == "cancelled"


@pytest.mark.breaks_invariants
@for_both
@pytest.mark.usefixtures("world")
async def test_a_page_of_thirty_costs_as_many_queries_as_a_page_of_one(
    at: Address, server: Server, settings: Settings, superuser: Superuser
):
    async with one_connection(server, settings) as (narrow, connection):
        for person in (RAVI, ASHA):
            async with narrow.client(person) as client:
                await client.get(at.url)
                costs: list[int] = []
                for rows in (1, 30):
                    with statements(connection) as executed:
                        answer = await client.get(at.url, params={"limit": rows, "include_total": True})
                    assert len(answer.json()[at.many]) >= min(rows, 15)
                    costs.append(len(executed))
                    for _ in range(30):
                        await apply(superuser, at, await lay(superuser, at), RAVI)
            assert costs[0] == costs[1] <= 5, person.name  # open, find, read, count, commit
