"""Who is connected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID


class Presence:
    """Who is connected to this process, and with how many sockets."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._sockets: Counter[UUID] = Counter()

    async def arrived(self, user_id: UUID) -> bool:
        """Count somebody's socket in, and tell whether it is their first."""
        self._sockets[user_id] += 1
        return self._sockets[user_id] == 1

    async def left(self, user_id: UUID) -> bool:
        """Count somebody's socket out, and tell whether it was their last."""
        self._sockets[user_id] -= 1
        if self._sockets[user_id] > 0:
            return False
        del self._sockets[user_id]
        return True

    async def online(self, user_ids: Iterable[UUID]) -> set[UUID]:
        """Return who of these people is there."""
        return {user_id for user_id in user_ids if user_id in self._sockets}
