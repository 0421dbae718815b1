"""Whose key a key is. Programs ask often, so it is remembered for some seconds; `app.enter` judges in any case."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from stoory.accounts.actions import KeysRevoked
from stoory.accounts.keys import lives, unknown_key
from stoory.accounts.queries.keys import Holder, key_holder, note_use
from stoory.actor import Actor, Key
from stoory.errors import StooryError
from stoory.platform.bus import Hint
from stoory.platform.database import Database
from stoory.platform.remembered import Remembered
from stoory.platform.tokens import API_KEY, fingerprint

KEYS_REMEMBERED: Final = 10_000
REMEMBER_SECONDS: Final = 10
NOTED_EVERY: Final = timedelta(minutes=1)
SETTLED_WITHIN_SECONDS: Final = 1.0

log = structlog.get_logger("stoory.keys")


class Keyring:
    """The keys that were shown a moment ago, by their hash."""

    def __init__(self, db: Database) -> None:
        """Take where keys are."""
        self._db = db
        self._known: Remembered[bytes, Holder] = Remembered(KEYS_REMEMBERED, seconds=REMEMBER_SECONDS)
        self._noted: dict[UUID, datetime] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def owner_of(self, key: str) -> Actor:
        """Return whom a key speaks for; NotSignedIn when it opens nothing, Busy when nobody can be asked."""
        if not API_KEY.fullmatch(key):
            raise unknown_key()
        key_hash = fingerprint(key)
        holder = await self._known.get(key_hash, partial(self._found, key_hash))
        now = self._db.clock.now()
        if not lives(holder.expires_at, now):
            raise unknown_key()
        self._note(holder, now)
        what = Key(holder.scope, holder.requests_per_minute)
        return Actor(holder.user_id, holder.role, holder.id, what)

    async def _found(self, key_hash: bytes) -> Holder:
        async with self._db.at_once("a key speaks for itself") as tx:
            holder = await key_holder(tx, key_hash)
        if holder is None:
            raise unknown_key()
        return holder

    def _note(self, holder: Holder, now: datetime) -> None:
        """Have it written, once a minute, when a key was last used; nobody waits for it."""
        before = self._noted.get(holder.id, holder.last_used_at)
        if before is not None and now - before < NOTED_EVERY:
            return
        if len(self._noted) >= KEYS_REMEMBERED:
            self._noted.clear()
        self._noted[holder.id] = now
        note = asyncio.create_task(self._write(holder.id))
        self._notes.add(note)
        note.add_done_callback(self._notes.discard)

    async def _write(self, key_id: UUID) -> None:
        try:
            async with self._db.at_once("note when a key was last used") as tx:
                await note_use(tx, key_id, tx.now - NOTED_EVERY)
        except StooryError:
            pass  # the next minute notes it
        except Exception:
            log.exception("unforeseen")

    async def settle(self) -> None:
        """Wait for what is being noted, but not for long."""
        if self._notes:
            await asyncio.wait(list(self._notes), timeout=SETTLED_WITHIN_SECONDS)

    def hear(self, hint: Hint) -> None:
        """Ask anew whose key is whose when some are revoked, which is rare."""
        if isinstance(hint, KeysRevoked):
            self._known.forget_all()
