"""Who is measured: Stoory as production starts it, and its peers, each one process with the same pool."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.side_by_side.node import PEERS as FOLDER
from bench.side_by_side.node import node
from bench.side_by_side.running import Contestant, stoory_program

DB_POOL: Final = "10"
SECRET: Final = "side-by-side-5f0c2e7a9b1d4c36"  # noqa: S105 - signs the tokens of people who do not exist

STOORY: Final = "stoory"
LIMITED: Final = "stoory+limits"
REMEMBERING: Final = "stoory+memory"
"""With limits, and keeping what everybody reads; measured where that is read"""
USUAL: Final = "usual"
TUNED: Final = "tuned"
LIMIT: Final = "limit"
UNLIMITED: Final = "unlimited"
USUAL_SECONDS: Final = 30
"""That Stoory remembers, unless told otherwise"""
NEVER_REACHED: Final = "1000000/minute"
"""A limit that counts every request and refuses none"""

TWIN: Final = " again"
"""What follows the name of the peer that is started twice, to see how equal equals are measured."""

PEERS: Final = (USUAL, TUNED, LIMIT)
NODE_PEERS: Final = (USUAL, TUNED)


class Addresses(Struct, frozen=True):
    """The database as Stoory's logins reach it, behind the walls, and as the peers do, past them."""

    app: str
    owner: str
    superuser: str


def stoory(
    name: str, database: Addresses, home: Path, limit: str, *, remember_seconds: int = 0
) -> Contestant:
    """Return Stoory in production: nothing but addresses, limits and what it remembers differ from an installation's.

    Razorpay's address leads nowhere: no measure asks it for anything.
    """
    return Contestant(
        name=name,
        command=(stoory_program(), "serve"),
        environ={
            "STOORY_ENV": "production",
            "STOORY_HOME": str(home),
            "STOORY_DATABASE_URL": database.app,
            "STOORY_DATABASE_MIGRATION_URL": database.owner,
            "STOORY_DB_POOL": DB_POOL,
            "STOORY_SECRET": SECRET * 2,
            "STOORY_LIMIT_API": limit,
            "STOORY_LIMIT_AUTH": "unlimited",
            "STOORY_LIMIT_SOCKET": limit,
            "STOORY_REMEMBER": str(remember_seconds),
            "STOORY_RAZORPAY_BASE_URL": "http://127.0.0.1:9",
            "STOORY_RAZORPAY_KEY_ID": "side_by_side",
            "STOORY_RAZORPAY_KEY_SECRET": "side-by-side-key",
            "STOORY_RAZORPAY_WEBHOOK_SECRET": "side-by-side-webhook",
        },
        port_variable="STOORY_PORT",
        health="/health",
    )


def peer(name: str, database: Addresses, *, twin: bool = False) -> Contestant:
    """Return a peer, or its twin: another process of the same program."""
    command = (
        (node() or "node", str(FOLDER / name / "server.js"))
        if name in NODE_PEERS
        else (sys.executable, "-m", f"bench.peers.{name}")
    )
    return Contestant(
        name=name + TWIN * twin,
        command=command,
        environ={"DATABASE_URL": database.superuser, "DB_POOL": DB_POOL, "SECRET": SECRET * 2},
        port_variable="PORT",
    )


def contestants(database: Addresses, home: Path, peers: list[str]) -> list[Contestant]:
    """Return everybody in the order of a turn: who is compared stands close together.

    The twin is of the tuned peer, or of whichever of the others there is; without any, of Stoory itself.
    """
    twin = next((name for name in (TUNED, LIMIT, USUAL) if name in peers), STOORY)
    everybody = [
        stoory(STOORY, database, home, UNLIMITED),
        stoory(LIMITED, database, home, NEVER_REACHED),
        stoory(REMEMBERING, database, home, NEVER_REACHED, remember_seconds=USUAL_SECONDS),
    ]
    if twin == STOORY:
        everybody.append(stoory(STOORY + TWIN, database, home, UNLIMITED))
    for name in sorted(peers, key=(TUNED, USUAL, LIMIT).index):
        everybody.append(peer(name, database))
        if name == twin:
            everybody.append(peer(name, database, twin=True))
    return everybody
