"""Asking somebody outside what became of things: in batches, each once a run, whatever one of them does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

import structlog
from msgspec import Struct

from stoory.errors import Upstream
from stoory.platform.database import Database, Tx

log = structlog.get_logger("stoory.lookups")

A_BATCH: Final = 100
EVER: Final = datetime.max.replace(tzinfo=UTC)


class Unsettled(Protocol):
    """Something that may become settled outside."""

    @property
    def id(self) -> UUID:
        """Its own id."""
        ...


Thing = TypeVar("Thing", bound=Unsettled)


class Lookups(Struct, Generic[Thing]):
    """How things of one kind are looked up."""

    kind: str
    """As a log names it."""
    unsettled: Callable[[Tx, datetime, int], Awaitable[list[Thing]]]
    """Returns those not asked about since then, at most so many, longest ago first."""
    ask: Callable[[Thing], Awaitable[None]]
    save_checked: Callable[[Tx, list[UUID]], Awaitable[None]]
    """Notes that they have been asked about now."""


class Tally(Struct):
    """How many things were asked about, and of how many nothing could be learned; these come again next time."""

    asked: int = 0
    failed: int = 0


async def look_up_each(
    db: Database, lookups: Lookups[Thing], *, unasked_for: timedelta | None = None
) -> Tally:
    """Ask about everything unsettled, or what nobody has asked about for so long. No failure stops the rest."""
    before = EVER if unasked_for is None else db.clock.now() - unasked_for
    asked: set[UUID] = set()
    failed = 0
    while True:
        async with db.as_system("what to look up", readonly=True) as tx:
            batch = [each for each in await lookups.unsettled(tx, before, A_BATCH) if each.id not in asked]
        if not batch:
            return Tally(len(asked), failed)
        for each in batch:
            failed += not await _is_answered(lookups, each)
        async with db.as_system("what was looked up") as tx:
            await lookups.save_checked(tx, [each.id for each in batch])
        asked.update(each.id for each in batch)


async def _is_answered(lookups: Lookups[Thing], each: Thing) -> bool:
    try:
        await lookups.ask(each)
    except Upstream:
        log.warning("no answer", kind=lookups.kind, id=str(each.id))
        return False
    except Exception:
        log.exception("could not be looked up", kind=lookups.kind, id=str(each.id))
        return False
    return True
