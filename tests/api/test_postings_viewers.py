"""What Asha, Ravi, Meera, Kabir, Om and nobody see of a posting, and what none of them can make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from stoory.actor import Actor
from stoory.platform.database import Tx
from stoory.postings import actions, queries
from stoory.postings.search import Wanted
from tests.postings import BOTH, Address, Superuser, apply, for_both, lay, posted
from tests.world import ASHA, KABIR, MEERA, OM, RAVI, Person, World

Client = httpx.AsyncClient

EVERYBODY = (ASHA, RAVI, MEERA, KABIR, OM)


def same_answer(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether two answers can only be told apart by request id."""
    return _without_id(one) == _without_id(other)


def _without_id(answer: httpx.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.json() | {"request_id": ""}, headers


async def who_sees(world: World, at: Address, posting_id: UUID) -> set[str]:
    """Return the names of those who can open a posting; they are exactly those who find it in their list."""
    seeing: set[str] = set()
    for person in EVERYBODY:
        async with world.client(person) as client:
            answer = await client.get(f"{at.url}/{posting_id}")
            assert answer.status_code in (200, 404)
            found = (await client.get(at.url, params={"limit": 100})).json()[at.many]
            assert (str(posting_id) in [row["id"] for row in found]) is (answer.status_code == 200)
            if answer.status_code == 200:
                seeing.add(person.name)
    return seeing


@for_both
async def test_an_open_posting_is_seen_by_its_owner_every_influencer_and_operators(at: Address, world: World):
    assert await who_sees(world, at, at.known) == {"Asha", "Ravi", "Meera", "Om"}


@pytest.mark.breaks_invariants
@for_both
@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled"])
async def test_a_posting_that_is_not_open_is_seen_only_by_those_who_applied_to_it(
    at: Address, status: str, world: World, superuser: Superuser
):
    posting_id = await lay(superuser, at, status=status)
    await apply(superuser, at, posting_id, RAVI, status="cancelled")

    assert await who_sees(world, at, posting_id) == {"Asha", "Ravi", "Om"}


@for_both
async def test_who_is_not_signed_in_sees_and_does_nothing(at: Address, nobody: Client):
    for method, url in (
        ("GET", at.url),
        ("POST", at.url),
        ("GET", f"{at.url}/{at.known}"),
        ("PUT", f"{at.url}/{at.known}"),
        ("DELETE", f"{at.url}/{at.known}"),
    ):
        answer = await nobody.request(method, url)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


@for_both
async def test_an_influencer_posts_changes_and_deletes_nothing(at: Address, ravi: Client):
    body = at.example
    for method, url in (
        ("POST", at.url),
        ("PUT", f"{at.url}/{at.known}"),
        ("DELETE", f"{at.url}/{at.known}"),
    ):
        answer = await ravi.request(method, url, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@for_both
async def test_to_kabir_ashas_posting_looks_as_if_it_had_never_been(at: Address, kabir: Client, asha: Client):
    for method in ("GET", "PUT", "DELETE"):
        body: dict[str, Any] = {} if method != "PUT" else {"json": {"title": "Mine now"}}
        real = await kabir.request(method, f"{at.url}/{at.known}", **body)
        never = await kabir.request(method, f"{at.url}/{uuid4()}", **body)

        assert real.status_code == 404
        assert same_answer(real, never)
    assert (await asha.get(f"{at.url}/{at.known}")).json()[at.one]["title"] == at.example["title"]


async def test_a_campaign_is_not_a_bid(asha: Client):
    campaigns, bids = BOTH

    assert (await asha.get(f"{bids.url}/{campaigns.known}")).status_code == 404
    assert (await asha.get(f"{campaigns.url}/{bids.known}")).status_code == 404
    assert (await asha.get(f"{bids.url}/not-an-id")).status_code == 404


@for_both
async def test_the_rule_alone_keeps_kabir_out_where_there_is_no_wall(at: Address, world: World):
    kabir = await world.sign_in(KABIR)

    for act in (_rename, _remove):
        with pytest.raises(Exception, match="Not found"):
            async with world.db.as_system("a test without walls") as tx:
                await act(tx, kabir, at)


async def _rename(tx: Tx, actor: Actor, at: Address) -> None:
    await actions.change(tx, actor, at.kind, at.known, {"title": "Mine now"})


async def _remove(tx: Tx, actor: Actor, at: Address) -> None:
    await actions.remove(tx, actor, at.kind, at.known)


@pytest.mark.breaks_invariants
@for_both
async def test_the_owner_and_operators_are_told_how_many_applied_and_influencers_are_not(
    at: Address, world: World, superuser: Superuser
):
    await apply(superuser, at, at.known, RAVI, status="rejected")
    await apply(superuser, at, at.known, MEERA, status="pending")
    await apply(superuser, at, at.known, RAVI, status="cancelled")

    for person, expected in ((ASHA, 2), (OM, 2), (RAVI, None), (MEERA, None)):
        for row in await both_ways(world, at, person):
            assert row.get("applications_count") == expected
            assert ("applications_count" in row) is (expected is not None)


@pytest.mark.breaks_invariants
@for_both
async def test_an_influencer_is_told_the_latest_of_her_own_applications_and_nobody_elses(
    at: Address, world: World, superuser: Superuser
):
    began = datetime(2026, 2, 1, tzinfo=UTC)
    latest = await apply(superuser, at, at.known, RAVI, created_at=began + timedelta(days=2))
    await apply(superuser, at, at.known, RAVI, status="cancelled", created_at=began)

    for row in await both_ways(world, at, RAVI):
        assert row["my_request"] == {"id": str(latest), "status": "pending"}
    for row in await both_ways(world, at, MEERA):
        assert row["my_request"] is None
    for row in [*await both_ways(world, at, ASHA), *await both_ways(world, at, OM)]:
        assert "my_request" not in row


async def both_ways(world: World, at: Address, person: Person) -> list[dict[str, Any]]:
    """Return Asha's posting as that person sees it: opened, and in the list."""
    async with world.client(person) as client:
        opened = (await client.get(f"{at.url}/{at.known}")).json()[at.one]
        listed = (await client.get(at.url)).json()[at.many]
    return [opened, next(row for row in listed if row["id"] == str(at.known))]


@for_both
async def test_what_is_read_only_is_ignored_and_what_does_not_exist_is_refused(at: Address, asha: Client):
    claims: dict[str, Any] = {
        "id": str(uuid4()),
        "created_by": str(KABIR.id),
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
        "applications_count": 99,
        "my_request": {"id": str(uuid4()), "status": "approved"},
    }
    made = await posted(asha, at, **claims, status="completed")
    assert made["status"] == "open"
    for key, claimed in claims.items():
        assert made.get(key) != claimed

    answer = await asha.put(f"{at.url}/{made['id']}", json=claims)
    assert answer.json()[at.one] == made


@for_both
async def test_no_column_of_any_table_can_be_slipped_in(at: Address, asha: Client, superuser: Superuser):
    """Whatever a body may not set is refused or changes nothing."""
    before = (await asha.get(f"{at.url}/{at.known}")).json()[at.one]
    columns = await superuser.fetch(
        "select distinct column_name from information_schema.columns where table_schema = 'public'"
    )
    settable = {*before, "budget", "min_budget", "max_budget"} - {
        "id", "created_by", "created_at", "updated_at", "applications_count", "my_request"
    }  # fmt: skip
    for column in {record["column_name"] for record in columns} - settable:
        answer = await asha.put(f"{at.url}/{at.known}", json={column: str(KABIR.id)})
        assert answer.status_code == 422 or answer.json()[at.one] == before, column


@pytest.mark.breaks_invariants
@for_both
async def test_the_list_finds_exactly_what_the_wall_lets_through(
    at: Address, world: World, superuser: Superuser
):
    """The search looks from outside the wall, with a rule of its own: the two must agree."""
    for status in ("open", "in_progress", "completed", "cancelled"):
        for owner in (ASHA, KABIR, OM):
            posting_id = await lay(superuser, at, by=owner, status=status)
            if owner is not KABIR:
                await apply(superuser, at, posting_id, RAVI)

    for person in EVERYBODY:
        actor = await world.sign_in(person)
        async with world.db.as_user(actor, readonly=True) as tx:
            found = await queries.find(tx, at.kind, Wanted(), None, limit=1000)
            seen = [record["id"] for record in await tx.connection.fetch(f"select id from {at.many}")]
        assert len(found) == len(set(found))
        assert set(found) == set(seen), person.name


@for_both
@pytest.mark.usefixtures("world")
async def test_without_a_user_nothing_is_found(at: Address, superuser: Superuser):
    async with superuser.transaction():
        await superuser.execute("set local role stoory_api")
        found = await superuser.fetch(
            "select app.find_postings($1, null, null, null, null, null, null, null, null, null, 'newest',"
            " null, null, null, 20)",
            at.one,
        )
    assert found == []
