"""What may stand in an address and behind its question mark."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stoory.platform import wire
from tests.world import VIDEO_BID

LISTS = [
    "/api/admin/users",
    "/api/auth/sessions",
    "/api/bids",
    "/api/campaigns",
    "/api/messages/conversations",
    "/api/messages/conversations/direct",
    "/api/requests",
    f"/api/bids/{VIDEO_BID}/applications",
]
NO_KEYS: list[Any] = [
    None, "", "\0", -1, 0, 2**63, 2**64, 10**30, 0.1, 1e300, True, [], {}, "now", "infinity", "x" * 100,
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00",
]  # fmt: skip
"""What no row sorts by."""

NOWHERE = "b1d00000-0000-4000-8000-00000000ffff"


def faults(answer: httpx.Response) -> dict[str, str]:
    """Return the field and message of each fault of a refused query."""
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_has_1_to_100_rows(om: httpx.AsyncClient, path: str) -> None:
    for limit in ("0", "-1", "101", "1.5", "ten", "", "0x10", "\u0661", "9" * 5000):
        assert faults(await om.get(path, params={"limit": limit})).keys() == {"limit"}


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_takes_its_bounds_and_its_default(om: httpx.AsyncClient, path: str) -> None:
    for limit in (1, 100):
        answer = (await om.get(path, params={"limit": limit, "include_total": "true"})).json()
        assert answer["pagination"]["limit"] == limit
        assert answer["pagination"]["total"] >= 0
    assert (await om.get(path)).json()["pagination"]["limit"] == 20


async def test_every_bad_parameter_is_named(om: httpx.AsyncClient) -> None:
    query = {"limit": "0", "include_total": "maybe", "created_by": "me", "min_budget": "1e5", "sort": "best"}

    assert faults(await om.get("/api/bids", params=query)) == {
        "limit": "expected int >= 1",
        "include_total": "expected bool, got str",
        "created_by": "invalid UUID",
        "min_budget": "has not the expected form",
        "sort": "invalid enum value 'best'",
    }


@pytest.mark.parametrize("path", LISTS)
async def test_what_is_no_cursor_is_refused(om: httpx.AsyncClient, path: str) -> None:
    for cursor in ("", "x", "é", "%00", "=", "W10", "bnVsbA", "e30", "x" * 500, "x" * 501):
        assert faults(await om.get(path, params={"cursor": cursor})).keys() == {"cursor"}


@pytest.fixture
async def cursors(om: httpx.AsyncClient) -> list[str]:
    """Return a cursor of each list that has a second page."""
    for i in range(2):
        await om.post("/api/campaigns", json={"title": f"Campaign {i}", "budget": 1000})
    pages = [
        (await om.get(path, params={"limit": 1} | query)).json()["pagination"]
        for path in LISTS
        for query in ({}, {"sort": "budget_high"}, {"sort": "oldest"})
    ]
    return [page["next_cursor"] for page in pages if page["has_more"]]


async def test_the_cursor_of_another_list_shows_nothing_more(
    om: httpx.AsyncClient, cursors: list[str]
) -> None:
    for cursor in cursors:
        for path in LISTS:
            for sort in ("newest", "budget_low"):
                answer = await om.get(path, params={"cursor": cursor, "sort": sort})
                assert answer.status_code == 200 or faults(answer).keys() == {"cursor"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_tampered_cursor_is_refused_or_harmless(
    om: httpx.AsyncClient, cursors: list[str], data: st.DataObject
) -> None:
    key: list[Any] = wire.decode(padded(data.draw(st.sampled_from(cursors))))
    key[data.draw(st.integers(0, len(key) - 1))] = data.draw(st.sampled_from(NO_KEYS))
    cursor = urlsafe_b64encode(wire.encode(key)).decode().rstrip("=")
    answer = await om.get(data.draw(st.sampled_from(LISTS)), params={"cursor": cursor})

    assert answer.status_code in (200, 422), (key, answer.text)


def padded(cursor: str) -> bytes:
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


@pytest.mark.parametrize(
    "number", ["1e999999999", "1e99999999999999999999", "1e-999999999", "9" * 300, "NaN"]
)
async def test_an_impossible_number_in_a_cursor_is_refused(om: httpx.AsyncClient, number: str) -> None:
    for key in (f"[{number}]", f'[{number},"{NOWHERE}"]', f'["budget_high",{number},"{NOWHERE}"]'):
        cursor = urlsafe_b64encode(key.encode()).decode().rstrip("=")
        for path in LISTS:
            answer = await om.get(path, params={"cursor": cursor, "sort": "budget_high"})
            assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "raw", ["%00", "a%00b", "%ED%A0%80", "%FF", "%", "%zz", "+", "%F0%9F%98%80", "x" * 5000]
)
async def test_a_query_holds_any_bytes_and_breaks_nothing(om: httpx.AsyncClient, raw: str) -> None:
    for path in ("/api/bids", "/api/campaigns", "/api/admin/users"):
        for name in ("search", "platform", "category", raw):
            answer = await om.get(f"{path}?{name}={raw}")
            assert answer.status_code in (200, 422)


async def test_a_query_that_repeats_itself_breaks_nothing(om: httpx.AsyncClient) -> None:
    for query in ("limit=1&limit=2", "search=a&search=b", "cursor=&cursor=", "&" * 1000, "limit[]=1"):
        assert (await om.get(f"/api/bids?{query}")).status_code in (200, 422)


@pytest.mark.parametrize(
    "segment", ["5", "me", NOWHERE, NOWHERE[:-1], "%00", "%2e%2e", "%ED%A0%80", "x" * 5000]
)
async def test_what_is_no_id_is_not_there_just_as_what_is_nobodys(
    om: httpx.AsyncClient, segment: str
) -> None:
    for path in (
        "/api/bids/{}",
        "/api/users/{}",
        "/api/messages/conversations/{}/messages",
        "/api/requests/{}",
    ):
        answer = await om.get(path.format(segment))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
