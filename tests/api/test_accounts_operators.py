"""What operators see of people, and do to them; and that it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stoory.actor import SYSTEM_USER_ID
from stoory.platform import wire
from tests.world import ASHA, KABIR, MEERA, OM, RAVI

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]

SUSPENSION = {"status": "suspended", "reason": "Sells followers"}


async def listed(om: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await om.get("/api/admin/users", params=params)
    assert answer.status_code == 200
    return [user["name"] for user in answer.json()["users"]]


async def test_om_lists_everybody_but_the_system_user_newest_first(om: httpx.AsyncClient) -> None:
    answer = await om.get("/api/admin/users", params={"include_total": True})

    body = answer.json()
    assert [user["name"] for user in body["users"]] == ["Kabir", "Meera", "Ravi", "Asha", "Om"]
    assert body["pagination"] == {"limit": 20, "next_cursor": None, "has_more": False, "total": 5}
    profile = (await om.get("/api/auth/profile")).json()["user"]
    assert body["users"][-1] == profile


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"role": "influencer"}, ["Meera", "Ravi"]),
        ({"role": "admin"}, ["Om"]),
        ({"status": "suspended"}, ["Kabir"]),
        ({"status": "active", "role": "brand_owner"}, ["Asha"]),
        ({"search": "RAV"}, ["Ravi"]),
        ({"search": "+919800000003"}, ["Meera"]),
        ({"search": "Asha@Example"}, ["Asha"]),
        ({"search": "%"}, []),
        ({"search": "_"}, []),
        ({"search": "stoory"}, []),
        ({"search": "system"}, []),
        ({"search": "a", "role": "influencer"}, ["Meera", "Ravi"]),
    ],
)
async def test_om_finds_people(
    om: httpx.AsyncClient, superuser: Superuser, params: dict[str, str], names: list[str]
) -> None:
    await superuser.execute("update users set status = 'suspended' where id = $1", KABIR.id)

    assert await listed(om, **params) == names
    body = (await om.get("/api/admin/users", params=params | {"include_total": True, "limit": 1})).json()
    assert body["pagination"]["total"] == len(names)


async def test_the_pages_of_people_hold_each_once(om: httpx.AsyncClient, superuser: Superuser) -> None:
    await superuser.execute(
        "update users set created_at = '2026-01-01Z' where id = any ($1)", [ASHA.id, RAVI.id]
    )
    names: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = (await om.get("/api/admin/users", params=params)).json()
        names += [user["name"] for user in body["users"]]
        cursor = body["pagination"]["next_cursor"]

    assert cursor is None
    assert len(names) == 5
    assert sorted(names) == ["Asha", "Kabir", "Meera", "Om", "Ravi"]


@pytest.mark.parametrize(
    "params", [{"role": "system"}, {"status": "x"}, {"limit": 101}, {"cursor": "x"}, {"search": "x" * 256}]
)
async def test_a_filter_that_cannot_be_is_refused(om: httpx.AsyncClient, params: dict[str, Any]) -> None:
    assert (await om.get("/api/admin/users", params=params)).status_code == 422


async def test_whose_data_om_reads_is_written_down_without_the_data(
    om: httpx.AsyncClient, superuser: Superuser
) -> None:
    await listed(om, search="+91980000000", role="influencer")

    (line,) = await superuser.fetch("select actor_id, action, subject_id, data::text from audit_log")
    assert (line["actor_id"], line["action"], line["subject_id"]) == (OM.id, "list_users", None)
    assert wire.decode(line["data"]) == {"user_ids": [str(MEERA.id), str(RAVI.id)]}


async def test_who_is_no_operator_neither_lists_nor_judges(
    asha: httpx.AsyncClient, ravi: httpx.AsyncClient, nobody: httpx.AsyncClient, superuser: Superuser
) -> None:
    for client, status in ((asha, 403), (ravi, 403), (nobody, 401)):
        assert (await client.get("/api/admin/users")).status_code == status
        judged = await client.put(f"/api/admin/users/{RAVI.id}/status", json=SUSPENSION)
        assert judged.status_code == status
    assert await superuser.fetchval("select count(*) from audit_log") == 0
    assert await superuser.fetchval("select count(*) from users where status <> 'active'") == 0


async def test_om_suspends_ravi_and_lets_him_in_again_and_both_are_written_down(
    om: httpx.AsyncClient, superuser: Superuser
) -> None:
    path = f"/api/admin/users/{RAVI.id}/status"
    suspended = await om.put(path, json=SUSPENSION)
    active = await om.put(path, json={"status": "active", "reason": "A mistake"})

    assert (suspended.status_code, suspended.json()["user"]["status"]) == (200, "suspended")
    assert (active.status_code, active.json()["user"]["status"]) == (200, "active")
    lines = await superuser.fetch(
        "select actor_id, action, subject_id, data::text from audit_log order by id"
    )
    assert [(line["actor_id"], line["action"], line["subject_id"]) for line in lines] == [
        (OM.id, "change_user_status", RAVI.id)
    ] * 2
    assert [wire.decode(line["data"]) for line in lines] == [
        SUSPENSION,
        {"status": "active", "reason": "A mistake"},
    ]


async def test_a_suspension_touches_nobody_else(
    om: httpx.AsyncClient, ravi: httpx.AsyncClient, meera: httpx.AsyncClient
) -> None:
    await om.put(f"/api/admin/users/{RAVI.id}/status", json=SUSPENSION)

    assert (await ravi.get("/api/auth/profile")).status_code == 401
    assert (await meera.get("/api/auth/profile")).status_code == 200
    assert (await om.get("/api/auth/profile")).status_code == 200


async def test_the_status_somebody_has_already_changes_nothing(
    om: httpx.AsyncClient, ravi: httpx.AsyncClient, superuser: Superuser
) -> None:
    answer = await om.put(f"/api/admin/users/{RAVI.id}/status", json={"status": "active", "reason": "-"})

    assert answer.status_code == 200
    assert await superuser.fetchval("select count(*) from audit_log") == 0
    assert (await ravi.get("/api/auth/profile")).status_code == 200


async def test_om_cannot_lock_himself_out(om: httpx.AsyncClient) -> None:
    answer = await om.put(f"/api/admin/users/{OM.id}/status", json=SUSPENSION)

    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")
    assert (await om.get("/api/auth/profile")).status_code == 200


@pytest.mark.parametrize("user_id", ["00000000-0000-4000-8000-000000000000", str(SYSTEM_USER_ID)])
async def test_nobody_is_not_judged(om: httpx.AsyncClient, user_id: str) -> None:
    assert (await om.put(f"/api/admin/users/{user_id}/status", json=SUSPENSION)).status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"status", "reason"}),
        ({"status": "banned", "reason": "x"}, {"status"}),
        ({"status": "suspended", "reason": ""}, {"reason"}),
        ({"status": "suspended", "reason": "x" * 501}, {"reason"}),
    ],
)
async def test_a_judgement_needs_a_status_and_a_reason(
    om: httpx.AsyncClient, body: dict[str, str], fields: set[str]
) -> None:
    answer = await om.put(f"/api/admin/users/{RAVI.id}/status", json=body)

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == fields
