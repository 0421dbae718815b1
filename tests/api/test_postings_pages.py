"""The orders of a list of postings, and pages that show each row once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.postings import BOTH, Address, Superuser, apply, clear, for_both, lay, titles
from tests.world import ASHA, KABIR, OM, RAVI, Person, World

Client = httpx.AsyncClient

BEGAN = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def nothing_posted(world: World, superuser: Superuser) -> World:
    """Begin without postings."""
    await clear(superuser)
    return world


async def ids(client: Client, at: Address, **query: Any) -> list[str]:
    """Walk a list from its first page to its last and return every id it showed."""
    seen: list[str] = []
    while True:
        answer = await client.get(at.url, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()["pagination"]
        shown = [row["id"] for row in answer.json()[at.many]]
        assert set(shown).isdisjoint(seen)
        seen += shown
        assert (page["next_cursor"] is not None) is page["has_more"]
        if not page["has_more"]:
            return seen
        assert len(shown) == page["limit"]
        query["cursor"] = page["next_cursor"]


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


@for_both
@pytest.mark.parametrize("sort", ["newest", "oldest", "budget_high", "budget_low"])
async def test_a_page_may_end_among_equals(at: Address, sort: str, ravi: Client, superuser: Superuser):
    rows = [
        (day, budget, await lay(superuser, at, budget=(1, budget), created_at=BEGAN + timedelta(days=day)))
        for day in range(2)
        for budget in (1000, 2000)
        for _ in range(3)
    ]
    order = [str(posting_id) for _, _, posting_id in in_order(rows, sort)]

    for limit in range(1, 8):
        assert await ids(ravi, at, sort=sort, limit=limit) == order


Row = tuple[int, int, UUID]
"""The day it was posted, its largest budget, its id."""


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """Sort as the list should; between equals the id decides, in the same direction."""

    def place(row: Row) -> tuple[int, UUID]:
        day, budget, posting_id = row
        return (day if sort in ("newest", "oldest") else budget), posting_id

    return sorted(rows, key=place, reverse=sort in ("newest", "budget_high"))


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),  # days
        st.sampled_from([1000, 2000]),
        st.sampled_from(["open", "open", "completed"]),
        st.sampled_from([ASHA, KABIR]),
        st.booleans(),  # Ravi applied
    ),
    min_size=3,
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
    await clear(superuser)
    visible: list[Row] = []
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
    world.forget()

    expected = in_order(visible, sort)
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
