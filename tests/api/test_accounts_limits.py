"""How often one may try, and how many passwords are hashed at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from msgspec.structs import replace

from stoory.app import Application
from stoory.errors import Busy
from stoory.platform.passwords import Passwords
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import ASHA, MEERA, PASSWORD, RAVI, World

if TYPE_CHECKING:
    import asyncpg

    Superuser = asyncpg.Connection[asyncpg.Record]

NILA: dict[str, Any] = {
    "name": "Nila",
    "phone": "+1234567890",
    "password": "three short words",
    "role": "influencer",
}


@pytest.fixture
async def limited(world: World, server: Server, settings: Settings) -> AsyncIterator[World]:
    """Return the same world behind the limits everybody has, each test with fresh windows."""
    strict = replace(settings, limit_auth=None, trusted_proxies=("127.0.0.1/32",))
    application = Application(strict, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield World(application)
    assert world is not None


async def attempt(
    world: World, path: str, body: dict[str, Any], *, address: str = "203.0.113.1"
) -> httpx.Response:
    async with world.client() as client:
        return await client.post(path, json=body, headers={"X-Forwarded-For": address})


async def statuses(world: World, bodies: list[dict[str, Any]], *, path: str = "/api/auth/login") -> list[int]:
    """Return what each is answered, each sent from an address of its own."""
    answers = [await attempt(world, path, body, address=f"203.0.113.{i}") for i, body in enumerate(bodies)]
    return [answer.status_code for answer in answers]


def login(phone: str, password: str = PASSWORD) -> dict[str, str]:
    return {"phone": phone, "password": password}


async def test_an_account_may_be_tried_five_times_a_minute_from_wherever(limited: World) -> None:
    tries = [login(RAVI.phone, "wrong-1234")] * 5 + [login(RAVI.phone), login(MEERA.phone)]

    assert await statuses(limited, tries) == [401] * 5 + [429, 200]


async def test_what_is_refused_for_coming_too_often_says_when_to_come_again(limited: World) -> None:
    for i in range(5):
        await attempt(limited, "/api/auth/login", login(RAVI.phone, "wrong-1234"), address=f"203.0.113.{i}")
    before = limited.app.passwords.computed
    answer = await attempt(limited, "/api/auth/login", login(RAVI.phone), address="203.0.113.99")

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert limited.app.passwords.computed == before


async def test_nobodys_phone_may_be_tried_no_more_often(limited: World) -> None:
    assert await statuses(limited, [login("+919800000099")] * 6) == [401] * 5 + [429]


async def test_another_spelling_of_a_phone_is_no_other_account(limited: World) -> None:
    spellings = ["+919800000002", "+91 9800000002", "+91 98000 00002", "+91-9800000002", "+91 (98000) 00002"]
    tries = [login(phone, "wrong-1234") for phone in spellings] + [login("+91.98000.00002")]

    assert await statuses(limited, tries) == [401] * 5 + [429]


async def test_phone_and_email_address_are_one_account(limited: World) -> None:
    async with limited.db.as_system("a test") as tx:
        await tx.run("update users set email_verified = true where id = $1", RAVI.id)
    by_email = {"email": "ravi@example.org", "password": "wrong-1234"}

    assert await statuses(limited, [by_email] * 3 + [login(RAVI.phone, "x")] * 2 + [by_email]) == [
        401
    ] * 5 + [429]


async def test_an_address_may_try_five_times_a_minute_whatever_accounts(limited: World) -> None:
    answers = [
        await attempt(limited, "/api/auth/login", login(f"+91980000001{i}", "wrong-1234")) for i in range(6)
    ]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


async def test_a_phone_may_be_registered_five_times_a_minute(limited: World) -> None:
    assert await statuses(limited, [NILA] * 6, path="/api/auth/register") == [201] + [409] * 4 + [429]


async def test_a_password_may_be_tried_for_a_change_as_often_as_for_a_login(limited: World) -> None:
    change = {"current_password": "wrong-1234", "new_password": "four words, not three"}
    async with limited.client(RAVI) as ravi:
        answers = [
            await ravi.put("/api/auth/password", json=change, headers={"X-Forwarded-For": f"203.0.113.{i}"})
            for i in range(4)
        ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert await statuses(limited, [login(RAVI.phone, "wrong-1234"), login(RAVI.phone)]) == [401, 429]


async def test_a_session_may_be_refreshed_five_times_a_minute_and_each_has_its_own_count(
    limited: World,
) -> None:
    entered = [
        (await attempt(limited, "/api/auth/login", login(person.phone), address=f"203.0.113.{i}")).json()
        for i, person in enumerate((RAVI, ASHA, RAVI))
    ]
    for body in entered:
        token = body["refresh_token"]
        for status in [200] * 5 + [429]:
            answer = await attempt(limited, "/api/auth/refresh", {"refresh_token": token})
            assert answer.status_code == status
            token = answer.json().get("refresh_token", token)


async def test_guessing_refresh_tokens_is_counted_for_the_address(limited: World) -> None:
    tokens = limited.app.tokens
    guesses = [
        await attempt(limited, "/api/auth/refresh", {"refresh_token": tokens.first_refresh_token()})
        for _ in range(6)
    ]
    assert [answer.status_code for answer in guesses] == [401] * 5 + [429]

    body = (await attempt(limited, "/api/auth/login", login(RAVI.phone), address="203.0.113.2")).json()
    neighbour = await attempt(limited, "/api/auth/refresh", {"refresh_token": body["refresh_token"]})
    assert neighbour.status_code == 200


async def test_profile_and_sessions_are_not_counted_as_attempts(limited: World) -> None:
    async with limited.client(RAVI) as ravi:
        for _ in range(7):
            assert (await ravi.get("/api/auth/profile")).status_code == 200
            assert (await ravi.get("/api/auth/sessions")).status_code == 200


async def test_passwords_beyond_the_queue_are_told_to_come_again() -> None:
    passwords = Passwords(threads=1, longest_queue=2)
    outcomes = await asyncio.gather(*(passwords.hash("x") for _ in range(5)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [str, str, str, Busy, Busy]
    assert await passwords.verify(await passwords.hash("again"), "again")


async def test_who_hangs_up_makes_room_only_when_the_work_is_done() -> None:
    passwords = Passwords(threads=1, longest_queue=1)
    hashing = [asyncio.create_task(passwords.hash("x")) for _ in range(2)]
    await asyncio.sleep(0)
    for task in hashing:
        task.cancel()
    await asyncio.gather(*hashing, return_exceptions=True)

    outcomes = await asyncio.gather(*(passwords.hash("x") for _ in range(3)), return_exceptions=True)
    still_at_work = [type(outcome) for outcome in outcomes]
    assert still_at_work == [str, Busy, Busy]
    outcomes = await asyncio.gather(*(passwords.hash("x") for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str, str, Busy]


class OneThread(Passwords):
    """Passwords of which only one is hashed at a time."""

    def __init__(self) -> None:
        super().__init__(threads=1, longest_queue=12)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Get no password done meanwhile."""
        is_over = threading.Event()
        self._threads.submit(is_over.wait)
        try:
            yield
        finally:
            is_over.set()


