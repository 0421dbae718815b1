"""Posting a journal: once, whole, and with the balances it leaves."""

from __future__ import annotations

from uuid import uuid4

from stoory.errors import Conflict
from stoory.ledger import queries
from stoory.ledger.rules import Journal
from stoory.platform.database import Tx


async def post(tx: Tx, journal: Journal) -> bool:
    """Post a journal; False when it is posted already. Needs `tx.as_system`.

    Post last in a transaction: accounts like `gateway` are everybody's, and are held until its end. They are held in
    the order of their names, so that no two transactions wait for each other. Raises Conflict `insufficient_funds`
    when an account that is owed to somebody would be overdrawn; ValueError when its key stands for another journal.
    """
    journal_id = uuid4()
    if not await queries.insert_journal(tx, journal_id, journal):
        if not await queries.is_same(tx, journal):
            raise ValueError(f"{journal.key} is posted already, with other entries")
        return False
    if overdrawn := await queries.lock_accounts(tx, journal):
        raise Conflict(f"There is not that much on {overdrawn[0]}.", code="insufficient_funds")
    await queries.insert_entries(tx, journal_id, journal)
    return True
