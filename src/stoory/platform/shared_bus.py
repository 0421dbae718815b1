"""Hints that cross processes and machines, over Redis.

What arrives is a hint as it is within one process: it says where to look again, and whoever made it up makes somebody
look in vain. Hints get lost: over a connection that breaks, in a Redis that is away. Then `on_gap` says so, and whoever
is told looks at everything again. Who loses a connection notices that themselves; who could not send says so to all,
once they can.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import msgspec
import structlog
from msgspec import Struct

from stoory.platform.bus import Bus, Hint
from stoory.platform.redis import Away, Line, Redis

BATCH_BYTES: Final = 64 * 1024
LARGEST_BYTES: Final = 1024 * 1024
"""Nobody says more at once, so what is larger is not ours."""

MOST_WAITING: Final = 10_000
KEPT_SECONDS: Final = 2.0
"""So long are hints kept for a Redis that is away; by then everybody's connection to it is lost, and noticed."""

AGAIN_SECONDS: Final = (0.1, 1.0)
COMPLAIN_EVERY_SECONDS: Final = 60.0

log = structlog.get_logger("stoory.bus")


class Envelope(Struct, omit_defaults=True):
    """What is sent at once."""

    node: str
    has_lost: bool = False
    """Whether there was more, which is lost"""
    hints: list[msgspec.Raw] = []


class SharedBus(Bus):
    """Carries hints between all processes that share a Redis."""

    def __init__(self, redis: Redis, *, hints: Any, node_id: str | None = None) -> None:
        """Take the union of all hints there are. Until `run` runs, they stay within this process."""
        super().__init__()
        self._redis = redis
        self._node_id = node_id or uuid4().hex
        self._channel = f"stoory:{redis.db}:hints"
        self._decoder: msgspec.json.Decoder[Hint] = msgspec.json.Decoder(hints)
        self._gap_listeners: list[Callable[[], None]] = []
        self._waiting: deque[bytes] = deque()
        self._has_lost = False
        self._failing_since: float | None = None
        self._is_wanted = asyncio.Event()
        self._is_connected = False
        self._complain_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether what others publish arrives."""
        return self._is_connected

    def on_gap(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever hints may have been missed; also once the first can be heard."""
        self._gap_listeners.append(listener)

    def publish(self, hints: Sequence[Hint]) -> None:
        """Hand hints to every listener here, at once, and soon to those elsewhere; called after a commit only."""
        for hint in hints:
            encoded = msgspec.json.encode(hint)
            if len(self._waiting) >= MOST_WAITING or len(encoded) > LARGEST_BYTES - BATCH_BYTES:
                self._lose()
            else:
                self._waiting.append(encoded)
        self._is_wanted.set()
        super().publish(hints)

    async def run(self) -> None:
        """Say and hear, for ever. At the end what waits is still said."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._say_for_ever())
                tasks.create_task(self._hear_for_ever())
        finally:
            with suppress(Away):
                while self._waiting or self._has_lost:
                    await self._say()

    async def _say_for_ever(self) -> None:
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            while self._waiting or self._has_lost:
                try:
                    await self._say()
                except Away:
                    await asyncio.sleep(random.uniform(*AGAIN_SECONDS))  # noqa: S311 - not all at the same time

    async def _say(self) -> None:
        """Say as much as goes at once. What was perhaps heard is said again: twice told, a hint is as good as once."""
        has_lost, hints = self._has_lost, self._batch()
        self._has_lost = False
        is_said = False
        try:
            envelope = Envelope(self._node_id, has_lost, [msgspec.Raw(hint) for hint in hints])
            await self._redis.ask("PUBLISH", self._channel, msgspec.json.encode(envelope))
            is_said = True
            self._failing_since = None
        finally:
            if not is_said:
                self._has_lost |= has_lost
                self._keep(hints)

    def _batch(self) -> list[bytes]:
        hints: list[bytes] = []
        size = 0
        while self._waiting and size < BATCH_BYTES:
            hints.append(self._waiting.popleft())
            size += len(hints[-1]) + 1
        return hints

    def _keep(self, hints: list[bytes]) -> None:
        """Keep for a moment what could not be said."""
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        if len(self._waiting) + len(hints) > MOST_WAITING or now - self._failing_since > KEPT_SECONDS:
            self._lose()
        else:
            self._waiting.extendleft(reversed(hints))

    def _lose(self) -> None:
        """Forget what waits; instead, everybody is going to look at everything again."""
        self._waiting.clear()
        self._has_lost = True

    async def _hear_for_ever(self) -> None:
        while True:
            with suppress(Away):
                async with self._redis.line() as line:
                    await self._hear(line)
            await asyncio.sleep(random.uniform(*AGAIN_SECONDS))  # noqa: S311 - not all at the same time

    async def _hear(self, line: Line) -> None:
        """Hand over what is said, until the connection is lost."""
        await line.say("SUBSCRIBE", self._channel)
        try:
            while True:
                match await line.hear():
                    case [b"message", _, bytes() as said]:
                        self._take(said)
                    case [b"subscribe", *_]:
                        self._is_connected = True
                        self._tell_of_gap()
                    case _:
                        pass
        finally:
            self._is_connected = False

    def _take(self, said: bytes) -> None:
        if len(said) > LARGEST_BYTES:
            self._complain("too large")
            return
        try:
            envelope = msgspec.json.decode(said, type=Envelope)
        except (msgspec.MsgspecError, RecursionError):
            self._complain("no envelope")
            return
        if envelope.has_lost:
            self._tell_of_gap()
        if envelope.node != self._node_id:
            for hint in envelope.hints:
                self._hand_over(hint)

    def _hand_over(self, raw: msgspec.Raw) -> None:
        """Hand a hint to every listener here. One that is unknown may be of another version."""
        try:
            hint = self._decoder.decode(raw)
        except (msgspec.MsgspecError, RecursionError):
            self._complain("no hint of ours")
            return
        for listener in self._listeners:
            try:
                listener(hint)
            except Exception:
                log.exception("unforeseen")

    def _tell_of_gap(self) -> None:
        for listener in self._gap_listeners:
            try:
                listener()
            except Exception:
                log.exception("unforeseen")

    def _complain(self, why: str) -> None:
        """Say now and then that something was not understood, and never what."""
        now = time.monotonic()
        if now >= self._complain_at:
            self._complain_at = now + COMPLAIN_EVERY_SECONDS
            log.warning("hint not understood", why=why)
