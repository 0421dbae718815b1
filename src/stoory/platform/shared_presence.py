"""Who is connected, to whichever process: every node keeps a set of its people in Redis, and says that it lives.

A node that has not said so for six seconds is dead; the next who notices, and only they, take its people out and tell
who of them has gone. How many sockets somebody has is kept in memory. So is who is connected here at all: when Redis
has forgotten them, or has been away, the next beat brings them back.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from math import inf
from typing import Any, Final
from uuid import UUID

import structlog

from stoory.platform.presence import Presence
from stoory.platform.redis import Away, Redis, Script, Word

NODES: Final = "stoory:presence"
"""The nodes, by when they said last that they live. Their sets stand beside it, the node's name appended."""

BEAT_SECONDS: Final = 2.0
BEATS_TO_LIVE: Final = 3
MOST_AT_ONCE: Final = 1_000

ALL: Final = """
local nodes, me = KEYS[1], ARGV[1]
local mine = nodes .. ':' .. me

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local others = {}
for _, node in ipairs(redis.call('ZRANGE', nodes, 0, -1)) do
  if node ~= me then table.insert(others, nodes .. ':' .. node) end
end

local function is_elsewhere(person)
  for _, other in ipairs(others) do
    if redis.call('SISMEMBER', other, person) == 1 then return 1 end
  end
  return 0
end
"""
"""What the scripts begin with."""

ARRIVE: Final = Script(
    ALL
    + """
redis.call('ZADD', nodes, 'NX', now(), me)
redis.call('SADD', mine, ARGV[2])
return is_elsewhere(ARGV[2])
"""
)

LEAVE: Final = Script(
    ALL
    + """
redis.call('SREM', mine, ARGV[2])
return is_elsewhere(ARGV[2])
"""
)

ONLINE: Final = Script(
    ALL
    + """
local people, online = {unpack(ARGV, 2)}, {}
for _, other in ipairs(others) do
  for i, is_there in ipairs(redis.call('SMISMEMBER', other, unpack(people))) do
    if is_there == 1 then online[people[i]] = true end
  end
end
local list = {}
for person in pairs(online) do table.insert(list, person) end
return list
"""
)

BEAT: Final = Script(
    ALL
    + """
redis.call('ZADD', nodes, now(), me)
redis.call('EXPIRE', mine, 3600)
return {redis.call('SCARD', mine), redis.call('ZCOUNT', nodes, '-inf', now() - ARGV[2])}
"""
)
"""Answers how many people Redis knows to be here, and how many nodes are dead. Nobody's set outlives an hour."""

ANNOUNCE: Final = Script(
    ALL
    + """
local known, back = {}, {}
for _, person in ipairs(redis.call('SMEMBERS', mine)) do known[person] = true end
redis.call('DEL', mine)
for i = 2, #ARGV do
  redis.call('SADD', mine, ARGV[i])
  if not known[ARGV[i]] and is_elsewhere(ARGV[i]) == 0 then table.insert(back, ARGV[i]) end
end
return back
"""
)
"""Answers who was not known to be online."""

BURY: Final = Script(
    ALL
    + """
local gone, left = {}, tonumber(ARGV[3])
for _, node in ipairs(redis.call('ZRANGEBYSCORE', nodes, '-inf', now() - ARGV[2])) do
  local set = nodes .. ':' .. node
  if node ~= me and left > 0 then
    for _, person in ipairs(redis.call('SPOP', set, left)) do
      left = left - 1
      if redis.call('SISMEMBER', mine, person) + is_elsewhere(person) == 0 then table.insert(gone, person) end
    end
    if redis.call('EXISTS', set) == 0 then redis.call('ZREM', nodes, node) end
  end
end
return {left, unpack(gone)}
"""
)
"""Takes some people of dead nodes out, each once. Answers how many more it would have taken, and who is gone."""

WITHDRAW: Final = Script(
    ALL
    + """
if redis.call('SCARD', mine) == 0 then redis.call('ZREM', nodes, me) end
return 0
"""
)
"""Whose people are still there is left to the others, who will tell of them."""

log = structlog.get_logger("stoory.presence")


