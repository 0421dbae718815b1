"""The seeded world: everything is true of it, everybody can sign in and go on, and there is only one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any, Final

import asyncpg
import httpx
import pytest
from msgspec import Struct
from rich.console import Console

from stoory import cli
from stoory.app import Application
from stoory.errors import Conflict, Forbidden
from stoory.home import DEMO_PASSWORD, HomeDatabase
from stoory.platform import migrations
from stoory.platform.postgres import Server
from stoory.seed import Seeded, seed
from stoory.seed.progress import shown
from stoory.settings import Settings, WrongSettings
from tests import invariants

BUSIEST: Final = "+919010000000"
BUSIEST_ID: Final = "5eed0001-0000-4000-8000-000000000000"
SOMEBODY: Final = "+919020000005"
LONG: Final = "5eed000c-0000-4000-8000-000000000000"

KEYS: Final = """
    select jsonb_object_agg(name, definition)::text
      from (select conname as name, pg_get_constraintdef(oid) as definition
              from pg_constraint
             where connamespace = 'public'::regnamespace
             union all
            select indexname, indexdef
              from pg_indexes
             where schemaname = 'public'
             union all
            select tgrelid::regclass || tgname, tgenabled::text
              from pg_trigger
             where not tgisinternal
             union all
            select relname, relforcerowsecurity::text
              from pg_class
             where relnamespace = 'public'::regnamespace) as everything (name, definition)
