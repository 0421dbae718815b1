"""Another password."""

from __future__ import annotations

import asyncio

import pytest

from stoory.accounts.actions import SessionsEnded
from stoory.platform.bus import Hint
from tests.logins import Login, sign_in
from tests.world import PASSWORD, RAVI, World

NEW_PASSWORD = "four words, not three"


async def test_a_new_password_ends_the_other_sessions(
    phone: Login, laptop: Login, told: list[Hint], world: World
) -> None:
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await laptop.client.put("/api/auth/password", json=change)).status_code == 200

    assert await laptop.is_good()
    assert not await phone.is_good()
    assert (await phone.refresh()).status_code == 401
    assert (await laptop.refresh()).status_code == 200
    assert told == [SessionsEnded((RAVI.id,))]
    async with world.client() as client:
        old = await client.post("/api/auth/login", json={"phone": RAVI.phone, "password": PASSWORD})
        assert old.status_code == 401
        await sign_in(client, NEW_PASSWORD)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"current_password": "wrong-1234", "new_password": NEW_PASSWORD}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "password123"}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "Ravi!!!!"}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "9800000002"}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "short"}, "new_password"),
        ({"current_password": PASSWORD}, "new_password"),
    ],
)
async def test_a_password_is_changed_only_by_who_knows_it_and_to_a_good_one(
    phone: Login, laptop: Login, change: dict[str, str], field: str
) -> None:
    answer = await laptop.client.put("/api/auth/password", json=change)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await phone.is_good()


async def test_of_two_password_changes_at_once_one_wins(phone: Login, world: World) -> None:
    answers = await asyncio.gather(
        *(
            phone.client.put(
                "/api/auth/password",
                json={"current_password": PASSWORD, "new_password": f"{NEW_PASSWORD} {i}"},
            )
            for i in range(2)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    winner = next(i for i, answer in enumerate(answers) if answer.status_code == 200)
    async with world.client() as client:
        await sign_in(client, f"{NEW_PASSWORD} {winner}")
