"""What people say about themselves, and what others may read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stoory.actor import SYSTEM_USER_ID
from tests.world import ASHA, RAVI, Person, World

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]

NOBODY = "00000000-0000-4000-8000-000000000000"
INSTAGRAM: dict[str, Any] = {
    "platform": "Instagram",
    "profile_link": "https://example.org/ravi",
    "followers_count": 50_000,
    "engagement_rate": 4.25,
}
EVERYTHING: dict[str, Any] = {
    "name": "Ravi K",
    "email": "ravi@example.com",
    "bio": "Style\nand food",
    "profile_image_url": "https://example.org/ravi.png",
    "languages": ["English", "தமிழ்"],
    "categories": ["fashion"],
    "social_platforms": [
        INSTAGRAM,
        {
            "platform": "YouTube",
            "profile_link": "https://example.org/@ravi",
            "followers_count": None,
            "engagement_rate": None,
        },
    ],
    "locale": "hi-IN",
}


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"nickname": "x", "password_hash": "y"}, {"nickname", "password_hash"}),
    ({"name": "", "locale": "english please"}, {"name", "locale"}),
    ({"name": None, "languages": None}, {"name", "languages"}),
    ({"name": "Ravi\r\nBcc: everybody"}, {"name"}),
    ({"name": " \t ", "bio": "\x07"}, {"name", "bio"}),
    ({"name": "x" * 256}, {"name"}),
    ({"bio": "x" * 2001}, {"bio"}),
    ({"email": "ravi"}, {"email"}),
    ({"email": ""}, {"email"}),
    ({"profile_image_url": "javascript:alert(1)"}, {"profile_image_url"}),
    ({"profile_image_url": "data:image/png;base64,x"}, {"profile_image_url"}),
    ({"profile_image_url": "http://example.org/x.png"}, {"profile_image_url"}),
    ({"profile_image_url": "https://example.org/" + "x" * 2048}, {"profile_image_url"}),
    ({"languages": ["x"] * 21}, {"languages"}),
    ({"languages": ["English", ""], "categories": ["x" * 51]}, {"languages[1]", "categories[0]"}),
    ({"languages": "English"}, {"languages"}),
    ({"locale": "en\n"}, {"locale"}),
    ({"social_platforms": [{}]}, {"social_platforms[0].platform", "social_platforms[0].profile_link"}),
    (
        {
            "social_platforms": [
                INSTAGRAM | {"followers_count": -1, "engagement_rate": 101},
                INSTAGRAM | {"profile_link": "https://", "followers": 1},
            ]
        },
        {
            "social_platforms[0].followers_count",
            "social_platforms[0].engagement_rate",
            "social_platforms[1].followers",
        },
    ),
    (
        {"social_platforms": [INSTAGRAM | {"profile_link": "https://"}]},
        {"social_platforms[0].profile_link"},
    ),
    (
        {"social_platforms": [INSTAGRAM | {"followers_count": "5"}]},
        {"social_platforms[0].followers_count"},
    ),
]


async def test_ravi_reads_his_profile(ravi: httpx.AsyncClient) -> None:
    answer = await ravi.get("/api/auth/profile")

    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "user": {
            "id": str(RAVI.id),
            "name": "Ravi",
            "phone": RAVI.phone,
            "phone_verified": True,
            "email": "ravi@example.org",
            "email_verified": False,
            "role": "influencer",
            "status": "active",
            "profile_image_url": None,
            "bio": "Short videos about everyday style",
            "languages": ["English", "Hindi"],
            "categories": ["fashion", "marketing"],
            "social_platforms": [
                {
                    "platform": "Instagram",
                    "profile_link": "https://example.org/ravi",
                    "followers_count": 48_000,
                    "engagement_rate": 4.2,
                }
            ],
            "locale": "en",
            "created_at": "2026-01-11T09:00:00Z",
            "updated_at": "2026-01-11T09:00:00Z",
        },
    }


async def test_ravi_changes_everything_he_may(ravi: httpx.AsyncClient) -> None:
    before = (await ravi.get("/api/auth/profile")).json()["user"]
    answer = await ravi.put("/api/auth/profile", json=EVERYTHING)

    assert answer.status_code == 200
    after = answer.json()["user"]
    assert after["updated_at"] > before["updated_at"]
    assert after == before | EVERYTHING | {"updated_at": after["updated_at"]}
    assert (await ravi.get("/api/auth/profile")).json()["user"] == after


async def test_what_is_left_out_stays_and_null_empties(ravi: httpx.AsyncClient) -> None:
    await ravi.put("/api/auth/profile", json=EVERYTHING)
    after = (await ravi.put("/api/auth/profile", json={"bio": None, "email": None})).json()["user"]

    assert {key: after[key] for key in EVERYTHING} == EVERYTHING | {"bio": None, "email": None}


async def test_what_get_returned_can_be_put_back(ravi: httpx.AsyncClient) -> None:
    before = (await ravi.get("/api/auth/profile")).json()["user"]
    answer = await ravi.put("/api/auth/profile", json=before)

    assert answer.status_code == 200
    assert answer.json()["user"] | {"updated_at": ""} == before | {"updated_at": ""}


async def test_what_only_others_may_change_is_ignored(ravi: httpx.AsyncClient) -> None:
    before = (await ravi.get("/api/auth/profile")).json()["user"]
    sneaky = {
        "id": str(ASHA.id), "phone": "+919800000077", "phone_verified": False, "email_verified": True, "role": "admin",
        "status": "suspended", "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    after = (await ravi.put("/api/auth/profile", json=sneaky)).json()["user"]

    assert after | {"updated_at": ""} == before | {"updated_at": ""}


async def test_another_email_address_is_not_verified_yet(
    ravi: httpx.AsyncClient, superuser: Superuser
) -> None:
    await superuser.execute("update users set email_verified = true where id = $1", RAVI.id)

    same = await ravi.put("/api/auth/profile", json={"email": "Ravi@example.org", "bio": "x"})
    assert same.json()["user"]["email_verified"] is True
    other = await ravi.put("/api/auth/profile", json={"email": "ravi@example.com"})
    assert other.json()["user"]["email_verified"] is False


@pytest.mark.parametrize(("change", "fields"), WRONG)
async def test_a_wrong_profile_changes_nothing_and_every_wrong_field_is_named(
    ravi: httpx.AsyncClient, change: dict[str, Any], fields: set[str]
) -> None:
    before = (await ravi.get("/api/auth/profile")).json()
    answer = await ravi.put("/api/auth/profile", json=change)

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == fields
    assert (await ravi.get("/api/auth/profile")).json() == before


async def test_asha_sees_of_ravi_what_everybody_may_see(asha: httpx.AsyncClient) -> None:
    answer = await asha.get(f"/api/users/{RAVI.id}")

    assert answer.json() == {
        "success": True,
        "user": {
            "id": str(RAVI.id),
            "name": "Ravi",
            "role": "influencer",
            "bio": "Short videos about everyday style",
            "profile_image_url": None,
            "languages": ["English", "Hindi"],
            "categories": ["fashion", "marketing"],
            "social_platforms": [
                {
                    "platform": "Instagram",
                    "profile_link": "https://example.org/ravi",
                    "followers_count": 48_000,
                    "engagement_rate": 4.2,
                }
            ],
        },
    }


async def test_a_suspended_person_is_still_known(asha: httpx.AsyncClient, superuser: Superuser) -> None:
    await superuser.execute("update users set status = 'suspended' where id = $1", RAVI.id)

    assert (await asha.get(f"/api/users/{RAVI.id}")).status_code == 200


@pytest.mark.parametrize("user_id", [NOBODY, str(SYSTEM_USER_ID), "ravi"])
async def test_who_is_nobody_is_not_found(
    asha: httpx.AsyncClient, om: httpx.AsyncClient, user_id: str
) -> None:
    for client in (asha, om):
        assert (await client.get(f"/api/users/{user_id}")).status_code == 404


@pytest.mark.parametrize("person", [ASHA, RAVI])
async def test_a_profile_is_for_who_is_signed_in(world: World, person: Person) -> None:
    async with world.client() as nobody:
        assert (await nobody.get(f"/api/users/{person.id}")).status_code == 401
        assert (await nobody.put("/api/auth/profile", json={"bio": "x"})).status_code == 401
