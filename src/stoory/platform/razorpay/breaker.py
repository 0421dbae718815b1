"""A circuit breaker: who does not answer again and again is left alone for a while, so that nobody waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from stoory.errors import Upstream

FAILURES_TO_OPEN: Final = 5
OPEN_SECONDS: Final = 15.0


class Breaker:
    """Counts failures in a row. Once open, it lets one call through after a while, and closes when that goes well."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start closed."""
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        """Raise Upstream while it is open."""
        now = self._clock()
        if self._failures < FAILURES_TO_OPEN:
            return
        if now < self._open_until:
            raise Upstream
        self._open_until = now + OPEN_SECONDS  # this caller tries; the others wait for what comes of it

    def went_well(self) -> None:
        """Close."""
        self._failures = 0

    def went_wrong(self) -> None:
        """Count a failure, and open when there were enough in a row."""
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._open_until = self._clock() + OPEN_SECONDS
