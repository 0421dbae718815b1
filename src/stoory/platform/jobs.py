"""Work to be done after the commit, by the worker: pgqueuer's queue, written in the caller's own transaction."""

from __future__ import annotations

import os
from typing import LiteralString

os.environ.setdefault("PGQUEUER_SCHEMA", "queue")  # read by pgqueuer when its queries are built

from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from stoory.platform import wire
from stoory.platform.database import Tx


async def enqueue(tx: Tx, job: LiteralString, payload: dict[str, object]) -> None:
    """Have a job done once this transaction has committed; rolled back, it never was. Needs `tx.as_system`."""
    await Queries(AsyncpgDriver(tx.connection)).enqueue(job, wire.encode(payload))
