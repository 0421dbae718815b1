"""What happens to deals by itself: clocks run out, postings are cancelled or come to their end."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID

import structlog

from stoory.chat import queries as chat
from stoory.deals import clocks, queries
from stoory.deals.actions.press import lock, press_as_system
from stoory.deals.deal import system_press
from stoory.deals.queries import due as due_queries
from stoory.deals.queries.due import Due
from stoory.deals.states import Action
from stoory.errors import Busy, Conflict
from stoory.payments.actions.oddities import quarantine
from stoory.platform.database import Database, Tx
from stoory.platform.jobs import Handler, Round
from stoory.postings import actions as postings
from stoory.postings.rules import Status

log = structlog.get_logger("stoory.deals")

CLOCK_EVERY_SECONDS: Final = 1.0
ENDED_POSTINGS_EVERY_SECONDS: Final = 30.0
DEALS_A_BATCH: Final = 200
POSTINGS_A_BATCH: Final = 200
REST_AFTER_FAILURE_SECONDS: Final = 60.0


async def posting_cancelled(tx: Tx, payload: dict[str, Any]) -> None:
    """Close an unfunded deal of a cancelled posting; one that has ended meanwhile stays as it is."""
    await _close_unfunded(tx, UUID(payload["request_id"]), {})


async def bid_hired(tx: Tx, payload: dict[str, Any]) -> None:
    """Close another deal of a bid that has hired; one that has ended meanwhile stays as it is."""
    await _close_unfunded(tx, UUID(payload["request_id"]), {"cause": "hired"})


async def _close_unfunded(tx: Tx, request_id: UUID, data: dict[str, Any]) -> None:
    row = await lock(tx, await queries.deal_of(tx, request_id))
    try:
        await press_as_system(tx, row, system_press(Action.POSTING_CANCELLED, tx.now, data))
    except Conflict:
        log.info("deal goes on", request_id=str(row.request_id), state=row.deal.state)


class Clocks:
    """Makes every move and says every reminder that is due, each deal in a transaction of its own."""

    def __init__(self) -> None:
        """Start with every deal awake."""
        self._resting: dict[UUID, float] = {}
        """Deals whose clock failed, and until when (monotonic) they are left alone, so that none stops the others."""

    async def run(self, db: Database) -> None:
        """Serve what is due now; a full batch means there is more."""
        while len(due := await self._due(db)) == DEALS_A_BATCH:
            await self._serve(db, due)
        await self._serve(db, due)

    async def _serve(self, db: Database, due: list[Due]) -> None:
        for deal in due:
            try:
                await run_clock(db, deal)
            except Exception as problem:
                self._resting[deal.request_id] = time.monotonic() + REST_AFTER_FAILURE_SECONDS
                log.exception("a clock failed", request_id=str(deal.request_id))
                await self._alert(db, deal, problem)

    async def _alert(self, db: Database, deal: Due, problem: Exception) -> None:
        """Let operators know of a clock that fails, once; it is tried again all the same."""
        if isinstance(problem, Busy):
            return
        async with db.as_system("a clock failed") as tx:
            details = {"conversation_id": deal.conversation_id, "why": type(problem).__name__}
            await quarantine(tx, "clock_failed", str(deal.request_id), details)

    async def _due(self, db: Database) -> list[Due]:
        now = time.monotonic()
        self._resting = {request_id: until for request_id, until in self._resting.items() if until > now}
        async with db.as_system("look for due deals", readonly=True) as tx:
            return await due_queries.due(tx, list(self._resting), DEALS_A_BATCH)


async def run_clock(db: Database, due: Due) -> None:
    """Let the clock of one deal make all its moves that are due now; not while somebody else moves it."""
    async with db.as_system("a deal's clock") as tx:
        if not await chat.try_lock_conversation(tx, due.conversation_id):
            return
        row = await queries.deal_of(tx, due.request_id)
        while pressed := clocks.due(row.deal, tx.now):
            row = (await press_as_system(tx, row, pressed)).row


async def close_ended_postings(db: Database) -> None:
    """Complete or cancel the open postings past their end that have no open deal any more."""
    async with db.as_system("ended postings") as tx:
        for ended in await due_queries.ended_postings(tx, POSTINGS_A_BATCH):
            status = Status.COMPLETED if ended.has_completed_deal else Status.CANCELLED
            await postings.follow(tx, ended.kind, ended.id, status)


JOBS: Final[dict[str, Handler]] = {"posting_cancelled": posting_cancelled, "bid_hired": bid_hired}

ROUNDS: Final = [
    Round("clocks", CLOCK_EVERY_SECONDS, Clocks().run),
    Round("ended postings", ENDED_POSTINGS_EVERY_SECONDS, close_ended_postings),
]
