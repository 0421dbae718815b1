"""The doctor finds whatever is broken, names it, and is not misled by what changes while it looks."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import asyncpg
import httpx
import pytest

from stoory import doctor
from stoory.claims import CLAIMS
from stoory.deals.queries import DealRow
from stoory.doctor import DEAL_CLAIMS
from stoory.platform.database import Tx
from tests.money import WORK, Market, entered, funded, pressed, submitted
from tests.subscriptions import subscribed
from tests.world import RAVI

Client = httpx.AsyncClient
Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

BREAKS: Final = {
    "messages are numbered without a gap": "delete from messages where seq = 2",
    "nobody has read what is not there": "update participations set seen_seq = 1000",
    "everybody's news is numbered without a gap": "delete from news where number = 2",
    "nobody has news of what is not there": "update news set seq = 1000",
    "a conversation has its two people": f"delete from participations where user_id = '{RAVI.id}'",
    "only the open conversation of a deal waits for an answer": "update conversations set chat_status = 'completed'",
    "every request has one conversation and one deal": "delete from deals",
    "an open deal has somebody's turn, a closed one nobody's": "update deals set awaiting_role = null",
    "an open deal has a clock or an operator who was told, a closed one no clock": """
        update deals set deadline_at = null
    """,
    "all entries of the ledger add up to nothing": """
        delete from ledger_entries where id = (select min(id) from ledger_entries)
    """,
    "every journal of the ledger adds up to nothing": "update ledger_entries set amount_paise = amount_paise + 1",
    "every balance is the sum of its entries": "update ledger_accounts set balance_paise = balance_paise - 1",
    "no account that is owed to somebody is overdrawn": """
        update ledger_accounts set balance_paise = 1 where side = 'credit'
    """,
    "what a deal holds stands in its escrow": """
        update ledger_accounts set balance_paise = balance_paise - 1 where account like 'escrow:%'
    """,
    "no deal gives out more than was paid": """
        update deals set flow_data = jsonb_set(flow_data, '{released}', '5001')
    """,
    "a request is in progress exactly while its escrow holds money": "update requests set status = 'completed'",
    "what was captured for a deal is what its deal was paid": "update payments set amount = amount + 1",
    "every order with a captured payment is paid or refunded": """
        update orders set status = 'attempted', paid_at = null
    """,
    "an order that waits for money has a deal that does": """
        update orders set status = 'created', paid_at = null
    """,
    "every captured payment and its fee stand in the ledger once": "delete from ledger_journals",
    "no payment is given back, or promised back, more than once": "update refunds set amount = 6000",
    "every surplus payment goes back whole": "update payments set is_surplus = true",
    "an invoice waits for money, or has it, as its order does": """
        update invoices set amount = amount + 1, price = price + 1
    """,
    "the numbers of a year's invoices follow one another": "update invoice_numbers set last_number = 7",
    "what subscriptions have brought is income and tax": """
        update ledger_accounts set balance_paise = balance_paise - 1 where account = 'tax_due'
    """,
    "a subscription that goes on has a clock, one that is over none": "update subscriptions set due_at = null",
    "what is owed to payers is what is on its way back to them": """
        update refunds set status = 'processing', processed_at = null
    """,
    "what is in transit to influencers is what they were promised": """
        insert into ledger_accounts (account, side, balance_paise) values ('payouts', 'credit', -1)
    """,
    "a deal is the sum of its events": "update deal_events set amount = 4321 where action = 'accept_proposal'",
    "request and conversation show where their deal stands": "update requests set payment_status = 'unpaid'",
}
"""How each claim is broken: what it finds must be this."""


UNCHECKED: Final = "alter table ledger_accounts drop constraint ledger_accounts_not_overdrawn"
CHECKED: Final = """
    set session_replication_role = replica;
    delete from ledger_accounts;
    set session_replication_role = default;
    alter table ledger_accounts add constraint ledger_accounts_not_overdrawn
        check (side = 'debit' or balance_paise <= 0)
"""


def test_every_claim_is_tried() -> None:
    assert set(BREAKS) == {*CLAIMS, *DEAL_CLAIMS}


@pytest.mark.breaks_invariants
@pytest.mark.parametrize("claim", BREAKS)
async def test_what_is_broken_is_found_and_named(market: Market, superuser: Superuser, claim: str) -> None:
    request, _ = await submitted(market.asha, market.ravi, market.till)
    await pressed(market.om, request, "refund", {"amount": 100, "reason": "So"})
    await subscribed(market.asha, market.till)
    await market.world.do_jobs()
    await market.hear()
    assert await doctor.examine(market.world.db) == []

    await superuser.execute(UNCHECKED)
    try:
        await superuser.execute(f"set session_replication_role = replica; {BREAKS[claim]}")
        found = await doctor.examine(market.world.db)
    finally:
        await superuser.execute(CHECKED)

    assert claim in {broken.claim for broken in found}
    assert all(broken.where for broken in found)


async def test_a_deal_that_moves_meanwhile_is_not_taken_for_a_broken_one(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = await funded(market.asha, market.ravi, market.till)
    real = doctor.queries.deal_of

    async def slow(tx: Tx, request_id: Any) -> DealRow:
        row = await real(tx, request_id)
        monkeypatch.setattr(doctor.queries, "deal_of", real)
        await entered(market.ravi, request, "work_submission", WORK)
        return row

    monkeypatch.setattr(doctor.queries, "deal_of", slow)

    assert await doctor.examine(market.world.db) == []
