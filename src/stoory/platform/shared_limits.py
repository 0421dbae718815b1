"""Limits that all processes share, over Redis: as exact as those of one process, by the clock of Redis.

The clocks of those who ask play no part. Where Redis is away each process counts for itself, as if it were alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from stoory.platform.limits import Limits, Rate, Window
from stoory.platform.redis import Away, Redis, Script, Word

MICROSECOND_NS: Final = 1_000

STAND: Final = """
local hits, quota, seconds = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function written(number)
  return string.format('%.0f', number)
end

-- Redis' clock may be set back, or be another machine's. Then all hits move along, or they would count for too long.
local ahead = tonumber(redis.call('LINDEX', hits, -1) or '0') - now
if ahead > 0 then
  for i, hit in ipairs(redis.call('LRANGE', hits, 0, -1)) do
    redis.call('LSET', hits, i - 1, written(hit - ahead))
  end
end

-- Beside how many there are, when that one was whose leaving makes room for another: more than the quota may be there.
local function stand(is_full)
  local count = redis.call('LLEN', hits)
  local leaves = redis.call('LINDEX', hits, math.max(0, count - quota))
  return {is_full, count, tonumber(leaves or now), now}
end

local oldest = redis.call('LINDEX', hits, 0)
while oldest and oldest + seconds * 1000000 <= now do
  redis.call('LPOP', hits)
  oldest = redis.call('LINDEX', hits, 0)
end
"""
"""What both scripts begin with: let the hits go that are as old as the window is long. The oldest stands first."""

HIT: Final = Script(
    STAND
    + """
if redis.call('LLEN', hits) >= quota then
  return stand(1)
end
redis.call('RPUSH', hits, written(now))
redis.call('EXPIRE', hits, seconds + 1)
return stand(0)
"""
)

TAKE_BACK: Final = Script(
    STAND
    + """
redis.call('LREM', hits, 1, ARGV[3])
return stand(0)
"""
)


class SharedLimits(Limits):
    """The rates in force, and who used how much of them, whichever process they asked."""

    def __init__(self, rates: Mapping[str, str], redis: Redis) -> None:
        """Take a rate a class, and where to count."""
        super().__init__(rates)
        self._redis = redis

    async def hit(self, name: str, key: str, quota: int | None = None) -> Window | None:
        """Count one request of that class, unless the window is full already. None: unlimited.

        The quota is that of whoever asks, if it is not everybody's.
        """
        rate = self._rates.get(name)
        if rate is None:
            return None
        try:
            return await self._run(HIT, rate.of(quota), key)
        except Away:
            return await super().hit(name, key, quota)

    async def take_back(self, window: Window, key: str) -> Window:
        """Uncount the request that was answered that window, whoever has counted it."""
        here = await super().take_back(window, key)
        try:
            counted = window.counted_ns // MICROSECOND_NS
            return await self._run(TAKE_BACK, self._rates[window.name].of(window.quota), key, counted)
        except Away:
            return here

    async def _run(self, script: Script, rate: Rate, key: str, *arguments: Word) -> Window:
        answer: Any = await self._redis.run(
            script, [_place(rate, key)], rate.quota, rate.window_seconds, *arguments
        )
        is_full, count, leaves, now = (int(number) for number in answer)
        return rate.window(
            count=count, leaves=leaves * MICROSECOND_NS, now=now * MICROSECOND_NS, is_full=bool(is_full)
        )


def _place(rate: Rate, key: str) -> str:
    """Return where hits are kept: a name of few letters, from which nobody reads a phone number or an address."""
    return f"stoory:limit:{rate.name}:{blake2b(key.encode(), digest_size=16).hexdigest()}"