"""
"""What a load takes off for a while."""


class World(Struct):
    """A seeded database, what it was like before anybody used it, and the application on it."""

    home: HomeDatabase
    made: Seeded
    messages: int
    keys: tuple[str, str]
    app: Application


def unheard(part: str, done: int, of: int) -> None:
    """Take what the progress bar is told."""
    assert done <= of, part


async def value(operator: str, sql: str) -> Any:
    """Return what a statement comes to, behind all walls."""
    connection = await asyncpg.connect(operator)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@asynccontextmanager
async def database(server: Server, name: str) -> AsyncIterator[HomeDatabase]:
    """Lend a migrated database with nobody in it, on the server that all tests share."""
    dsn = {user: server.dsn(user, name) for user in ("stoory_app", "stoory_owner", "postgres")}
    await value(server.dsn("postgres", "postgres"), f"create database {name} owner stoory_owner")
    try:
        migrations.migrate(dsn["stoory_owner"])
        yield HomeDatabase(app=dsn["stoory_app"], owner=dsn["stoory_owner"], operator=dsn["postgres"])
    finally:
        await value(server.dsn("postgres", "postgres"), f"drop database {name} with (force)")


@pytest.fixture(scope="module")
async def world(server: Server, settings: Settings) -> AsyncIterator[World]:
    """Return a world of 10,000 messages."""
    async with database(server, "seeded") as home:
        before = await value(home.operator, KEYS)
        made = await seed(settings, home, 1, unheard)
        keys = before, await value(home.operator, KEYS)
        messages = await value(home.operator, "select count(*) from messages")
        app = Application(settings, database_dsn=home.app, with_worker=False)
        async with app.running():
            yield World(home, made, messages, keys, app)
            await invariants.check(app.db)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of nobody."""
    transport = httpx.ASGITransport(app=world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://stoory.test") as client:
        yield client


async def sign_in(client: httpx.AsyncClient, phone: str) -> None:
    """Let somebody sign in with the password everybody has."""
    answer = await client.post("/api/auth/login", json={"phone": phone, "password": DEMO_PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"


async def test_a_world_of_one_unit_has_ten_thousand_messages_and_every_kind_of_deal(world: World) -> None:
    states = await value(world.home.operator, "select count(distinct state) from deals")
    fresh = await value(world.home.operator, "select count(*) from requests where status = 'pending'")

    assert world.made == Seeded(people=101, postings=120, deals=300, conversations=500, messages=10_000)
    assert world.messages == 10_000
    assert states == 12  # all but payment_pending, which lasts for half an hour
    assert 100 <= fresh <= 140


async def test_the_doctor_finds_nothing(world: World) -> None:
    await invariants.check(world.app.db)


async def test_every_key_index_trigger_and_wall_is_back_in_its_place(world: World) -> None:
    before, after = world.keys

    assert before == after


async def test_nothing_is_due_for_hours(world: World) -> None:
    due = "select count(*) from deals where deadline_at < now() + interval '6 hours'"

    assert await value(world.home.operator, due) == 0


async def test_no_payment_waits_for_razorpay_which_has_never_heard_of_one(world: World) -> None:
    unsettled = """
        select (select count(*) from orders where status in ('creating', 'created', 'attempted', 'expired'))
               + (select count(*) from refunds where status in ('requested', 'processing'))
               + (select count(*) from queue.pgqueuer)
               + (select count(*)
                    from payments p
                   where p.captured_at is not null
                     and not exists (select from quarantine q where q.subject = p.razorpay_payment_id))
    """

    assert await value(world.home.operator, unsettled) == 0


async def test_every_contract_bears_the_fingerprint_of_its_own_words(world: World) -> None:
    wrong = """
        select count(*)
          from contracts
         where hash <> encode(sha256(convert_to(content ->> 'accepted', 'UTF8')), 'hex')
            or content ->> 'hash' <> hash
            or content ->> 'request_id' <> request_id::text
    """

    assert await value(world.home.operator, wrong) == 0


async def test_the_busiest_goes_through_her_conversations_and_answers(client: httpx.AsyncClient) -> None:
    await sign_in(client, BUSIEST)
    asked = {"limit": 50, "include_total": True}
    page = (await client.get("/api/messages/conversations", params=asked)).json()
    assert page["pagination"]["total"] >= 110

    path = f"/api/messages/conversations/{LONG}/messages"
    newest = (await client.get(path)).json()["data"]["messages"][-1]
    sent = await client.post("/api/messages", json={"conversation_id": LONG, "message": "Here we go"})
    assert sent.json()["data"]["message"]["seq"] == newest["seq"] + 1


async def test_what_is_unread_is_what_came_since_she_read_last(
    world: World, client: httpx.AsyncClient
) -> None:
    await sign_in(client, BUSIEST)
    told = (await client.get("/api/messages/unread-count")).json()["unread_count"]
    came_since = f"""
        select count(*)
          from messages m
          join participations p on p.conversation_id = m.conversation_id
         where p.user_id = '{BUSIEST_ID}'
           and m.seq > p.seen_seq
    """

    assert told == await value(world.home.operator, came_since) > 0


async def test_nobody_has_left_unread_what_they_wrote_themselves(world: World) -> None:
    unread = """
        select count(*)
          from participations p
         where p.seen_seq < (select coalesce(max(m.seq), 0)
                               from messages m
                              where m.conversation_id = p.conversation_id
                                and m.sender_id = p.user_id)
    """

    assert await value(world.home.operator, unread) == 0


async def test_what_happened_is_told_in_the_order_of_time(world: World) -> None:
    early = """
        with postings as (select id, created_at from bids union all select id, created_at from campaigns)
        select (select count(*)
                  from (select created_at - lag(created_at) over (partition by conversation_id order by seq) as later
                          from messages) m
                 where later < interval '0')
               + (select count(*) from messages where created_at > now())
               + (select count(*) from requests r
                    join postings p on p.id in (r.bid_id, r.campaign_id)
                    join users u on u.id = r.influencer_id
                   where r.created_at < greatest(p.created_at, u.created_at))
    """

    assert await value(world.home.operator, early) == 0


async def test_an_influencer_finds_something_to_do_and_applies(client: httpx.AsyncClient) -> None:
    await sign_in(client, SOMEBODY)
    found = (await client.get("/api/campaigns", params={"platform": "Instagram", "status": "open"})).json()
    chosen = next(row for row in found["campaigns"] if row["my_request"] is None)

    answer = await client.post("/api/requests", json={"campaign_id": chosen["id"], "proposed_amount": 5000})

    assert answer.status_code == 201, answer.text


async def test_a_seeded_world_is_not_seeded_again(world: World, settings: Settings) -> None:
    with pytest.raises(Conflict, match=r"seeded already"):
        await seed(settings, world.home, 1, unheard)


async def test_a_load_that_fails_leaves_nothing_behind(server: Server, settings: Settings) -> None:
    async with database(server, "half_seeded") as home:
        taken = f"insert into users (id, name, phone, role) values ('{BUSIEST_ID}', 'A', '+919800000042', 'admin')"
        await value(home.operator, taken)
        keys = await value(home.operator, KEYS)

        with pytest.raises(asyncpg.UniqueViolationError):
            await seed(settings, home, 1, unheard)

        assert await value(home.operator, "select count(*) from users") == 2
        assert await value(home.operator, KEYS) == keys


async def test_a_login_that_does_not_own_the_tables_is_told_so(server: Server, settings: Settings) -> None:
    async with database(server, "a_strangers") as home:
        stranger = HomeDatabase(app=home.app, owner=home.app, operator=home.operator)

        with pytest.raises(Forbidden, match=r"owns the tables"):
            await seed(settings, stranger, 1, unheard)


def test_only_a_development_home_is_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "settings", lambda: Settings(env="staging"))

    with pytest.raises(WrongSettings, match=r"STOORY_ENV must be development"):
        cli.seed()


def test_each_part_of_the_work_has_a_line() -> None:
    said = StringIO()
    with shown(Console(file=said, width=100)) as told:
        told("Loading messages", 0, 20_000)
        told("Loading messages", 20_000, 20_000)
        told("Counting", 1, 1)

    assert said.getvalue().count("Loading messages") == 1
    assert "20000/20000" in said.getvalue()
    assert "Counting" in said.getvalue()
