"""What is measured for whoever watches: what waits, what does not fit, and what the doctor found."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import Struct, structs
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from stoory import doctor
from stoory.claims import CLAIMS
from stoory.doctor import DEAL_CLAIMS, Broken
from stoory.platform.database import Database, Tx

EXAMINE_EVERY_SECONDS: Final = 6 * 3600.0
"""Examining reads every row there is."""

CONTENT_TYPE: Final = "text/plain; version=0.0.4"

SHARED_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client is told of a folder where several processes share their numbers."""

BY_THE_LAST: Final = "mostrecent"
"""Of several processes one does the rounds, and has the doctor look; whichever is asked tells what that one found."""

OF_THE_LIVING: Final = "livesum"
"""Each process has its own; they are added up."""


class Waiting(Struct, frozen=True):
    """What waits, as the metrics name it."""

    quarantined: int
    """things that do not fit and wait for an operator"""
    webhooks_due: int
    """webhooks that are stored and not applied yet"""
    refunds_unsettled: int
    """refunds on their way"""
    payouts_unsettled: int
    """payouts on their way"""
    disputes_open: int
    """deals that wait for an operator's decision"""
    clocks_due: int
    """deals whose clock has run out and has not been served"""
    jobs_held: int
    """jobs that failed as often as they are tried"""


class Watch:
    """Keeps the metrics. The doctor's findings are those of the last examination."""

    def __init__(self) -> None:
        """Start with nothing found."""
        self.registry = CollectorRegistry()
        self._waiting = {
            name: Gauge(
                f"stoory_{name}",
                f"How many there are: {name.replace('_', ' ')}.",
                registry=self.registry,
                multiprocess_mode=BY_THE_LAST,
            )
            for name in Waiting.__struct_fields__
        }
        self.sockets = Gauge(
            "stoory_sockets",
            "How many sockets of people who are signed in are connected.",
            registry=self.registry,
            multiprocess_mode=OF_THE_LIVING,
        )
        self._broken = Gauge(
            "stoory_claim_broken",
            "1 for a claim of the doctor that does not hold.",
            ["claim"],
            registry=self.registry,
            multiprocess_mode=BY_THE_LAST,
        )
        self._examined = Gauge(
            "stoory_examined_timestamp_seconds",
            "When the doctor last looked.",
            registry=self.registry,
            multiprocess_mode=BY_THE_LAST,
        )

    async def examine(self, db: Database) -> None:
        """Have the doctor look, and keep what was found."""
        self.keep(await doctor.examine(db), db.clock.now())

    def keep(self, found: list[Broken], at: datetime) -> None:
        """Keep what the doctor found."""
        broken = {each.claim for each in found}
        for claim in (*CLAIMS, *DEAL_CLAIMS):
            self._broken.labels(claim=claim).set(claim in broken)
        self._examined.set(at.timestamp())

    async def exposition(self, db: Database) -> bytes:
        """Return everything as Prometheus reads it."""
        async with db.as_system("metrics", readonly=True) as tx:
            waiting = await _waiting(tx)
        for name, count in structs.asdict(waiting).items():
            self._waiting[name].set(count)
        return self.written()

    def written(self) -> bytes:
        """Return every number as it was set last, by whichever process: at the very end, by this one."""
        registry, folder = self.registry, os.environ.get(SHARED_FOLDER)
        if folder and Path(folder).is_dir():
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)


async def _waiting(tx: Tx) -> Waiting:
    return await tx.one(
        Waiting,
        """
        select (select count(*) from quarantine where resolved_at is null) as quarantined,
               (select count(*) from webhook_events where due_at is not null) as webhooks_due,
               (select count(*) from refunds where status in ('requested', 'processing')) as refunds_unsettled,
               (select count(*) from payouts where status in ('requested', 'processing')) as payouts_unsettled,
               (select count(*) from deals where state = 'disputed') as disputes_open,
               (select count(*) from deals where deadline_at <= $1) as clocks_due,
               (select count(*) from queue.pgqueuer where status = 'failed') as jobs_held
        """,
        tx.now,
    )
