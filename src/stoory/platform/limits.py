"""How often somebody may ask: exact rolling windows, one window a class of requests."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from msgspec import Struct

from stoory.errors import TooMany

UNLIMITED: Final = "unlimited"


class Window(Struct, frozen=True):
    """Where somebody stands in a window, as the RateLimit headers say it."""

    name: str
    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int
    is_full: bool

    @property
    def headers(self) -> dict[str, str]:
        """Return RateLimit-Policy and RateLimit (IETF draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={self.window_seconds}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.reset_seconds}',
        }


class Limits:
    """The rates in force, and who used how much of them; one process keeps them in memory."""

    def __init__(self, rates: Mapping[str, str]) -> None:
        """Take a rate a class: `{"auth": "5/minute", "api": "unlimited"}`."""
        self._items: dict[str, RateLimitItem] = {
            name: parse(rate) for name, rate in rates.items() if rate != UNLIMITED
        }
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    async def require(self, name: str, key: str) -> None:
        """Count one request of that class, or raise TooMany."""
        window = await self.hit(name, key)
        if window is not None and window.is_full:
            raise TooMany(retry_after_seconds=window.reset_seconds)

    async def hit(self, name: str, key: str) -> Window | None:
        """Count one request of that class, unless the window is full already. None: unlimited."""
        item = self._items.get(name)
        if item is None:
            return None
        taken = await self._windows.hit(item, name, key)
        stats = await self._windows.get_window_stats(item, name, key)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        return Window(name, item.amount, item.get_expiry(), stats.remaining, reset, is_full=not taken)
