"""How often one may ask. Who may try which account how often is in test_accounts_limits.py."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from msgspec.structs import replace

from stoory.app import Application
from stoory.platform.limits import SECOND_NS
from stoory.platform.postgres import Server
from stoory.settings import Settings
from tests.world import ASHA, KABIR, MEERA, OM, PASSWORD, RAVI, World

API = 5
AUTH = 3
PROXY = "127.0.0.1/32"  # where the tests' client says it is


class Stopwatch:
    """A clock that goes only when told."""

    def __init__(self) -> None:
        self.now = 10**12

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += int(seconds * SECOND_NS)


@pytest.fixture(scope="module")
async def _application(server: Server, settings: Settings) -> AsyncIterator[Application]:
    strict = replace(
        settings, limit_api=f"{API}/minute", limit_auth=f"{AUTH}/minute", trusted_proxies=(PROXY, "fd00::/8")
    )
    application = Application(strict, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running():
        yield application


@pytest.fixture
def clock(_application: Application) -> Stopwatch:
    """Return the clock of the limits, an hour later than in the test before."""
    clock = Stopwatch()
    limits = _application.limits
    clock.now = limits._clock_ns() + 3600 * SECOND_NS  # pyright: ignore[reportPrivateUsage]
    limits._clock_ns = clock  # pyright: ignore[reportPrivateUsage]
    return clock


@pytest.fixture
def strict(world: World, clock: Stopwatch, _application: Application) -> World:
    """Return the world behind small limits, all windows empty."""
    assert world.db
    assert clock.now
    return World(_application)


async def ask(
    client: httpx.AsyncClient,
    times: int,
    path: str = "/api/auth/profile",
    method: str = "GET",
    address: str = "",
) -> list[int]:
    """Ask so many times from that address; return the statuses."""
    headers = {"X-Forwarded-For": address} if address else {}
    return [(await client.request(method, path, headers=headers)).status_code for _ in range(times)]


async def log_in(
    client: httpx.AsyncClient, phone: str, address: str, password: str = PASSWORD
) -> httpx.Response:
    body = {"phone": phone, "password": password}
    return await client.post("/api/auth/login", json=body, headers={"X-Forwarded-For": address})


async def test_a_person_has_one_window_over_all_her_sessions_and_addresses(strict: World) -> None:
    async with strict.client(ASHA) as phone, strict.client(ASHA) as laptop, strict.client(RAVI) as ravi:
        assert await ask(phone, 3, address="203.0.113.1") == [200] * 3
        assert await ask(laptop, 3, address="203.0.113.2") == [200, 200, 429]
        assert await ask(phone, 1, address="203.0.113.3") == [429]
        assert await ask(ravi, 1, address="203.0.113.1") == [200]


async def test_every_route_and_every_outcome_of_a_handler_counts(strict: World) -> None:
    async with strict.client(RAVI) as ravi:
        assert await ask(ravi, 1, "/api/bids") == [200]
        assert await ask(ravi, 1, "/api/bids/b1d00000-0000-4000-8000-00000000ffff") == [404]
        assert await ask(ravi, 1, "/api/bids?limit=0") == [422]
        assert await ask(ravi, 1, "/api/bids", "POST") == [403]
        assert await ask(ravi, 1, "/api/bids", "HEAD") == [200]
        assert await ask(ravi, 1, "/api/bids") == [429]


async def test_what_reaches_no_handler_does_not_count(strict: World) -> None:
    async with strict.client(RAVI) as ravi:
        for path, method in (
            ("/nothing", "GET"),
            ("/api/bids/not-an-id", "GET"),
            ("/api/bids", "PATCH"),
            ("/api/bids", "OPTIONS"),
            ("/health", "GET"),
            ("/ready", "GET"),
            ("/schema/openapi.json", "GET"),
        ):
            for _ in range(API + 1):
                answer = await ravi.request(method, path)
                assert answer.status_code != 429
                assert "ratelimit" not in answer.headers
        assert await ask(ravi, API + 1) == [200] * API + [429]


async def test_the_headers_say_where_one_stands(strict: World, clock: Stopwatch) -> None:
    async with strict.client(RAVI) as ravi:
        first = await ravi.get("/api/bids")
        clock.wait(20.5)
        second = await ravi.get("/api/bids")

    assert first.headers["ratelimit-policy"] == second.headers["ratelimit-policy"] == '"api";q=5;w=60'
    assert first.headers["ratelimit"] == '"api";r=4;t=60'
    assert second.headers["ratelimit"] == '"api";r=3;t=40'


async def test_who_is_refused_is_told_when_to_come_again_and_then_is_not(
    strict: World, clock: Stopwatch
) -> None:
    async with strict.client(RAVI) as ravi:
        for _ in range(API):
            await ravi.get("/api/bids")
            clock.wait(1.25)
        refused = await ravi.get("/api/bids")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert refused.headers["retry-after"] == "54"
        assert refused.headers["ratelimit"] == '"api";r=0;t=54'
        assert await ask(ravi, 20) == [429] * 20  # which do not count
        clock.wait(53)
        assert await ask(ravi, 1) == [429]
        clock.wait(1)
        assert await ask(ravi, 2) == [200, 429]


async def test_administrators_have_no_limit_but_where_passwords_are_tried(strict: World) -> None:
    async with strict.client(OM) as om:
        answer = await om.get("/api/bids")
        assert await ask(om, 3 * API, "/api/bids") == [200] * 3 * API
        assert "ratelimit" not in answer.headers
        assert await ask(om, AUTH + 1, "/api/auth/password", "PUT") == [422] * AUTH + [429]


async def test_nobody_is_counted_by_address_whatever_token_they_show(strict: World) -> None:
    async with strict.client() as nobody:
        assert await ask(nobody, 3, address="203.0.113.1") == [401] * 3
        nobody.headers["Authorization"] = "Bearer forged"
        assert await ask(nobody, 3, address="203.0.113.1") == [401, 401, 429]
        assert await ask(nobody, 1, address="203.0.113.2") == [401]


async def test_a_stranger_cannot_name_another_address(strict: World) -> None:
    async with strict.client() as nobody:
        for i in range(API):
            await ask(nobody, 1, address=f"192.0.2.{i}, 203.0.113.1")
        assert await ask(nobody, 1, address="203.0.113.1") == [429]
        assert await ask(nobody, 1, address="203.0.113.1, fd00::7") == [429]
        assert await ask(nobody, 1, address="203.0.113.1, 192.0.2.77") == [401]


async def test_an_ipv6_home_is_one_address(strict: World) -> None:
    async with strict.client() as nobody:
        for i in range(API):
            await ask(nobody, 1, address=f"2001:db8:1:2::{i}")
        assert await ask(nobody, 1, address="2001:db8:1:2:ffff::1") == [429]
        assert await ask(nobody, 1, address="2001:db8:1:3::1") == [401]


async def test_signing_in_has_a_window_of_its_own(strict: World) -> None:
    async with strict.client() as nobody:
        answers = [await log_in(nobody, f"+9198000001{i}", "203.0.113.1") for i in range(AUTH + 1)]
        assert [answer.status_code for answer in answers] == [401] * AUTH + [429]
        assert answers[0].headers["ratelimit-policy"] == '"auth";q=3;w=60'
        assert await ask(nobody, 1, address="203.0.113.1") == [401]


async def test_what_is_refused_for_the_accounts_sake_is_not_counted_for_the_address(strict: World) -> None:
    async with strict.client() as nobody:
        for i in range(AUTH):
            await log_in(nobody, RAVI.phone, f"192.0.2.{i}", "wrong-1234")
        for _ in range(2 * AUTH):
            refused = await log_in(nobody, RAVI.phone, "203.0.113.1")
            assert (refused.status_code, refused.headers["ratelimit"]) == (429, '"auth";r=3;t=1')
        answers = [await log_in(nobody, person.phone, "203.0.113.1") for person in (ASHA, KABIR, MEERA, OM)]

    assert [answer.status_code for answer in answers] == [200] * AUTH + [429]


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_is_not_read_once_the_window_is_full(strict: World, *, chunked: bool) -> None:
    sent = 0

    async def ten_megabytes() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 10_000
            yield b"x" * 10_000

    length = {} if chunked else {"Content-Length": "10000000"}
    async with strict.client(ASHA) as asha:
        await ask(asha, API)
        answer = await asha.post("/api/bids", content=ten_megabytes(), headers=length)

    assert answer.status_code == 429
    assert sent <= 10_000  # the tests' client itself takes the first piece


async def test_unlimited_counts_nothing_and_says_nothing(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/api/bids")

    assert "ratelimit" not in answer.headers
    assert "ratelimit-policy" not in answer.headers


@pytest.mark.parametrize(
    ("environ", "policy"),
    [
        ({}, '"api";q=100;w=60'),
        ({"STOORY_LIMIT_API": "7/hour"}, '"api";q=7;w=3600'),
        ({"STOORY_LIMIT_API": "1000/second"}, '"api";q=1000;w=1'),
        ({"STOORY_LIMIT_API": "unlimited"}, None),
    ],
)
async def test_the_setting_overrides_the_plans(
    server: Server, environ: dict[str, str], policy: str | None
) -> None:
    settings = Settings.from_env({"STOORY_SECRET": "s" * 40, **environ})
    application = Application(settings, database_dsn=server.dsn("stoory_app"), with_worker=False)
    async with application.running(), World(application).client() as nobody:
        assert (await nobody.get("/api/bids")).headers.get("ratelimit-policy") == policy
