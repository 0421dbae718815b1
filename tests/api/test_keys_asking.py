"""Asking with an API key: as its owner, as far as the key goes, and not a moment longer than it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
import httpx
import pytest

from stoory.platform.http.openapi import document
from stoory.platform.tokens import new_api_key
from tests.keys import make, program, revoke
from tests.logins import Later, Login
from tests.policies.who_may import handlers
from tests.world import ASHA, OM, PASSWORD, RAVI, VIDEO_BID, World

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

NEEDS_SESSION = {
    "POST /api/auth/logout",
    "GET /api/auth/sessions",
    "DELETE /api/auth/sessions/{session_id}",
    "PUT /api/auth/password",
    "PUT /api/auth/profile",
    "POST /api/api-keys",
    "GET /api/api-keys",
    "DELETE /api/api-keys/{key_id}",
    "POST /api/wallet/payout-account",
}
"""What a stolen key must not do, or it would outlive its end: make keys, change how one signs in, where money goes."""

NOBODYS = "00000000-0000-4000-8000-000000000000"
UNKNOWN = "There is no such API key, or it has expired or was revoked."


class AnyId(dict[str, str]):
    """An id for whatever an address names."""

    def __missing__(self, key: str) -> str:
        return NOBODYS


async def refusal(client: httpx.AsyncClient, route: str) -> tuple[int, str | None]:
    """Ask a route about nothing; return its status and code."""
    method, path = route.split()
    answer = await client.request(method, path.format_map(AnyId()))
    is_json = answer.headers.get("content-type", "") == "application/json" and method != "HEAD"
    return answer.status_code, answer.json().get("code") if is_json else None


def signed_in_routes(world: World) -> dict[str, Any]:
    return {
        route: handler for route, handler in handlers(world.app.litestar).items() if handler.opt.get("who")
    }


async def test_a_key_opens_every_route_of_its_owner_but_those_that_need_a_session(world: World) -> None:
    routes = signed_in_routes(world)
    for person in (ASHA, RAVI, OM):
        async with world.client(person) as client:
            made = await make(client, "write")
        async with program(world, made.key) as client:
            codes = {route: await refusal(client, route) for route in routes}
        assert {route for route, told in codes.items() if told == (403, "needs_session")} == NEEDS_SESSION
        assert [route for route, told in codes.items() if told[0] in (400, 401)] == []


async def test_a_key_for_reading_changes_nothing_whatever_the_route(world: World) -> None:
    routes = signed_in_routes(world)
    async with world.client(OM) as om:
        made = await make(om, "read")
    async with program(world, made.key) as client:
        for route in routes:
            told = await refusal(client, route)
            if route in NEEDS_SESSION:
                assert told == (403, "needs_session"), route
            elif route.startswith("GET"):
                assert told[1] != "read_only_key", route
                assert (await refusal(client, route.replace("GET", "HEAD")))[0] == told[0], route
            else:
                assert told == (403, "read_only_key"), route


async def test_the_description_says_where_a_key_may_ask(world: World) -> None:
    described: dict[str, Any] = document(world.app.litestar)
    takes = {
        f"{method.upper()} {path}": [next(iter(each)) for each in operation.get("security", ())]
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }
    for route, handler in handlers(world.app.litestar).items():
        if route in takes:
            expected = (
                []
                if not handler.opt["who"]
                else ["bearer"]
                if route in NEEDS_SESSION
                else ["bearer", "api_key"]
            )
            assert takes[route] == expected, route
    scheme = described["components"]["securitySchemes"]["api_key"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")


async def test_a_program_sees_and_does_what_its_owner_may(
    world: World, asha: httpx.AsyncClient, ravi: httpx.AsyncClient
) -> None:
    made = [await make(client) for client in (asha, ravi)]
    async with program(world, made[0].key) as ashas, program(world, made[1].key) as ravis:
        assert (await ashas.get("/api/bids")).json() == (await asha.get("/api/bids")).json()
        changed = await ashas.put(f"/api/bids/{VIDEO_BID}", json={"title": "By a program"})
        assert (changed.status_code, changed.json()["bid"]["title"]) == (200, "By a program")
        refused = await ravis.put(f"/api/bids/{VIDEO_BID}", json={"title": "By another"})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_every_bad_key_is_the_same_401(world: World, asha: httpx.AsyncClient) -> None:
    good, gone = await make(asha), await make(asha)
    await revoke(asha, gone)
    token = asha.headers["Authorization"].removeprefix("Bearer ")
    answers: list[dict[str, Any]] = []
    for bad in ("", "x", token, new_api_key(), good.key[:-1], good.key + "x", good.key.swapcase(), gone.key):
        async with program(world, bad) as client:
            answer = await client.get("/api/bids")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), bad
        answers.append(answer.json() | {"request_id": ""})
    assert {answer["message"] for answer in answers} == {UNKNOWN}
    assert {answer["code"] for answer in answers} == {"not_signed_in"}


async def test_a_key_is_no_token(world: World, asha: httpx.AsyncClient) -> None:
    made = await make(asha)
    async with world.client() as client:
        client.headers["Authorization"] = f"Bearer {made.key}"
        assert (await client.get("/api/bids")).status_code == 401


async def test_a_token_and_a_key_at_once_are_one_too_many(asha: httpx.AsyncClient) -> None:
    made = await make(asha)
    answer = await asha.get("/api/bids", headers={"X-API-Key": made.key})

    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    assert answer.json()["message"] == "Send either an access token or an API key, not both."


async def test_where_nobody_need_sign_in_a_key_is_not_looked_at(world: World) -> None:
    async with program(world, "whatever") as client:
        assert (await client.get("/health")).status_code == 200


async def test_a_key_is_over_the_moment_it_expires(
    world: World, asha: httpx.AsyncClient, later: Later
) -> None:
    made = await make(asha, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    async with program(world, made.key) as client:
        assert (await client.get("/api/bids")).status_code == 200
        later(3_601)
        refused = await client.get("/api/bids")
        assert (refused.status_code, refused.json()["message"]) == (401, UNKNOWN)


async def test_the_database_itself_refuses_a_key_that_has_expired(
    world: World, asha: httpx.AsyncClient, later: Later
) -> None:
    """Also where somebody still takes it for good."""
    made = await make(asha, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    actor = await world.app.keyring.owner_of(made.key)
    async with world.db.as_user(actor) as tx:
        assert await tx.value(int, "select count(*) from users") == 1
    later(3_601)
    with pytest.raises(Exception, match="not signed in"):
        async with world.db.as_user(actor):
            pass


@pytest.mark.parametrize(
    "change",
    [
        "update api_keys set revoked_at = now(), revoked_why = 'revoked' where user_id = $1",
        "update users set status = 'suspended' where id = $1",
        "update users set role = 'brand_owner', updated_at = now() where id = $1",
        "delete from api_keys where user_id = $1",
    ],
    ids=["revoked elsewhere", "suspended", "another role", "erased"],
)
async def test_what_another_process_takes_away_counts_from_the_next_request_on(
    world: World, ravi: httpx.AsyncClient, superuser: Superuser, change: str
) -> None:
    made = await make(ravi)
    async with program(world, made.key) as client:
        assert (await client.get("/api/bids")).status_code == 200
        await superuser.execute(change, RAVI.id)
        assert (await client.get("/api/bids")).status_code == 401


async def test_a_key_is_not_given_back_with_the_old_role(
    world: World, ravi: httpx.AsyncClient, superuser: Superuser
) -> None:
    made = await make(ravi)
    for role in ("brand_owner", "influencer"):
        await superuser.execute("update users set role = $2, updated_at = now() where id = $1", RAVI.id, role)
    async with program(world, made.key) as client:
        assert (await client.get("/api/bids")).status_code == 401


async def test_a_new_password_and_signing_out_leave_keys_alone(world: World, phone: Login) -> None:
    made = await make(phone.client)
    change = {"current_password": PASSWORD, "new_password": "four words, not three"}
    assert (await phone.client.put("/api/auth/password", json=change)).is_success
    assert (await phone.client.post("/api/auth/logout")).is_success
    async with program(world, made.key) as client:
        assert (await client.get("/api/auth/profile")).json()["user"]["id"] == str(RAVI.id)
