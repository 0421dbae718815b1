"""What is the same for everybody who may see it, kept in memory until it changes.

Whoever changes it says so (`tx.tell`), and after the commit, before its answer leaves, it is forgotten here: nobody who
has been told of a change reads what was before it. What was read before a change and arrives after it is not kept.
Only what other processes write (an operator's SQL) waits until it is too old.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Some values by key, the longest unasked pushed out by newer ones. Values must not be changed by who gets them."""

    def __init__(self, most: int, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep at most so many, none longer than so many seconds; 0 keeps nothing."""
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._changes = 0

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """Return what is kept under the key, or load it."""
        now = self._clock()
        kept = self._kept.get(key)
        if kept is not None and now < kept[0] + self._seconds:
            self._kept.move_to_end(key)
            return kept[1]
        changes = self._changes
        value = await load()
        if self._seconds and changes == self._changes:
            self._kept[key] = (now, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def last(self, key: K, default: V) -> V:
        """Return what is kept under the key, however old: for when it cannot be loaded."""
        kept = self._kept.get(key)
        return default if kept is None else kept[1]

    def forget(self, key: K) -> None:
        """Load it again when it is asked for next."""
        self._changes += 1
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Load each again when it is asked for next."""
        self._changes += 1
        self._kept.clear()
