"""Signing in with a password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from argon2 import PasswordHasher

from stoory.accounts import actions
from stoory.accounts.queries import people, sessions
from stoory.errors import NotSignedIn
from stoory.platform.passwords import Passwords
from tests.world import PASSWORD, RAVI, World

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]


async def test_ravi_signs_in_with_his_phone(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": PASSWORD})

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"success", "user", "token", "refresh_token", "expires_in"}
    assert body["user"]["id"] == str(RAVI.id)
    assert (await nobody.get("/api/auth/profile", headers=_bearer(body["token"]))).status_code == 200


async def test_an_email_address_signs_in_once_it_is_verified(
    nobody: httpx.AsyncClient, superuser: Superuser
) -> None:
    by_email = {"email": "Ravi@Example.org", "password": PASSWORD}
    assert (await nobody.post("/api/auth/login", json=by_email)).status_code == 401

    await superuser.execute("update users set email_verified = true where id = $1", RAVI.id)
    answer = await nobody.post("/api/auth/login", json=by_email)
    assert (answer.status_code, answer.json()["user"]["id"]) == (200, str(RAVI.id))


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": RAVI.phone, "password": "stoory-demo-2"},
        {"phone": RAVI.phone, "password": ""},
        {"phone": RAVI.phone, "password": "x" * 5000},
        {"phone": "+919800000099", "password": PASSWORD},
        {"phone": "nonsense", "password": PASSWORD},
        {"phone": "system", "password": PASSWORD},
        {"phone": "", "password": PASSWORD},
        {"email": "ravi@example.org", "password": PASSWORD},
        {"email": "nobody@example.org", "password": PASSWORD},
    ],
)
async def test_everything_wrong_is_the_same_answer_for_the_same_work(
    nobody: httpx.AsyncClient, world: World, wrong: dict[str, str]
) -> None:
    before = world.app.passwords.computed
    answer = await nobody.post("/api/auth/login", json=wrong)

    body = answer.json()
    del body["request_id"]
    assert answer.status_code == 401
    assert body == {
        "success": False,
        "message": "Phone, e-mail address or password is wrong.",
        "code": "invalid_credentials",
    }
    assert world.app.passwords.computed == before + 1


@pytest.mark.parametrize("names", [{}, {"phone": RAVI.phone, "email": "ravi@example.org"}])
async def test_a_login_names_one_person_in_one_way(nobody: httpx.AsyncClient, names: dict[str, str]) -> None:
    assert (await nobody.post("/api/auth/login", json={"password": PASSWORD} | names)).status_code == 422


async def test_a_suspended_person_is_told_so_only_after_the_right_password(
    nobody: httpx.AsyncClient, superuser: Superuser
) -> None:
    await superuser.execute("update users set status = 'suspended' where id = $1", RAVI.id)

    wrong = await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": "wrong-1234"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    right = await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": PASSWORD})
    assert (right.status_code, right.json()["code"]) == (403, "suspended")
    assert await superuser.fetchval("select count(*) from sessions") == 0


async def test_a_hash_of_the_past_is_made_anew_at_the_next_login(
    nobody: httpx.AsyncClient, superuser: Superuser, world: World
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await superuser.execute("update credentials set password_hash = $2 where user_id = $1", RAVI.id, weak)

    for hashes_computed in (2, 1):
        before = world.app.passwords.computed
        answer = await nobody.post("/api/auth/login", json={"phone": RAVI.phone, "password": PASSWORD})
        assert answer.status_code == 200
        assert world.app.passwords.computed == before + hashes_computed
    stored = await superuser.fetchval("select password_hash from credentials where user_id = $1", RAVI.id)
    assert not Passwords().is_outdated(stored)


async def test_a_password_changed_while_it_was_verified_opens_no_session(world: World) -> None:
    async with world.db.as_system("a test") as tx:
        verified = await people.credentials(tx, RAVI.id)
        await people.update_password(tx, RAVI.id, "$argon2id$another")
    with pytest.raises(NotSignedIn, match="password is wrong"):
        async with world.db.as_system("a test") as tx:
            await actions.sign_in(tx, verified, sessions.Device(None, None), tokens=world.app.tokens)


async def test_where_somebody_signed_in_is_remembered(world: World) -> None:
    async with world.client() as client:
        client.headers["user-agent"] = "Firefox " + "x" * 300
        body = (await client.post("/api/auth/login", json={"phone": RAVI.phone, "password": PASSWORD})).json()
        mine = (await client.get("/api/auth/sessions", headers=_bearer(body["token"]))).json()["sessions"]

    assert [(row["address"], len(row["user_agent"]), row["current"]) for row in mine] == [
        ("127.0.0.1", 255, True)
    ]
    assert mine[0]["user_agent"].startswith("Firefox x")
    lives = datetime.fromisoformat(mine[0]["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < lives <= timedelta(days=30)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
