"""What goes wrong, in an order and for a time that luck decides."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bench.chaos_chat.stage import Stage

Happen = Callable[[str], None]
Disaster = Callable[[Stage, float, Happen], Awaitable[None]]

AWAY: Final = (0.35, 0.5)
"""So much of its part of the story something is away."""


async def kill_node_b(stage: Stage, seconds: float, happen: Happen) -> None:
    """Kill a server, and start it again."""
    node = stage.nodes[1]
    began_at = time.monotonic()
    node.kill()
    happen(f"{node.name} is killed (kill -9)")
    await asyncio.sleep(seconds)
    await node.start()
    happen(f"{node.name} is back after {time.monotonic() - began_at:.1f} s")


async def restart_redis(stage: Stage, seconds: float, happen: Happen) -> None:
    """Kill Redis, do without, and start it again, empty."""
    began_at = time.monotonic()
    stage.redis.kill()
    happen("Redis is killed")
    await asyncio.sleep(seconds)
    await stage.redis.start()
    happen(f"Redis is back after {time.monotonic() - began_at:.1f} s, empty")


async def empty_redis(stage: Stage, seconds: float, happen: Happen) -> None:
    """Have Redis forget everything, twice."""
    for pause in (seconds, 0.0):
        stage.redis.forget()
        happen("Redis forgets everything (FLUSHALL, SCRIPT FLUSH)")
        await asyncio.sleep(pause)


async def pause_node_a(stage: Stage, seconds: float, happen: Happen) -> None:
    """Let the server hang on which the stranger listens: her connection must live through it."""
    await _pause(stage, 0, seconds, happen)


async def pause_node_b(stage: Stage, seconds: float, happen: Happen) -> None:
    """Let the other server hang."""
    await _pause(stage, 1, seconds, happen)


async def _pause(stage: Stage, number: int, seconds: float, happen: Happen) -> None:
    node = stage.nodes[number]
    node.pause()
    happen(f"{node.name} hangs (SIGSTOP)")
    await asyncio.sleep(seconds)
    node.go_on()
    happen(f"{node.name} goes on after {seconds:.1f} s")


def disasters(luck: random.Random) -> list[tuple[str, Disaster]]:
    """Return each once, in some order; which of the nodes hangs is a matter of luck, too."""
    pause = luck.choice((("node A hangs", pause_node_a), ("node B hangs", pause_node_b)))
    some: list[tuple[str, Disaster]] = [
        ("node B is killed", kill_node_b),
        ("Redis is restarted", restart_redis),
        ("Redis forgets", empty_redis),
        pause,
    ]
    luck.shuffle(some)
    return some
