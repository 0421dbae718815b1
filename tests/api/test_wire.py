"""Every answer wears the same frame, whatever went wrong."""

from __future__ import annotations

import httpx


async def test_an_unknown_address_answers_the_envelope(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/api/nothing-here")

    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "message": "Not found.",
        "code": "not_found",
        "request_id": answer.headers["x-request-id"],
    }


async def test_a_wrong_method_answers_the_envelope_and_names_the_right_ones(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/health")

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


async def test_every_answer_carries_the_security_headers(nobody: httpx.AsyncClient) -> None:
    for path in ("/health", "/nothing-here", "/schema"):
        headers = (await nobody.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src" in headers["content-security-policy"]
        assert headers["x-request-id"]


async def test_it_is_ready_once_the_database_answers(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/ready")

    assert answer.json() == {"success": True, "checks": {"database": "ok"}}
