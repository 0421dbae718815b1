"""Processes that share a Redis: their way to it, and who is connected to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from uuid import UUID

from stoory.platform.redis import Redis
from stoory.platform.shared_presence import SharedPresence

ASHA, RAVI, MEERA = (UUID(int=i) for i in range(1, 4))
BEAT_SECONDS: Final = 0.1


@contextmanager
def cut_off(redis: Redis) -> Iterator[None]:
    """Shut a process' way to a Redis that goes on; lines that are open stay open."""
    redis._is_closed = True  # pyright: ignore[reportPrivateUsage]
    yield
    redis._is_closed = False  # pyright: ignore[reportPrivateUsage]


class Node:
    """A process as the others see it."""

    def __init__(self, url: str, name: str) -> None:
        self.redis = Redis(url)
        self.gone: list[UUID] = []
        self.back: list[UUID] = []
        self.presence = SharedPresence(
            self.redis, name, on_gone=self.gone.extend, on_back=self.back.extend, beat_seconds=BEAT_SECONDS
        )

    async def sees(self, *people: UUID) -> bool:
        return await self.presence.online([ASHA, RAVI, MEERA]) == set(people)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Node]:
        """Run it; at the end it is not there any more, whoever was connected."""
        work = asyncio.create_task(self.presence.run())
        try:
            yield self
        finally:
            work.cancel()
            await asyncio.wait([work])
            await self.redis.close()


async def until_seen(node: Node, *people: UUID) -> None:
    async with asyncio.timeout(5):
        while not await node.sees(*people):  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.005)
