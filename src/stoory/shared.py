"""What the processes of an installation share: hints, how often somebody has asked, and who is connected.

One process alone keeps all of it in memory; several share it through Redis.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeAlias
from uuid import UUID, uuid4

from stoory.accounts.actions import KeysRevoked, ProfileChanged, SessionsEnded
from stoory.chat.hints import (
    ConversationChanged,
    MessageDeleted,
    MessageSent,
    PresenceChanged,
    Seen,
    TypingChanged,
)
from stoory.notifications.actions import Notified
from stoory.plans.hints import PlanChanged
from stoory.platform.bus import Bus
from stoory.platform.limits import Limits
from stoory.platform.presence import Presence
from stoory.platform.redis import Redis
from stoory.platform.shared_bus import SharedBus
from stoory.platform.shared_limits import SharedLimits
from stoory.platform.shared_presence import SharedPresence
from stoory.postings.hints import PostingChanged

AnyHint: TypeAlias = (
    ConversationChanged
    | KeysRevoked
    | MessageDeleted
    | MessageSent
    | Notified
    | PlanChanged
    | PostingChanged
    | PresenceChanged
    | ProfileChanged
    | Seen
    | SessionsEnded
    | TypingChanged
)
"""Every hint there is; a test compares."""

OnGap: TypeAlias = Callable[[], None]
OnMoved: TypeAlias = Callable[[set[UUID]], None]


class Alone:
    """One process, which shares nothing."""

    is_alone = True

    def __init__(self, rates: Mapping[str, str]) -> None:
        """Take how often somebody may ask, by class."""
        self.bus = Bus()
        self.limits = Limits(rates)
        self.presence = Presence()

    def listen(self, *, on_gap: OnGap, on_gone: OnMoved, on_back: OnMoved) -> None:
        """Nothing is ever lost here, and nobody comes or goes without our knowledge."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """There is nothing to do beside."""
        yield

    async def reaches_others(self) -> bool:
        """There are none."""
        return True


class Shared:
    """One of several processes, on this machine or on others, with one Redis."""

    is_alone = False

    def __init__(self, redis_url: str, rates: Mapping[str, str]) -> None:
        """Take where Redis is; nothing is connected yet. ValueError."""
        self._redis = Redis(redis_url)
        self.bus = SharedBus(self._redis, hints=AnyHint)
        self.limits = SharedLimits(rates, self._redis)
        self._on_gone: list[OnMoved] = []
        self._on_back: list[OnMoved] = []
        self.presence = SharedPresence(
            self._redis,
            uuid4().hex,
            on_gone=partial(_tell, self._on_gone),
            on_back=partial(_tell, self._on_back),
        )

    def listen(self, *, on_gap: OnGap, on_gone: OnMoved, on_back: OnMoved) -> None:
        """Say when hints may have been missed, who has gone with their process, and who was held for gone."""
        self.bus.on_gap(on_gap)
        self._on_gone.append(on_gone)
        self._on_back.append(on_back)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Talk to the others."""
        tasks = [asyncio.create_task(self.bus.run()), asyncio.create_task(self.presence.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._redis.close()

    async def reaches_others(self) -> bool:
        """Tell whether Redis answers."""
        return await self._redis.is_up()


def _tell(listeners: list[OnMoved], user_ids: set[UUID]) -> None:
    for listener in listeners:
        listener(user_ids)


Sharing: TypeAlias = Alone | Shared


def sharing(redis_url: str | None, rates: Mapping[str, str]) -> Sharing:
    """Return what this process shares, and with whom."""
    return Alone(rates) if redis_url is None else Shared(redis_url, rates)
