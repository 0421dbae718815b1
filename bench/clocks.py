"""How late clocks are among a million others, against a running `stoory up` of a development home.

    export STOORY_HOME=/tmp/bench STOORY_LIMIT_API=unlimited STOORY_LIMIT_AUTH=unlimited
    .venv/bin/stoory up
    .venv/bin/python bench/clocks.py $(.venv/bin/stoory dsn postgres) [--deals 500] [--others 1000000] [--url URL]

Real offers are made one after another and time is moved on to just before half of their life, so that their reminders
come due one by one; then past their end, so that all run out at the same moment. The others are copies of one deal's
row whose clocks run for more than a month. It needs a home of its own: it moves time on and leaves the copies behind.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TypeAlias
from uuid import UUID

import asyncpg
import httpx
from people import applied, signed_in, spread

LEAD_SECONDS = 5
OFFER_SECONDS = 72 * 3600
PATIENCE_SECONDS = 300

Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

COPIES = """
    insert into deals (request_id, conversation_id, bid_id, brand_owner_id, influencer_id, seq, state, awaiting_role,
                       terms, flow_data, deadlines, deadline_at, created_at, updated_at)
    select gen_random_uuid(), gen_random_uuid(), bid_id, brand_owner_id, influencer_id, seq, state, awaiting_role,
           terms, flow_data, deadlines, deadline_at + interval '30 days' + n * interval '2 seconds', created_at,
           updated_at
      from deals, generate_series(1, $2::int) n
     where request_id = $1
"""
DUE = """
    explain (analyze, buffers, costs off, summary off)
    select request_id, conversation_id
      from deals
     where deadline_at <= now()
       and request_id <> all ('{}'::uuid[])
     order by deadline_at
     limit 200
"""
DEADLINES = "select request_id, deadline_at from deals where request_id = any ($1::uuid[])"
REMINDED = (
    "select request_id, at from deal_events where request_id = any ($1::uuid[]) and action = 'reminder'"
)
EXPIRED = "select count(*) from deals where request_id = any ($1::uuid[]) and state = 'expired'"


async def main() -> None:
    """Make deals among many others, let their clocks run out, and print how late that was noticed."""
    options = argparse.ArgumentParser()
    options.add_argument("dsn")
    options.add_argument("--deals", type=int, default=500)
    options.add_argument("--others", type=int, default=1_000_000)
    options.add_argument("--url", default="http://127.0.0.1:8000")
    told = options.parse_args()
    database = await asyncpg.connect(told.dsn)
    async with httpx.AsyncClient(base_url=told.url, timeout=60) as client:
        people = await signed_in(client)
        began = time.time()
        deals = [UUID((await applied(client, people))["id"]) for _ in range(told.deals)]
        print(f"{told.deals} offers in {time.time() - began:.1f} s")
        await fill(database, deals[0], told.others)
        await advance(client, people, int(OFFER_SECONDS / 2 - (time.time() - began) - LEAD_SECONDS))
        await reminders(database, deals)
        await advance(client, people, OFFER_SECONDS)
        await expiries(database, deals)
    await database.close()


async def fill(database: Database, deal: UUID, copies: int) -> None:
    """Add copies of a deal's row, past its foreign keys, and show how what is due is found among them."""
    began = time.time()
    async with database.transaction():
        await database.execute("set local session_replication_role = replica")
        await database.execute(COPIES, deal, copies)
    await database.execute("vacuum analyze deals")
    print(f"{copies} others in {time.time() - began:.1f} s")
    print("\n".join(f"    {row[0]}" for row in await database.fetch(DUE)))


async def advance(client: httpx.AsyncClient, people: dict[str, dict[str, str]], seconds: int) -> None:
    """Move the application's time on."""
    answer = await client.post("/__dev/clock", json={"advance_seconds": seconds}, headers=people["om"])
    assert answer.is_success, answer.text


async def reminders(database: Database, deals: list[UUID]) -> None:
    """Wait until every reminder was said, and print how late each was."""
    due = {row["request_id"]: row["deadline_at"] for row in await database.fetch(DEADLINES, deals)}
    give_up_at = time.time() + PATIENCE_SECONDS
    while len(said := await database.fetch(REMINDED, deals)) < len(deals):
        assert time.time() < give_up_at, f"{len(said)} of {len(deals)} were reminded"
        await asyncio.sleep(0.5)
    late = [(row["at"] - due[row["request_id"]]).total_seconds() for row in said]
    print(f"{len(late)} reminders, due one by one: {spread(late, 's')} late")


async def expiries(database: Database, deals: list[UUID]) -> None:
    """Wait until every offer has run out, all at the same moment, and print how long that took."""
    began = time.time()
    while await database.fetchval(EXPIRED, deals) < len(deals):
        assert time.time() < began + PATIENCE_SECONDS
        await asyncio.sleep(0.05)
    print(f"{len(deals)} offers, run out at the same moment: all expired after {time.time() - began:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
