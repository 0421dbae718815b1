"""Work after the commit: jobs, enqueued in the caller's transaction and done by pgqueuer, and rounds, which repeat.

A job is done in a transaction of its own; an errand is a job that leaves the house (Razorpay, storage) and opens its
transactions itself, before and after, since no network call may stand inside one.
Both are done at least once, so their handlers must be idempotent. They are polled for: a NOTIFY for each would take
a database-wide lock at commit.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, LiteralString

import asyncpg
import structlog
from msgspec import Struct

os.environ.setdefault("PGQUEUER_SCHEMA", "queue")  # pgqueuer reads it when its queries are built

from pgqueuer.core.qm import QueueManager
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import QueueExecutionMode
from pgqueuer.queries import Queries

from stoory.errors import Busy
from stoory.platform import wire
from stoory.platform.database import Database, Tx

log = structlog.get_logger("stoory.jobs")

POLL_SECONDS: Final = 1
HEARTBEAT_SECONDS: Final = 5
MAX_ATTEMPTS: Final = 8
JOBS_AT_ONCE: Final = 2
"""They share the pool, and the cores, with people who wait for an answer."""
ERRANDS_AT_ONCE: Final = 4
"""They hold no connection while they wait for somebody outside, and must not make the jobs wait with them."""
PICKED: Final = 200
"""Jobs a worker may have picked; those it has not begun are another's soon after it dies."""
LONGEST_DELAY_SECONDS: Final = 300
RECONNECT_SECONDS: Final = 2

Handler = Callable[[Tx, dict[str, Any]], Awaitable[None]]
Errand = Callable[[Database, dict[str, Any]], Awaitable[None]]


class Round(Struct, frozen=True):
    """Something that is done over and over."""

    name: str
    every_seconds: float
    run: Callable[[Database], Awaitable[None]]
    waits_first: bool = False
    """Not at once when the server starts, but after that time."""


async def enqueue(tx: Tx, job: LiteralString, payload: dict[str, object]) -> None:
    """Have a job done once this transaction has committed; rolled back, it never was. Needs `tx.as_system`."""
    await enqueue_each(tx, job, [payload])


async def enqueue_each(tx: Tx, job: LiteralString, payloads: Sequence[dict[str, object]]) -> None:
    """Have a job done once a payload, as `enqueue` does, in one round trip."""
    if payloads:
        queue = Queries(AsyncpgDriver(tx.connection))  # pyright: ignore[reportArgumentType] - a pool's proxy is a connection
        await queue.enqueue(
            [job] * len(payloads), [wire.encode(payload) for payload in payloads], [0] * len(payloads)
        )


class Worker:
    """Does jobs and rounds until it is cancelled; a lost database is awaited, not fatal."""

    def __init__(
        self,
        db: Database,
        dsn: str,
        *,
        jobs: Mapping[str, Handler],
        errands: Mapping[str, Errand],
        rounds: Sequence[Round],
    ) -> None:
        """Take the handlers by job name; `dsn` must be a direct connection, no transaction pooler."""
        self._db = db
        self._dsn = dsn
        hands, legs = asyncio.Semaphore(JOBS_AT_ONCE), asyncio.Semaphore(ERRANDS_AT_ONCE)
        self._entrypoints = {
            **{name: self._attempt(_in_one_transaction(job), hands) for name, job in jobs.items()},
            **{name: self._attempt(errand, legs) for name, errand in errands.items()},
        }
        self.rounds = rounds

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._do_jobs())
            for each in self.rounds:
                group.create_task(self._repeat(each))

    async def drain(self) -> None:
        """Do the jobs that are waiting, and return when none is left that could be done now."""
        await self._serve_queue(QueueExecutionMode.drain)

    async def _do_jobs(self) -> None:
        while True:
            try:
                await self._serve_queue(QueueExecutionMode.continuous)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
                log.warning("queue lost", reason=type(problem).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _serve_queue(self, mode: QueueExecutionMode) -> None:
        connection = await asyncpg.connect(
            self._dsn, server_settings={"role": "stoory_system", "application_name": "stoory worker"}
        )
        try:
            manager = QueueManager(Queries(AsyncpgDriver(connection)))
            for name, attempt in self._entrypoints.items():
                manager.entrypoint(name, on_failure="hold")(attempt)
            await manager.run(
                mode=mode,
                batch_size=PICKED // 2,
                max_concurrent_tasks=PICKED,
                dequeue_timeout=timedelta(seconds=POLL_SECONDS),
                heartbeat_timeout=timedelta(seconds=HEARTBEAT_SECONDS),
            )
        finally:
            await connection.close()

    def _attempt(self, errand: Errand, hands: asyncio.Semaphore) -> Callable[[Job], Awaitable[None]]:
        async def attempt(job: Job) -> None:
            """Do a job; what fails is tried again later, and held after the last try."""
            async with hands:
                attempts = await self._count_attempt(job)
                try:
                    await errand(self._db, wire.decode(job.payload or b"{}"))
                except Exception as problem:
                    log.exception("job failed", job=job.entrypoint, job_id=job.id, attempts=attempts)
                    if attempts >= MAX_ATTEMPTS:
                        raise
                    delay = timedelta(seconds=min(2**attempts, LONGEST_DELAY_SECONDS))
                    raise RetryRequested(delay, reason=type(problem).__name__) from problem

        return attempt

    async def _count_attempt(self, job: Job) -> int:
        """Count before the work begins: pgqueuer would never count a job that kills its worker."""
        async with self._db.as_system("count a job's attempts") as tx:
            return await tx.value(
                int,
                """
                update queue.pgqueuer
                   set headers = coalesce(nullif(headers, 'null'), '{}') || jsonb_build_object(
                           'begun', coalesce((headers ->> 'begun')::integer, 0) + 1)
                 where id = $1
             returning (headers ->> 'begun')::integer
                """,
                job.id,
            )

    async def _repeat(self, each: Round) -> None:
        if each.waits_first:
            await asyncio.sleep(each.every_seconds)
        while True:
            try:
                await each.run(self._db)
            except (
                Busy
            ) as problem:  # the database is away: a traceback at every turn would only be in its way
                log.warning("round put off", round=each.name, cause=type(problem.__cause__).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)
            except Exception:
                log.exception("round failed", round=each.name)
            await asyncio.sleep(each.every_seconds)


def _in_one_transaction(handler: Handler) -> Errand:
    async def errand(db: Database, payload: dict[str, Any]) -> None:
        async with db.as_system("a job") as tx:
            await handler(tx, payload)

    return errand