class SharedPresence(Presence):
    """Who is connected to any process that shares a Redis. Where that is away: who is connected to this one."""

    def __init__(
        self,
        redis: Redis,
        node_id: str,
        *,
        on_gone: Callable[[set[UUID]], None],
        on_back: Callable[[set[UUID]], None] | None = None,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        """Take a name that no other process has, and whom to tell of people.

        `on_gone` hears who was connected to a node that has died, and to no other. `on_back` hears who is connected
        here though others held them for gone: because this node had stood still, or Redis had forgotten them.
        """
        super().__init__()
        self._redis = redis
        self._node_id = node_id
        self._on_gone = on_gone
        self._on_back = on_back
        self._beat_seconds = beat_seconds
        self._dead_after_seconds = BEATS_TO_LIVE * beat_seconds
        self._pen = asyncio.Lock()
        self._is_in_doubt = False
        self._last_beat = -inf
        self._steady_since = inf

    async def arrived(self, user_id: UUID) -> bool:
        """Count somebody's socket in, and tell whether it is their first anywhere."""
        return await super().arrived(user_id) and await self._write(ARRIVE, user_id)

    async def left(self, user_id: UUID) -> bool:
        """Count somebody's socket out, and tell whether it was their last anywhere."""
        return await super().left(user_id) and await self._write(LEAVE, user_id)

    async def online(self, user_ids: Iterable[UUID]) -> set[UUID]:
        """Return who of these people is there."""
        asked = set(user_ids)
        there = await super().online(asked)
        rest = [str(user_id) for user_id in asked - there]
        with suppress(Away):
            for start in range(0, len(rest), MOST_AT_ONCE):
                there |= _people(await self._run(ONLINE, *rest[start : start + MOST_AT_ONCE]))
        return there

    async def run(self) -> None:
        """Say that this node lives, and look after the others, for ever."""
        try:
            while True:
                pause_seconds = self._beat_seconds * random.uniform(0.9, 1)  # noqa: S311 - not all at the same time
                try:
                    await self._beat()
                except Away:
                    self._steady_since = inf
                    pause_seconds /= 4
                await asyncio.sleep(pause_seconds)
        finally:
            with suppress(Away):
                await self._run(WITHDRAW)

    async def _write(self, script: Script, user_id: UUID) -> bool:
        """Write that somebody is here or not, in the order in which it came about; tell whether they are nowhere else.

        When it is not certain that it was written, the next beat writes down everybody.
        """
        is_written = False
        try:
            async with self._pen:
                is_elsewhere = bool(await self._run(script, str(user_id)))
                is_written = True
        except Away:
            return True
        finally:
            self._is_in_doubt |= not is_written
        return not is_elsewhere

    async def _beat(self) -> None:
        known, dead = await self._run(BEAT, self._dead_after_ms)
        now = time.monotonic()
        if now - self._last_beat > 2 * self._beat_seconds or self._steady_since == inf:
            self._steady_since = now
        self._last_beat = now
        if self._is_in_doubt or known != len(self._sockets):
            await self._announce()
        # Where we could not say that we live, others could not either: let them, before they are held for dead.
        if dead and now - self._steady_since >= self._dead_after_seconds:
            await self._bury()

    async def _announce(self) -> None:
        """Write down everybody who is here."""
        async with self._pen:
            self._is_in_doubt = False
            try:
                back = _people(await self._run(ANNOUNCE, *map(str, self._sockets)))
            except BaseException:
                self._is_in_doubt = True
                raise
        if back and self._on_back is not None:
            self._tell(self._on_back, back)

    async def _bury(self) -> None:
        """Take the people of dead nodes out, and tell who has gone."""
        left = 0
        while left == 0:
            left, *gone = await self._run(BURY, self._dead_after_ms, MOST_AT_ONCE)
            if gone:
                log.warning("people of a dead node are gone", count=len(gone))
                self._tell(self._on_gone, _people(gone))

    def _tell(self, listener: Callable[[set[UUID]], None], people: set[UUID]) -> None:
        try:
            listener(people)
        except Exception:
            log.exception("unforeseen")

    @property
    def _dead_after_ms(self) -> int:
        return int(self._dead_after_seconds * 1000)

    async def _run(self, script: Script, *arguments: Word) -> Any:
        return await self._redis.run(script, [NODES], self._node_id, *arguments)


def _people(written: Iterable[bytes]) -> set[UUID]:
    """Read who is meant; what names nobody was not written by us."""
    people: set[UUID] = set()
    for name in written:
        with suppress(ValueError):
            people.add(UUID(name.decode()))
    return people
