"""How postings are found on a large market: by an index, whoever looks, for whatever, in whatever order.

The plans are those PostgreSQL made and ran, inside the search function too: auto_explain tells them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

import asyncpg
import pytest

from stoory.platform.postgres import Server
from tests.policies.plans import TELL_PLANS, Plan, indexes, nodes, plans, touched
from tests.postings import BIDS, BOTH, CAMPAIGNS, Address, Superuser, for_both
from tests.world import ASHA, OM, RAVI, Person

ROWS: Final = 1_000_000 if os.environ.get("SOAK") else 100_000
"""One in ten is open, the newest; Asha has two hundred; one word stands in three of them only."""

BRANDS: Final = ROWS // 200

FEW: Final = 400
"""More rows than an index that fits has to give for a page of twenty."""

SORTS: Final = ("newest", "oldest", "budget_high", "budget_low")

PEOPLE: Final = f"""
insert into users (id, name, phone, role)
values ('{ASHA.id}', 'Asha', '+9100', 'brand_owner'), ('{RAVI.id}', 'Ravi', '+9101', 'influencer');
insert into users (name, phone, role)
select 'Brand ' || n, '+92' || n, 'brand_owner' from generate_series(2, {BRANDS}) n;
"""

POSTINGS: Final = """
insert into {many} (title, description, {budget_columns}, status, platform, category, created_by, created_at)
select (array['Summer', 'Winter', 'Coffee', 'Shoes', 'Travel'])[1 + n % 5] || ' number ' || n,
       case when n % ({rows} / 3) = 7 then 'A needle in the hay' else 'Short films, posts and stories' end,
       {budgets},
       case when n > {rows} * 0.9 then 'open'
            else (array['in_progress', 'completed', 'cancelled'])[1 + n % 3] end,
       (array['Instagram', 'TikTok', 'YouTube'])[1 + n % 3],
       'Category ' || n % 5000,
       brands.ids[1 + n % {brands}],
       '2020-01-01Z'::timestamptz + n * interval '1 minute'
  from generate_series(1, {rows}) n,
       (select array_agg(id) as ids from users where role = 'brand_owner') brands;
insert into requests ({one}_id, influencer_id, brand_owner_id, proposed_amount, status)
select id, '{ravi}', created_by, 5000, 'completed' from {many} where status = 'completed' limit 40;
"""


@pytest.fixture(scope="module")
async def market(server: Server) -> AsyncIterator[Superuser]:
    """Return a connection in whose transaction, and nowhere else, there is a large market."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("set local session_replication_role = replica")
    await connection.execute("truncate requests, bids, campaigns, users cascade")
    await connection.execute(PEOPLE)
    for at in BOTH:
        await _fill(connection, at)
    # Every row is looked at, so that chance has no say in the plans.
    await connection.execute("set local default_statistics_target = 1000")
    await connection.execute("analyze bids, campaigns, requests, users")
    await connection.execute(TELL_PLANS)
    yield connection
    await transaction.rollback()
    await connection.close()


async def _fill(connection: Superuser, at: Address) -> None:
    """Write the postings first and their indexes then, which is many times quicker."""
    indexes = await connection.fetch(
        "select indexname, indexdef from pg_indexes where tablename = $1 and indexname not like '%_pkey'",
        at.many,
    )
    for index in indexes:
        await connection.execute(f"drop index {index['indexname']}")
    is_bid = at is BIDS
    await connection.execute(
        POSTINGS.format(
            many=at.many,
            one=at.one,
            budget_columns="min_budget, max_budget" if is_bid else "budget",
            budgets="1000 + n % 5000, 7000 + n % 9973" if is_bid else "7000 + n % 9973",
            rows=ROWS,
            brands=BRANDS,
            ravi=RAVI.id,
        )
    )
    for index in indexes:
        await connection.execute(index["indexdef"])


async def search(market: Superuser, at: Address, person: Person, **wanted: Any) -> list[Plan]:
    """Search as that person and return the plans of the statements in the search function, one a reason."""
    keys = ("status", "platform", "language", "category", "content_type", "creator", "min", "max", "words")
    sql = "select app.find_postings($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, null, null, null, 21)"
    values = (at.one, *(wanted.get(key) for key in keys), wanted.get("sort", "newest"))
    told = await plans(market, person, partial(market.fetch, sql, *values))
    inside = [plan for plan in told if f"from public.{at.many} p" in plan["Query Text"]]
    assert inside
    return inside


@for_both
@pytest.mark.parametrize("person", [ASHA, RAVI, OM], ids=lambda person: person.name)
async def test_words_are_found_by_their_trigrams(market: Superuser, at: Address, person: Person):
    for plan in await search(market, at, person, words="needle"):
        if person is not ASHA:  # Her own are so few that looking through them is quicker
            assert indexes(plan) & {f"{at.many}_words", f"{at.many}_pkey"}
        assert touched(plan) < FEW


@for_both
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("person", [ASHA, RAVI, OM], ids=lambda person: person.name)
async def test_a_page_reads_few_rows_in_every_order(
    market: Superuser, at: Address, sort: str, person: Person
):
    for plan in await search(market, at, person, sort=sort):
        assert touched(plan) < FEW


@for_both
@pytest.mark.parametrize("person", [RAVI, OM], ids=lambda person: person.name)
@pytest.mark.parametrize(
    "wanted",
    [
        {"min": 9000, "max": 9001},
        {"min": 16972},
        {"max": 7000},
        {"category": "cATEGORY 4999"},
        {"platform": "tiktok", "status": "open"},
        {"creator": ASHA.id},
    ],
    ids=str,
)
async def test_a_filter_reads_few_rows(
    market: Superuser, at: Address, person: Person, wanted: dict[str, Any]
):
    for plan in await search(market, at, person, **wanted):
        assert touched(plan) < FEW


@for_both
@pytest.mark.parametrize("person", [ASHA, RAVI, OM], ids=lambda person: person.name)
async def test_nothing_is_asked_for_each_row(market: Superuser, at: Address, person: Person):
    for plan in await search(market, at, person, words="coffee", min=8000, platform="TikTok"):
        assert not [node for node in nodes(plan) if node.get("Parent Relationship") == "SubPlan"]


@for_both
async def test_what_is_not_asked_for_leaves_no_trace_in_the_plan(market: Superuser, at: Address):
    other = (BIDS if at is CAMPAIGNS else CAMPAIGNS).many
    for plan in await search(market, at, OM):
        text = str(plan["Plan"])
        assert other not in text
        for column in ("platform", "category", "budget", "~~*"):
            assert column not in text


@for_both
async def test_the_wall_asks_for_applications_once_and_not_for_each_row(market: Superuser, at: Address):
    told = await plans(market, RAVI, partial(market.fetch, f"select id from {at.many}"))
    wall = next(node for node in nodes(told[-1]) if node.get("Relation Name") == at.many)

    assert "hashed SubPlan" in wall["Filter"]
    assert {child["Actual Loops"] for child in wall["Plans"]} == {1}


@for_both
async def test_a_row_is_read_through_the_wall_by_its_key(market: Superuser, at: Address):
    posting_id = await market.fetchval(f"select id from {at.many} where status = 'completed' limit 1")
    told = await plans(
        market, RAVI, partial(market.fetch, f"select title from {at.many} where id = any ($1)", [posting_id])
    )

    assert f"{at.many}_pkey" in indexes(told[-1])
    assert touched(told[-1]) < FEW
