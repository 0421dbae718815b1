"""Finding postings: every filter, alone and together."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.postings import BIDS, CAMPAIGNS, Address, Superuser, clear, for_both, lay, titles
from tests.world import KABIR, RAVI, World

Client = httpx.AsyncClient


@pytest.fixture(autouse=True)
async def nothing_posted(world: World, superuser: Superuser) -> World:
    """Begin without postings."""
    await clear(superuser)
    return world


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
