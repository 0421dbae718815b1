"""How often whoever asks may ask, as plan and key say. It is asked for before every request, so it is remembered."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from stoory.actor import Actor
from stoory.errors import StooryError
from stoory.plans.hints import PlanChanged
from stoory.plans.queries import plan_of
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.limits import UNLIMITED, Rate
from stoory.platform.remembered import Remembered

WITHOUT_A_PLAN: Final = 100
"""Requests a minute of whoever is not signed in, and of everybody whose plan cannot be looked up."""
PEOPLE_REMEMBERED: Final = 50_000
REMEMBER_SECONDS: Final = 60
"""Hints say when somebody's plan has changed; an operator's SQL is seen no later."""
LOOKED_UP_WITHIN_SECONDS: Final = 1.0
ASKED_AGAIN_AFTER_SECONDS: Final = 1.0

log = structlog.get_logger("stoory.limits")


class Rates:
    """Requests a minute, by person. A database that is away makes nobody wait, and lets nobody ask without end."""

    def __init__(self, db: Database, setting: str | None = None) -> None:
        """Take where plans are; where a setting goes for everybody they are not looked at."""
        self._db = db
        self._are_by_plan = not setting
        self._setting = Rate.read("api", setting) if setting and setting != UNLIMITED else None
        self._known: Remembered[UUID, int] = Remembered(PEOPLE_REMEMBERED, seconds=REMEMBER_SECONDS)
        self._asked_again_at = 0.0

    async def of(self, actor: Actor) -> int | None:
        """Return how many requests may come from a person, or with a key; None: as many as the setting says.

        That is as many as the plan allows in a minute, or the setting in its own window. A key's own number makes it
        fewer, never more; that of an administrator, who has no limit, stands alone.
        """
        own = None if actor.key is None else actor.key.requests_per_minute
        if self._setting is not None and own is not None:
            return min(max(1, own * self._setting.window_seconds // 60), self._setting.quota)
        if not self._are_by_plan:
            return None
        if own is None or not actor.is_admin:
            by_plan = await self._by_plan(actor.id)
            return by_plan if own is None else min(own, by_plan)
        return own

    async def _by_plan(self, user_id: UUID) -> int:
        try:
            return await self._known.get(user_id, partial(self._looked_up, user_id))
        except TimeoutError:
            return self._known.last(user_id, WITHOUT_A_PLAN)

    async def _looked_up(self, user_id: UUID) -> int:
        """Ask the database, unless it was found away a moment ago; TimeoutError."""
        if time.monotonic() < self._asked_again_at:
            raise TimeoutError
        asking = asyncio.create_task(self._asked(user_id))  # it ends by itself: to break it off may take long
        await asyncio.wait([asking], timeout=LOOKED_UP_WITHIN_SECONDS)
        rate = asking.result() if asking.done() else None
        if rate is None:
            self._asked_again_at = time.monotonic() + ASKED_AGAIN_AFTER_SECONDS
            raise TimeoutError
        return rate

    async def _asked(self, user_id: UUID) -> int | None:
        """Return what the plan says, or None when the database does not."""
        try:
            async with self._db.at_once("somebody's plan says how often they may ask") as tx:
                return (await plan_of(tx, user_id)).requests_per_minute
        except StooryError:
            pass  # whoever answers the request finds out as well
        except Exception:
            log.exception("unforeseen")
        return None

    def hear(self, hint: Hint) -> None:
        """Look anew at whose plan has changed."""
        if isinstance(hint, PlanChanged):
            for user_id in hint.user_ids:
                self._known.forget(user_id)
            if not hint.user_ids:
                self.forget_all()

    def forget_all(self) -> None:
        """Look anew at everybody's plan, also if the database was away a moment ago."""
        self._known.forget_all()
        self._asked_again_at = 0.0
