"""Hints that something changed, from the transaction that changed it to whoever shows it to people.

A hint is never data: it says which conversation or user to look at again, and the rows are the truth. A lost hint
loses nothing, since clients resume by seq.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from msgspec import Struct


class Hint(Struct, frozen=True, tag=True):
    """Look again: there is something new for these people."""

    user_ids: tuple[UUID, ...]


Listener = Callable[[Hint], None]


class Bus:
    """Carries hints within this process. Listeners must be quick: they hand over, they do not work."""

    def __init__(self) -> None:
        """Start without listeners."""
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call the listener with every hint from now on."""
        self._listeners.append(listener)

    def publish(self, hints: Sequence[Hint]) -> None:
        """Hand hints to every listener; called after a commit only."""
        for hint in hints:
            for listener in self._listeners:
                listener(hint)
