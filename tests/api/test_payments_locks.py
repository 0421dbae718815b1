"""Two payments at once never wait for each other: everybody's accounts are held in one order."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import asyncpg

from tests.money import Market

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

WAITING = """
    select exists (select
                     from pg_stat_activity
                    where application_name = 'stoory'
                      and wait_event_type = 'Lock')
"""


async def test_a_capture_that_waits_for_the_fees_does_not_hold_the_gateway(
    market: Market, superuser: Superuser
) -> None:
    """Whoever learns a fee late holds `fees` and wants `gateway`."""
    _, first = await market.ordered()
    fields = await market.till.pay(first["razorpay_order_id"])
    async with market.world.db.as_system("the accounts are there") as tx:
        await tx.run(
            """
            insert into ledger_accounts (account, side, balance_paise)
            values ('fees', 'debit', 0), ('gateway', 'debit', 0)
            """
        )

    async with market.world.db.as_system("a fee is learned late") as tx:
        await tx.run("select from ledger_accounts where account = 'fees' for update")
        capture = asyncio.create_task(market.asha.post("/api/payments/verify-payment", json=fields))
        while not await superuser.fetchval(WAITING):
            assert not capture.done()
            await asyncio.sleep(0.01)
        await tx.run("select from ledger_accounts where account = 'gateway' for update nowait")

    assert (await capture).status_code == 200
