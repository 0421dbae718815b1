"""What everybody wrote and heard, held against the database and REST."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from bench.chaos_chat.account import Account
from bench.chaos_chat.client import Client
from bench.chaos_chat.deal import Deals
from bench.chaos_chat.folded import differences, told
from bench.chaos_chat.rest import Rest
from bench.chaos_chat.verdict import (
    Claim,
    Stored,
    broken_order,
    broken_presses,
    broken_sending,
    broken_silence,
    broken_telling,
)
from stoory.home import HomeDatabase
from stoory.upkeep import examine

Json = dict[str, Any]

MESSAGES = """
    select id::text, conversation_id::text, seq, sender_id::text, message, message_type = 'user' as is_written,
           client_msg_id
      from messages
     order by conversation_id, seq
"""
MOVES = """
    select request_id::text, action
      from deal_events
     order by request_id, seq
"""


async def differing(clients: Sequence[Client], rest: Rest) -> list[str]:
    """Return where the copies of clients differ from what REST shows their people."""
    found: list[str] = []
    shown: dict[str, Json] = {}
    for client in clients:
        if client.person.id not in shown:
            shown[client.person.id] = {
                row["id"]: (row, [told(one) for one in await rest.messages(client.person, row["id"])])
                for row in await rest.rows(client.person)
            }
        found += (
            f"{client.name}: {one}" for one in differences(client.folded.shown(), shown[client.person.id])
        )
    return found


async def claims(
    theirs: Sequence[Client],
    stranger: Client,
    database: HomeDatabase,
    differ: list[str],
    *,
    account: Account,
    deals: Deals,
) -> list[Claim]:
    """Return what is promised, and where it does not hold."""
    connection = await asyncpg.connect(database.operator)
    try:
        stored = [Stored(**dict(row)) for row in await connection.fetch(MESSAGES)]
        moves = [(row["request_id"], row["action"]) for row in await connection.fetch(MOVES)]
    finally:
        await connection.close()
    _, unwell = await examine(database)
    waiting = [letter.text for letter in account.letters if not account.is_heard(letter)]
    heard = [(client.name, line.heard) for client in theirs for line in client.connections]
    return [
        Claim(
            "every acknowledged message is in the database exactly once, every other at most once, and no more",
            [*broken_sending(account.letters, stored)],
        ),
        Claim("the messages of each conversation are numbered without a gap", [*broken_order(stored)]),
        Claim(
            "everything that was written is acknowledged, and was heard by all four who were there", waiting
        ),
        Claim("what each client keeps is what REST shows, the tablet's too", differ),
        Claim(
            "no connection was told anything twice, out of order, or with a hole",
            [one for name, lines in heard for one in broken_telling(name, lines)],
        ),
        Claim(
            "Meera, connected all the time, heard nothing",
            [*broken_silence(stranger.name, [line.heard for line in stranger.connections])],
        ),
        Claim(
            "every move of a deal that was answered has happened once",
            [*broken_presses(deals.pressed, moves)],
        ),
        Claim("`stoory doctor` finds nothing", [f"{claim}: {where}" for claim, where in unwell.items()]),
    ]
