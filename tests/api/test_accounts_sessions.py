"""Seeing where one is signed in, and every way in which a session ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from stoory.accounts import actions
from stoory.accounts.actions import SessionsEnded
from stoory.errors import NotFound
from stoory.platform.bus import Hint
from tests.logins import Login, sign_in
from tests.world import ASHA, OM, PASSWORD, RAVI, World

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]

OWN_ROUTES = [
    ("GET", "/api/auth/profile", None),
    ("PUT", "/api/auth/profile", {"bio": "x"}),
    ("GET", "/api/auth/sessions", None),
    ("DELETE", "/api/auth/sessions/00000000-0000-4000-8000-000000000000", None),
    ("PUT", "/api/auth/password", {"current_password": PASSWORD, "new_password": "four words, not three"}),
    ("POST", "/api/auth/logout", None),
    ("GET", f"/api/users/{ASHA.id}", None),
]


async def test_a_logout_ends_this_session_at_once_and_no_other(
    phone: Login, laptop: Login, told: list[Hint]
) -> None:
    answer = await phone.client.post("/api/auth/logout")

    assert answer.status_code == 200
    assert not await phone.is_good()
    assert (await phone.refresh()).status_code == 401
    assert await laptop.is_good()
    assert told == [SessionsEnded((RAVI.id,))]


@pytest.mark.usefixtures("phone")
async def test_ravi_sees_where_he_is_signed_in_and_which_session_is_this(laptop: Login) -> None:
    body = (await laptop.client.get("/api/auth/sessions", params={"include_total": True})).json()

    assert [row["current"] for row in body["sessions"]] == [True, False]
    assert set(body["sessions"][0]) == {
        "id", "created_at", "last_used_at", "expires_at", "address", "user_agent", "current",
    }  # fmt: skip
    assert body["pagination"] == {"limit": 20, "next_cursor": None, "has_more": False, "total": 2}


@pytest.mark.usefixtures("laptop")
async def test_sessions_come_in_pages(phone: Login) -> None:
    first = (await phone.client.get("/api/auth/sessions", params={"limit": 1})).json()
    cursor = first["pagination"]["next_cursor"]
    second = (await phone.client.get("/api/auth/sessions", params={"limit": 1, "cursor": cursor})).json()

    assert first["sessions"][0]["id"] != second["sessions"][0]["id"]
    assert second["pagination"]["has_more"] is False


async def test_ravi_ends_the_session_of_his_lost_phone(phone: Login, laptop: Login) -> None:
    sessions = (await laptop.client.get("/api/auth/sessions")).json()["sessions"]
    lost = next(row["id"] for row in sessions if not row["current"])

    assert (await laptop.client.delete(f"/api/auth/sessions/{lost}")).status_code == 200
    assert not await phone.is_good()
    assert await laptop.is_good()
    assert (await laptop.client.delete(f"/api/auth/sessions/{lost}")).status_code == 404


async def test_ashas_sessions_do_not_exist_for_ravi(
    phone: Login, asha: httpx.AsyncClient, superuser: Superuser
) -> None:
    ashas = await superuser.fetchval("select id from sessions where user_id = $1", ASHA.id)
    foreign = await phone.client.delete(f"/api/auth/sessions/{ashas}")
    unknown = await phone.client.delete("/api/auth/sessions/00000000-0000-4000-8000-000000000000")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert (await asha.get("/api/auth/profile")).status_code == 200
    assert len((await phone.client.get("/api/auth/sessions")).json()["sessions"]) == 1


async def test_ashas_session_is_not_ravis_to_end_without_the_walls_either(world: World) -> None:
    ashas, ravis = await world.sign_in(ASHA), await world.sign_in(RAVI)

    with pytest.raises(NotFound):
        async with world.db.as_system("a test") as tx:
            await actions.end_session(tx, ravis, ashas.session_id)


async def test_a_suspension_ends_every_session_at_once(
    phone: Login, laptop: Login, om: httpx.AsyncClient, told: list[Hint]
) -> None:
    answer = await om.put(
        f"/api/admin/users/{RAVI.id}/status", json={"status": "suspended", "reason": "Sells followers"}
    )

    assert (answer.status_code, answer.json()["user"]["status"]) == (200, "suspended")
    assert told == [SessionsEnded((RAVI.id,))]
    for login in (phone, laptop):
        assert (await login.refresh()).status_code == 401
        for method, path, body in OWN_ROUTES:
            refused = await login.client.request(method, path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in"), path


async def test_who_is_let_in_again_signs_in_anew(phone: Login, om: httpx.AsyncClient, world: World) -> None:
    for status in ("suspended", "active"):
        await om.put(f"/api/admin/users/{RAVI.id}/status", json={"status": status, "reason": "-"})

    assert not await phone.is_good()
    assert (await phone.refresh()).status_code == 401
    async with world.client() as client:
        assert await (await sign_in(client)).is_good()


async def test_another_role_ends_every_session(phone: Login, superuser: Superuser) -> None:
    await superuser.execute("update users set name = 'Ravi K' where id = $1", RAVI.id)
    assert await phone.is_good()

    await superuser.execute("update users set role = 'brand_owner' where id = $1", RAVI.id)
    assert not await phone.is_good()
    assert (await phone.refresh()).status_code == 401


async def test_a_token_speaks_for_its_own_session_only(phone: Login, world: World) -> None:
    oms = await world.sign_in(OM)
    forged = type(oms)(RAVI.id, RAVI.role, oms.session_id)
    phone.client.headers["Authorization"] = f"Bearer {world.app.tokens.issue(forged, RAVI.phone)}"

    assert not await phone.is_good()
