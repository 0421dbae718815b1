"""Finding postings: every filter, every order, and pages that show each row once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.postings import BIDS, BOTH, CAMPAIGNS, Address, Superuser, apply, for_both, lay
from tests.world import ASHA, KABIR, OM, RAVI, Person, World

Client = httpx.AsyncClient

BEGAN = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def nothing_posted(world: World, superuser: Superuser) -> World:
    """Take the postings out of the world."""
    await superuser.execute("delete from bids; delete from campaigns")
    return world


async def titles(client: Client, at: Address, **query: Any) -> list[str]:
    """Return the titles on the first page of a list."""
    answer = await client.get(at.url, params=query)
    assert answer.status_code == 200, answer.text
    return [row["title"] for row in answer.json()[at.many]]


async def ids(client: Client, at: Address, **query: Any) -> list[str]:
    """Walk a list from its first page to its last and return every id it showed."""
    seen: list[str] = []
    while True:
        answer = await client.get(at.url, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()["pagination"]
        seen += [row["id"] for row in answer.json()[at.many]]
        assert (page["next_cursor"] is not None) is page["has_more"]
        if not page["has_more"]:
            return seen
        assert len(answer.json()[at.many]) == page["limit"]
        query["cursor"] = page["next_cursor"]


def texts(values: Iterable[UUID]) -> set[str]:
    """Return ids as they stand on the wire."""
    return {str(value) for value in values}


@for_both
@pytest.mark.parametrize("field", ["platform", "language", "category", "content_type"])
async def test_a_list_is_filtered_by_a_text_whatever_its_case(
    at: Address, field: str, ravi: Client, superuser: Superuser
):
    named: dict[str, Any] = {field: "Été"}
    longer: dict[str, Any] = {field: "Été 2"}
    await lay(superuser, at, title="this", **named)
    await lay(superuser, at, title="other", **longer)
    await lay(superuser, at, title="silent")

    for text in ("Été", "été", "ÉTÉ"):
        assert await titles(ravi, at, **{field: text}) == ["this"]
    assert await titles(ravi, at, **{field: "%"}) == []


@for_both
async def test_a_list_is_filtered_by_status(at: Address, asha: Client, superuser: Superuser):
    for status in ("open", "in_progress", "completed", "cancelled"):
        await lay(superuser, at, title=status, status=status)

    for status in ("open", "in_progress", "completed", "cancelled"):
        assert await titles(asha, at, status=status) == [status]


@for_both
async def test_a_list_is_filtered_by_who_posted(at: Address, ravi: Client, superuser: Superuser):
    await lay(superuser, at, title="Asha's")
    await lay(superuser, at, title="Kabir's", by=KABIR)

    assert await titles(ravi, at, created_by=str(KABIR.id)) == ["Kabir's"]
    assert await titles(ravi, at, created_by=str(RAVI.id)) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"min_budget": 5000}, "bc"),
        ({"min_budget": "5000.01"}, "c"),
        ({"max_budget": 5000}, "ab"),
        ({"max_budget": "4999.99"}, "a"),
        ({"min_budget": 5000, "max_budget": 5000}, "b"),
        ({"min_budget": 5001, "max_budget": 5999}, ""),
        ({"min_budget": 9000, "max_budget": 1}, ""),
    ],
    ids=str,
)
async def test_a_campaign_is_found_when_its_budget_lies_within(
    query: dict[str, Any], found: str, ravi: Client, superuser: Superuser
):
    for title, budget in (("a", 4000), ("b", 5000), ("c", 6000)):
        await lay(superuser, CAMPAIGNS, title=title, budget=(budget, budget))

    assert sorted(await titles(ravi, CAMPAIGNS, **query)) == list(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"min_budget": 3000}, "ab"),
        ({"min_budget": "3000.01"}, "b"),
        ({"max_budget": 2000}, "ab"),
        ({"max_budget": "1999.99"}, "a"),
        ({"min_budget": 2500, "max_budget": 2600}, "ab"),
        ({"min_budget": 500, "max_budget": 1500}, "a"),
        ({"min_budget": 6000}, ""),
    ],
    ids=str,
)
async def test_a_bid_is_found_when_its_range_and_the_one_asked_for_meet(
    query: dict[str, Any], found: str, ravi: Client, superuser: Superuser
):
    await lay(superuser, BIDS, title="a", budget=(1000, 3000))
    await lay(superuser, BIDS, title="b", budget=(2000, 5000))

    assert sorted(await titles(ravi, BIDS, **query)) == list(found)


@for_both
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("summer", "ab"),
        ("SUMMER", "ab"),
        ("mmer coll", "b"),
        ("u", "abc"),
        ("100%", "c"),
        ("%", "c"),
        ("_", ""),
        ("\\", "c"),
        ("'", ""),
        ("winter", ""),
    ],
)
async def test_a_search_finds_words_in_title_and_description_as_they_are_written(
    at: Address, *, search: str, found: str, ravi: Client, superuser: Superuser
):
    await lay(superuser, at, title="Summer", description="Short films")
    await lay(superuser, at, title="Films", description="For our summer collection")
    await lay(superuser, at, title="Luck", description="100% pure \\o/")
    names = {"Summer": "a", "Films": "b", "Luck": "c"}

    assert sorted(names[title] for title in await titles(ravi, at, search=search)) == list(found)


@for_both
async def test_filters_add_up(at: Address, ravi: Client, superuser: Superuser):
    for platform in ("Instagram", "TikTok"):
        for category in ("food", "fashion"):
            for budget in (4000, 6000):
                await lay(
                    superuser,
                    at,
                    title=f"{platform} {category} {budget}",
                    platform=platform,
                    category=category,
                    budget=(budget, budget),
                )

    query = {"platform": "tiktok", "category": "food", "min_budget": 5000, "search": "tok"}
    assert await titles(ravi, at, **query) == ["TikTok food 6000"]


@for_both
@pytest.mark.parametrize(
    ("sort", "order"),
    [("newest", "cba"), ("oldest", "abc"), ("budget_high", "bca"), ("budget_low", "acb")],
)
async def test_a_list_comes_in_the_order_asked_for(
    at: Address, *, sort: str, order: str, ravi: Client, superuser: Superuser
):
    for n, (title, budget) in enumerate((("a", (900, 1000)), ("b", (1, 3000)), ("c", (100, 2000)))):
        await lay(superuser, at, title=title, budget=budget, created_at=BEGAN + timedelta(days=n))

    assert await titles(ravi, at, sort=sort) == list(order)


@for_both
async def test_the_newest_come_first_unless_something_else_is_asked_for(
    at: Address, ravi: Client, superuser: Superuser
):
    await lay(superuser, at, title="new", created_at=BEGAN + timedelta(days=1))
    await lay(superuser, at, title="old", created_at=BEGAN)

    assert await titles(ravi, at) == ["new", "old"]


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),  # days
        st.sampled_from([1000, 2000]),
        st.sampled_from(["open", "open", "completed"]),
        st.sampled_from([ASHA, KABIR]),
        st.booleans(),  # Ravi applied
    ),
    max_size=12,
)


@pytest.mark.breaks_invariants
@given(
    rows=ROWS,
    at=st.sampled_from(BOTH),
    sort=st.sampled_from(["newest", "oldest", "budget_high", "budget_low"]),
    limit=st.integers(1, 5),
    person=st.sampled_from([ASHA, RAVI, OM]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_show_every_row_once_in_order_however_many_are_equal(
    *,
    rows: list[tuple[int, int, str, Person, bool]],
    at: Address,
    sort: str,
    limit: int,
    person: Person,
    world: World,
    superuser: Superuser,
):
    await superuser.execute("delete from requests; delete from bids; delete from campaigns")
    visible: list[tuple[int, int, UUID]] = []
    for day, budget, status, owner, applied in rows:
        posting_id = await lay(
            superuser,
            at,
            by=owner,
            status=status,
            budget=(budget, budget),
            created_at=BEGAN + timedelta(days=day),
        )
        if applied:
            await apply(superuser, at, posting_id, RAVI)
        if person is OM or owner is person or (person is RAVI and (status == "open" or applied)):
            visible.append((day, budget, posting_id))

    def place(row: tuple[int, int, UUID]) -> tuple[int, UUID]:
        day, budget, posting_id = row
        return (day if sort in ("newest", "oldest") else budget), posting_id

    expected = sorted(visible, key=place, reverse=sort in ("newest", "budget_high"))
    async with world.client(person) as client:
        assert await ids(client, at, sort=sort, limit=limit) == [
            str(posting_id) for _, _, posting_id in expected
        ]
        counted = await client.get(at.url, params={"limit": 1, "include_total": True, "sort": sort})
        assert counted.json()["pagination"]["total"] == len(expected)


@for_both
async def test_the_total_counts_what_the_filters_leave_on_all_pages_together(
    at: Address, ravi: Client, superuser: Superuser
):
    for n in range(5):
        await lay(superuser, at, platform="TikTok" if n else "Instagram")
    query: dict[str, Any] = {"platform": "tiktok", "limit": 3, "include_total": True}
    first = (await ravi.get(at.url, params=query)).json()["pagination"]

    rest = (await ravi.get(at.url, params=query | {"cursor": first["next_cursor"]})).json()["pagination"]

    assert (first["total"], first["has_more"], first["limit"]) == (4, True, 3)
    assert rest == {"limit": 3, "next_cursor": None, "has_more": False, "total": 4}
    assert "total" not in (await ravi.get(at.url)).json()["pagination"]


@for_both
async def test_a_page_goes_on_where_it_ended_although_newer_ones_came(
    at: Address, ravi: Client, superuser: Superuser
):
    laid = [await lay(superuser, at, created_at=BEGAN + timedelta(days=n)) for n in range(4)]
    first = (await ravi.get(at.url, params={"limit": 2})).json()
    await lay(superuser, at, created_at=BEGAN + timedelta(days=9))

    rest = await ids(ravi, at, limit=2, cursor=first["pagination"]["next_cursor"])

    assert rest == [str(laid[1]), str(laid[0])]


@for_both
@pytest.mark.parametrize(
    "cursor", ["x", "é", "W10", "WzFd", "bnVsbA", "WyJhIiwxLCJiIl0", "W251bGwsbnVsbCxudWxsXQ"]
)
async def test_a_cursor_that_is_none_of_ours_is_refused(at: Address, cursor: str, ravi: Client):
    answer = await ravi.get(at.url, params={"cursor": cursor})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


@for_both
async def test_every_wrong_part_of_a_query_is_named(at: Address, ravi: Client):
    bad = {
        "status": "gone",
        "created_by": "asha",
        "min_budget": "-1",
        "max_budget": "1e9",
        "search": "",
        "sort": "best",
        "limit": "101",
    }

    answer = await ravi.get(at.url, params=bad)

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == set(bad)