@pytest.fixture
def one_thread(world: World) -> Iterator[OneThread]:
    """Return the passwords of the application, one at a time."""
    before = world.app.passwords
    world.app.passwords = passwords = OneThread()
    yield passwords
    world.app.passwords = before


async def test_a_storm_of_logins_is_told_to_come_again(
    nobody: httpx.AsyncClient, one_thread: OneThread
) -> None:
    with one_thread.busy():
        coming = [
            asyncio.create_task(nobody.post("/api/auth/login", json=login(RAVI.phone))) for _ in range(15)
        ]
        async with asyncio.timeout(10):
            first = [await answer for answer in islice(asyncio.as_completed(coming), 2)]
    answers = await asyncio.gather(*coming)

    assert [answer.status_code for answer in first] == [503] * 2
    assert sorted(answer.status_code for answer in answers) == [200] * 13 + [503] * 2
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 503} == {"1"}
    assert one_thread.computed == 13


async def test_a_login_that_waits_for_its_turn_holds_no_transaction(
    nobody: httpx.AsyncClient, one_thread: OneThread, superuser: Superuser
) -> None:
    before_it = [asyncio.create_task(one_thread.hash("x")) for _ in range(10)]
    login_of_ravi = asyncio.create_task(nobody.post("/api/auth/login", json=login(RAVI.phone)))
    for _ in range(100_000):
        if one_thread.computed > 10:
            break
        await asyncio.sleep(0)

    states = await superuser.fetch("select state from pg_stat_activity where application_name = 'stoory'")
    assert not login_of_ravi.done()
    assert {row["state"] for row in states} == {"idle"}
    assert (await login_of_ravi).status_code == 200
    await asyncio.gather(*before_it)


async def test_the_event_loop_goes_on_while_passwords_are_hashed() -> None:
    passwords = Passwords(threads=1, longest_queue=10)
    work = asyncio.gather(*(passwords.hash("x") for _ in range(5)))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    await work

    assert turns > 100


async def test_a_password_is_right_or_wrong_and_nobodys_is_wrong() -> None:
    passwords = Passwords()
    stored = await passwords.hash("three short words")

    assert await passwords.verify(stored, "three short words")
    assert not await passwords.verify(stored, "Three short words")
    assert not await passwords.verify(None, "three short words")
    assert passwords.computed == 4
    assert stored != await passwords.hash("three short words")  # salted
    assert not passwords.is_outdated(stored)
