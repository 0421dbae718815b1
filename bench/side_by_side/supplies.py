"""Where a measure's requests come from: reads begin anew, a write is sent once and never again, whoever it was for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from bench.side_by_side.load import Load


class Supply(Protocol):
    """Hands out loads."""

    def take(self, count: int) -> Load:
        """Return a load of as many requests, or of those that are left."""
        ...

    def left(self, count: int) -> int:
        """Return how many there are now, counting no further than that."""
        ...

    def give_back(self, requests: Sequence[bytes]) -> None:
        """Take back what was not sent."""
        ...


class Again:
    """The same requests for everybody, over and over."""

    def __init__(self, requests: Sequence[bytes], *, connections: int = 16) -> None:
        """Take them in the order in which they are sent."""
        self._load = Load(requests=requests, once=False, connections=connections)

    def take(self, count: int) -> Load:  # noqa: ARG002 - they never run out
        """Return all of them."""
        return self._load

    def left(self, count: int) -> int:
        """Return that number: they never run out."""
        return count

    def give_back(self, requests: Sequence[bytes]) -> None:
        """Do nothing: all are still here."""


class Once:
    """Requests that are each sent a single time."""

    def __init__(self, more: Callable[[int], Iterable[bytes]]) -> None:
        """Take what makes so many more of them, or as many as it can."""
        self._more = more
        self._left: deque[bytes] = deque()

    @classmethod
    def of(cls, source: Iterator[bytes]) -> Once:
        """Take them from an iterator as they are needed."""
        return cls(lambda count: islice(source, count))

    def take(self, count: int) -> Load:
        """Return the next ones."""
        return Load(requests=[self._left.popleft() for _ in range(self.left(count))], once=True)

    def left(self, count: int) -> int:
        """Return how many there are, making as many more as are missing."""
        if (missing := count - len(self._left)) > 0:
            self._left.extend(self._more(missing))
        return min(count, len(self._left))

    def give_back(self, requests: Sequence[bytes]) -> None:
        """Put those that were not sent in front again."""
        self._left.extendleft(reversed(requests))
