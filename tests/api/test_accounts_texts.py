"""Texts that are none are refused in every body, wherever in it they stand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.world import PASSWORD, RAVI

NUL = b"\\u0000"
HALF_A_PAIR = b"\\ud800"


async def send(client: httpx.AsyncClient, method: str, path: str, raw: bytes) -> httpx.Response:
    return await client.request(method, path, content=raw, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("bad", [NUL, HALF_A_PAIR, b"\\udc00", b"\\udc00\\ud800", b"x\\uD83Dx"])
async def test_a_text_that_is_none_is_refused_with_its_place(ravi: httpx.AsyncClient, bad: bytes) -> None:
    raw = b'{"bio": "a%sb", "languages": ["English", "%s"], "social_platforms": [{"platform": "%s"}]}' % (
        bad,
        bad,
        bad,
    )
    answer = await send(ravi, "PUT", "/api/auth/profile", raw)

    assert answer.status_code == 422
    places = [error["field"] for error in answer.json()["errors"]]
    assert places == ["bio", "languages[1]", "social_platforms[0].platform"]


@pytest.mark.parametrize("bad", [NUL, HALF_A_PAIR])
async def test_also_a_password_and_an_unknown_key_are_texts(nobody: httpx.AsyncClient, bad: bytes) -> None:
    password = b'{"phone": "%s", "password": "%s%s"}' % (RAVI.phone.encode(), PASSWORD.encode(), bad)
    answer = await send(nobody, "POST", "/api/auth/login", password)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "password")

    key = b'{"phone": "x", "password": "y", "%s": 1}' % bad
    answer = await send(nobody, "POST", "/api/auth/login", key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "\ufffd")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\\\\u0000", "\\u0000"),
        (b"\\\\ud800", "\\ud800"),
        (b"\\ud83d\\ude00", "\U0001f600"),
        (b"\\u0001".replace(b"1", b"9"), "\t"),
    ],
)
async def test_what_only_looks_like_it_is_a_text(ravi: httpx.AsyncClient, raw: bytes, text: str) -> None:
    answer = await send(ravi, "PUT", "/api/auth/profile", b'{"bio": "%s"}' % raw)

    assert answer.status_code == 200
    assert answer.json()["user"]["bio"] == text


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"bio": "\xff"}',
        b'{"bio": "\x00"}',
        b'{"bio": NaN}',
        b'{"bio": "x"} x',
        b"[" * 5000,
        b'{"bio": "\\ud800"',
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
async def test_what_is_no_json_is_unreadable(ravi: httpx.AsyncClient, raw: bytes) -> None:
    assert (await send(ravi, "PUT", "/api/auth/profile", raw)).status_code == 400


@pytest.mark.parametrize("params", [{"search": "\x00"}, {"search": "a\x00b"}, {"cursor": "\x00"}])
async def test_a_query_is_a_text_too(om: httpx.AsyncClient, params: dict[str, Any]) -> None:
    assert (await om.get("/api/admin/users", params=params)).status_code == 422
