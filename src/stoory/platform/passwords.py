"""Passwords are hashed with argon2id in threads of their own, few at once: each takes 19 MiB and a core for a while."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from stoory.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
"""OWASP's smallest setting of argon2id with which a stolen table of hashes is of little use."""

LONGEST_QUEUE: Final = 16
"""Passwords that may wait for a free thread: half a second's work. Who comes later is told to come again."""

NOBODYS_HASH: Final = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
"""The hash of no password, as dear to verify as a real one."""


class Passwords:
    """Hashes and verifies passwords beside the event loop; one core is always left to the other requests."""

    def __init__(self, *, threads: int | None = None, longest_queue: int = LONGEST_QUEUE) -> None:
        """Take how many may be hashed at once, unless it is all cores but one, and how many more may wait."""
        threads = threads or max(1, (os.cpu_count() or 1) - 1)
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._room = threads + longest_queue
        self.computed = 0
        """Hashes computed since the start, verifications included"""

    async def hash(self, password: str) -> str:
        """Return the hash to store; Busy when too many wait already. Never inside a transaction."""
        return await self._compute(self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password is right; Busy when too many wait already. Never inside a transaction.

        Without a hash, for somebody who does not exist, the answer is no and takes as long as for everybody else.
        """
        is_right = await self._compute(self._matches, password_hash or NOBODYS_HASH, password)
        return is_right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False

    async def _compute(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        if not self._room:
            raise Busy
        self._room -= 1
        self.computed += 1
        computation = self._threads.submit(work, *args, **kwargs)
        # Given back when the thread is done, not when the caller is: who hangs up does not make room.
        loop = asyncio.get_running_loop()
        computation.add_done_callback(lambda _: loop.call_soon_threadsafe(self._make_room))
        return await asyncio.wrap_future(computation)

    def _make_room(self) -> None:
        self._room += 1
