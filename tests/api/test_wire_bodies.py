"""What may be sent to the API, over HTTP and as far as the column it ends in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stoory.money import MAX_PAISE, Money
from stoory.platform import wire
from tests.world import VIDEO_BID, World

pytestmark = pytest.mark.usefixtures("unlimited")

JSON = {"Content-Type": "application/json"}
BID: dict[str, Any] = {"title": "One reel", "min_budget": 1000, "max_budget": 2000}
EXACT = msgspec.json.Decoder(float_hook=Decimal)


def faults(answer: httpx.Response) -> dict[str, str]:
    """Return the field and message of each fault, as a refused body is answered."""
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


async def test_every_bad_field_is_named(asha: httpx.AsyncClient) -> None:
    body = {
        "title": "",
        "min_budget": "1000",
        "deliverables": ["one", 2],
        "starts_at": "soon",
        "colour": "red",
    }

    assert faults(await asha.post("/api/bids", json=body)) == {
        "colour": "is not known",
        "title": "expected str of length >= 1",
        "min_budget": "must be a number of rupees",
        "max_budget": "is required",
        "deliverables[1]": "expected str, got int",
        "starts_at": "invalid RFC3339 encoded datetime",
    }


async def test_what_was_read_can_be_sent_back(asha: httpx.AsyncClient, ravi: httpx.AsyncClient) -> None:
    bid = (await asha.get(f"/api/bids/{VIDEO_BID}")).json()["bid"]
    profile = (await ravi.get("/api/auth/profile")).json()["user"]

    assert (await asha.put(f"/api/bids/{VIDEO_BID}", json=bid)).status_code == 200
    assert (await ravi.put("/api/auth/profile", json=profile)).status_code == 200


async def test_a_body_is_json_and_says_so(asha: httpx.AsyncClient) -> None:
    raw = json.dumps(BID).encode()
    for content_type in ("application/json", "application/json; charset=utf-8", "Application/JSON ; x=y"):
        answer = await asha.post("/api/bids", content=raw, headers={"Content-Type": content_type})
        assert answer.status_code == 201, content_type
    assert (await asha.post("/api/bids", content=raw)).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/json",
        "application/jsonp",
        "application/x-msgpack",
        "application/merge-patch+json",
        "x" * 5000,
        "",
    ],
)
async def test_any_other_content_type_is_refused(asha: httpx.AsyncClient, content_type: str) -> None:
    answer = await asha.post("/api/bids", content=json.dumps(BID), headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert len(answer.content) < 1000


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"5", b'"x"'])
async def test_a_body_that_is_no_object_is_refused(asha: httpx.AsyncClient, raw: bytes) -> None:
    assert faults(await asha.post("/api/bids", content=raw, headers=JSON)) == {"": "must be a JSON object"}


@pytest.mark.parametrize(
    "raw", [b"{", b"title=One", b'{"max_budget": NaN}', b'{"max_budget": -Infinity}', b"\xff"]
)
async def test_what_is_no_json_is_unreadable(asha: httpx.AsyncClient, raw: bytes) -> None:
    answer = await asha.post("/api/bids", content=raw, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")


async def test_where_a_body_may_be_left_out_nothing_and_null_do(asha: httpx.AsyncClient) -> None:
    other = {"user_id": "a5000000-0000-4000-8000-000000000002", "message": "Hello"}
    opened = (await asha.post("/api/messages/conversations", json=other)).json()["conversation"]
    path = f"/api/messages/conversations/{opened['id']}/seen"

    for raw in (b"", b"null", b"{}", b'{"up_to_seq": 1}'):
        answer = await asha.put(path, content=raw, headers=JSON)
        assert (answer.status_code, answer.json()["seen_up_to"]) == (200, 1)
    assert faults(await asha.put(path, content=b"[]", headers=JSON)) == {"": "must be a JSON object"}


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_has_at_most_256_kib(asha: httpx.AsyncClient, *, chunked: bool) -> None:
    async def pieces(raw: bytes) -> AsyncIterator[bytes]:
        for begin in range(0, len(raw), 10_000):
            yield raw[begin : begin + 10_000]

    def of_size(size: int) -> bytes:
        return b'{"title": "' + b"x" * (size - 13) + b'"}'

    for size, status in ((256 * 1024, 422), (256 * 1024 + 1, 413), (10_000_000, 413)):
        raw = of_size(size)
        answer = await asha.post("/api/bids", content=pieces(raw) if chunked else raw, headers=JSON)
        assert answer.status_code == status
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ('"5"', "must be a number of rupees"),
        ("true", "must be a number of rupees"),
        ("null", "must be a number of rupees"),
        ("0", "must be greater than 0"),
        ("-1", "must be greater than 0"),
        ("1000.001", "must have at most two decimals"),
        ("100000000", "must be at most 99999999.99"),
        ("1e400", "is out of range"),
        ("1e99999999999999999999", "is out of range"),
    ],
)
async def test_a_bad_amount_is_refused_by_name(asha: httpx.AsyncClient, amount: str, message: str) -> None:
    raw = f'{{"title": "One reel", "min_budget": 1, "max_budget": {amount}}}'

    assert faults(await asha.post("/api/bids", content=raw, headers=JSON)) == {"max_budget": message}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(least=st.integers(100, MAX_PAISE), more=st.integers(0, MAX_PAISE))
@example(least=110, more=220)
@example(least=MAX_PAISE, more=0)
@example(least=100, more=1)
async def test_an_amount_goes_through_column_and_answer_to_the_paisa(
    asha: httpx.AsyncClient, world: World, least: int, more: int
) -> None:
    budget = {"min_budget": Money(least), "max_budget": Money(min(least + more, MAX_PAISE))}
    answer = await asha.post("/api/bids", content=wire.encode({"title": "x"} | budget), headers=JSON)
    bid = EXACT.decode(answer.content)["bid"]
    again = EXACT.decode((await asha.get(f"/api/bids/{bid['id']}")).content)["bid"]
    async with world.db.as_system("a test looks at the column") as tx:
        kept = await tx.connection.fetchrow(
            "select min_budget, max_budget from bids where id = $1", bid["id"]
        )

    assert kept is not None
    for name, amount in budget.items():
        assert Money.from_wire(bid[name]) == Money.from_wire(again[name]) == kept[name] == amount


async def test_texts_are_kept_as_they_are_or_refused(ravi: httpx.AsyncClient) -> None:
    for bio in ("\U0001f600 é \u200f", "\\u0000", "a\r\nb", "'; drop table users; --"):
        answer = await ravi.put("/api/auth/profile", json={"bio": bio})
        assert (answer.status_code, answer.json()["user"]["bio"]) == (200, bio)
    for escape in ("\\u0000", "\\ud800"):
        raw = f'{{"bio": "{escape}"}}'
        refused = faults(await ravi.put("/api/auth/profile", content=raw, headers=JSON))
        assert refused == {"bio": "holds a character that no text has"}
