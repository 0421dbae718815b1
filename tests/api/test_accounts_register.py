"""Making an account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher

from stoory.accounts import actions
from stoory.errors import Conflict, Invalid
from tests.world import OM, RAVI, World

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]

NILA: dict[str, Any] = {
    "name": "Nila",
    "phone": "+1234567890",
    "password": "three short words",
    "role": "influencer",
}


async def test_nila_registers_and_is_signed_in(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.post(
        "/api/auth/register",
        json=NILA
        | {"email": "nila@example.org", "bio": "Hi", "profile_image_url": "https://example.org/n.png"},
    )

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"success", "user", "token", "refresh_token", "expires_in"}
    assert body["expires_in"] == 3600
    user = body["user"]
    profile = await nobody.get("/api/auth/profile", headers=_bearer(body["token"]))
    assert profile.json()["user"] == user
    assert UUID(user.pop("id"))
    assert user.pop("created_at") == user.pop("updated_at")
    assert user == {
        "name": "Nila",
        "phone": "+1234567890",
        "phone_verified": False,
        "email": "nila@example.org",
        "email_verified": False,
        "role": "influencer",
        "status": "active",
        "profile_image_url": "https://example.org/n.png",
        "bio": "Hi",
        "languages": [],
        "categories": [],
        "social_platforms": [],
        "locale": "en",
    }


async def test_the_phone_is_stored_in_e164_and_found_however_it_is_written(nobody: httpx.AsyncClient) -> None:
    body = (await nobody.post("/api/auth/register", json=NILA | {"phone": "+91 98765-43210"})).json()

    assert body["user"]["phone"] == "+919876543210"
    again = await nobody.post(
        "/api/auth/login", json={"phone": "+91 (98765) 43210", "password": NILA["password"]}
    )
    assert again.status_code == 200


@pytest.mark.parametrize("phone", ["+919800000002", "+91 98000 00002"])
async def test_a_phone_is_registered_once(nobody: httpx.AsyncClient, phone: str) -> None:
    answer = await nobody.post("/api/auth/register", json=NILA | {"phone": phone})

    assert (answer.status_code, answer.json()["code"]) == (409, "phone_taken")


async def test_of_ten_who_register_a_phone_at_once_one_gets_it(nobody: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(nobody.post("/api/auth/register", json=NILA) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


@pytest.mark.parametrize("role", ["admin", "system", "", None, "Influencer"])
async def test_nobody_registers_as_anything_but_influencer_or_brand(
    nobody: httpx.AsyncClient, role: Any
) -> None:
    answer = await nobody.post("/api/auth/register", json=NILA | {"role": role})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["role"]


async def test_every_wrong_field_of_a_registration_is_named(nobody: httpx.AsyncClient) -> None:
    wrong = {
        "name": "", "phone": "12345", "password": "short", "role": "admin", "email": "nila", "bio": 7,
        "profile_image_url": "javascript:alert(1)", "is_admin": True,
    }  # fmt: skip
    answer = await nobody.post("/api/auth/register", json=wrong)

    assert answer.status_code == 422
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert set(errors) == set(wrong)
    assert errors["phone"] == "must be a phone number with its country code, like +919800000001"


async def test_a_registration_cannot_write_more_than_it_may(
    nobody: httpx.AsyncClient, superuser: Superuser
) -> None:
    sneaky = {"id": str(RAVI.id), "status": "suspended", "phone_verified": True, "email_verified": True}
    body = (await nobody.post("/api/auth/register", json=NILA | sneaky)).json()

    assert body["user"]["id"] != str(RAVI.id)
    assert (body["user"]["status"], body["user"]["phone_verified"]) == ("active", False)
    assert not await superuser.fetchval("select email_verified from users where id = $1", body["user"]["id"])


@pytest.mark.parametrize(
    "password", ["password123", "1234567890", "nila-nila", "+1234567890", "short", "x" * 257]
)
async def test_a_password_must_not_be_easy(nobody: httpx.AsyncClient, password: str) -> None:
    name = {"name": "Nila Nila"} if password == "nila-nila" else {}
    answer = await nobody.post("/api/auth/register", json=NILA | name | {"password": password})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]


async def test_a_password_is_stored_as_argon2id_only(nobody: httpx.AsyncClient, superuser: Superuser) -> None:
    body = (await nobody.post("/api/auth/register", json=NILA)).json()

    stored = await superuser.fetchval(
        "select password_hash from credentials where user_id = $1", body["user"]["id"]
    )
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PasswordHasher().verify(stored, NILA["password"])


async def test_refresh_tokens_are_stored_hashed_only(nobody: httpx.AsyncClient, superuser: Superuser) -> None:
    body = (await nobody.post("/api/auth/register", json=NILA)).json()

    rows = await superuser.fetch("select to_jsonb(t)::text from refresh_tokens t")
    assert len(rows) == 1
    assert body["refresh_token"] not in rows[0][0]


async def test_an_administrator_is_made_without_a_route(world: World, nobody: httpx.AsyncClient) -> None:
    password_hash = await world.app.passwords.hash("three short words")
    async with world.db.as_system("a test") as tx:
        user = await actions.create_admin(
            tx, name=" Uma ", phone="+91 98000 00009", password_hash=password_hash
        )

    assert (user.name, user.phone, user.role) == ("Uma", "+919800000009", "admin")
    login = {"phone": "+919800000009", "password": "three short words"}
    body = (await nobody.post("/api/auth/login", json=login)).json()
    assert (await nobody.get("/api/admin/users", headers=_bearer(body["token"]))).status_code == 200


async def test_an_administrator_needs_a_free_phone_number_and_a_name(world: World) -> None:
    for wrong, kind in (
        ({"phone": OM.phone}, Conflict),
        ({"phone": "1"}, Invalid),
        ({"name": "\n"}, Invalid),
    ):
        with pytest.raises(kind):
            async with world.db.as_system("a test") as tx:
                await actions.create_admin(
                    tx, **{"name": "Uma", "phone": "+919800000009", "password_hash": "-"} | wrong
                )


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
