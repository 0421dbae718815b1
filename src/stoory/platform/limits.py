"""How often somebody may ask: exact rolling windows, one window a class of requests.

In any span as long as the window, of whatever beginning, no more requests pass than the quota says, and whoever waits
as long as they were told passes. A class has one quota, or whoever asks their own; when it changes, it goes at once for
what was counted before. One process counts in memory, by a clock that nobody can set back.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

from limits import parse
from msgspec import Struct
from msgspec.structs import replace

from stoory.errors import TooMany

UNLIMITED: Final = "unlimited"
SECOND_NS: Final = 1_000_000_000


class Window(Struct, frozen=True):
    """Where somebody stands in a window, as the RateLimit headers say it."""

    name: str
    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int
    is_full: bool
    counted_ns: int

    @property
    def headers(self) -> dict[str, str]:
        """Return RateLimit-Policy and RateLimit (IETF draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={self.window_seconds}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.reset_seconds}',
        }


class Rate(Struct, frozen=True):
    """How many requests of a class may pass in any span as long as the window."""

    name: str
    quota: int
    window_seconds: int

    @classmethod
    def read(cls, name: str, rate: str) -> Rate:
        """Read a rate like `5/minute`."""
        item = parse(rate)
        return cls(name, item.amount, item.get_expiry())

    def of(self, quota: int | None) -> Rate:
        """Return the same with another quota; None is its own."""
        return self if quota is None else replace(self, quota=max(1, quota))

    def window(self, *, count: int, leaves: int, now: int, is_full: bool) -> Window:
        """Say where somebody stands who has passed so often; all times in nanoseconds.

        `leaves` is when that one passed whose leaving the window makes room for another: the oldest, unless more have
        passed than the quota allows now.
        """
        until_ns = leaves + self.window_seconds * SECOND_NS - now if count else 0
        return Window(
            name=self.name,
            quota=self.quota,
            window_seconds=self.window_seconds,
            remaining=max(0, self.quota - count),
            reset_seconds=max(1, -(-until_ns // SECOND_NS)),
            is_full=is_full,
            counted_ns=now,
        )


class Limits:
    """The rates in force, and who used how much of them."""

    def __init__(self, rates: Mapping[str, str], *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Take a rate a class: `{"auth": "5/minute", "api": "unlimited"}`."""
        self._clock_ns = clock_ns
        self._rates = {name: Rate.read(name, rate) for name, rate in rates.items() if rate != UNLIMITED}
        self._classes = {name: _Class(rate) for name, rate in self._rates.items()}

    async def require(self, name: str, key: str) -> None:
        """Count one request of that class, or raise TooMany."""
        window = await self.hit(name, key)
        if window is not None and window.is_full:
            raise TooMany(retry_after_seconds=window.reset_seconds)

    async def hit(self, name: str, key: str, quota: int | None = None) -> Window | None:
        """Count one request of that class, unless the window is full already. None: unlimited.

        The quota is that of whoever asks, if it is not everybody's.
        """
        one = self._classes.get(name)
        return None if one is None else one.hit(key, self._clock_ns(), quota)

    async def take_back(self, window: Window, key: str) -> Window:
        """Uncount the request that was answered that window: it was refused further in, and such do not count."""
        return self._classes[window.name].take_back(key, window, self._clock_ns())


class _Class:
    """One class of requests: at which instants who came, the longest silent first."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._hits: OrderedDict[str, deque[int]] = OrderedDict()

    def hit(self, key: str, now: int, quota: int | None) -> Window:
        rate = self._rate.of(quota)
        self._forget(now)
        hits = self._hits.setdefault(key, deque())
        self._leave(hits, now)
        is_full = len(hits) >= rate.quota
        if not is_full:
            hits.append(now)
            self._hits.move_to_end(key)
        return _stand(rate, hits, now, is_full=is_full)

    def take_back(self, key: str, window: Window, now: int) -> Window:
        hits = self._hits.get(key, deque())
        if window.counted_ns in hits:
            hits.remove(window.counted_ns)
        self._leave(hits, now)
        return _stand(self._rate.of(window.quota), hits, now, is_full=False)

    def _leave(self, hits: deque[int], now: int) -> None:
        """Let the requests go that are as old as the window is long."""
        while hits and hits[0] + self._rate.window_seconds * SECOND_NS <= now:
            hits.popleft()

    def _forget(self, now: int) -> None:
        """Forget who has not come for a whole window: two at a time keep pace with whoever comes anew."""
        for key in list(islice(self._hits, 2)):
            self._leave(self._hits[key], now)
            if not self._hits[key]:
                del self._hits[key]


def _stand(rate: Rate, hits: deque[int], now: int, *, is_full: bool) -> Window:
    leaves = hits[max(0, len(hits) - rate.quota)] if hits else now
    return rate.window(count=len(hits), leaves=leaves, now=now, is_full=is_full)
