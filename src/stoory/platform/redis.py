"""Redis, or Valkey: what several processes share besides the database. Nothing that must not be lost is there.

It may be away, hang, or forget everything, at any time. Whoever asks then hears so within half a second, and from the
first on who did not get an answer everybody at once, until it answers again: nobody waits for it one after another.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from hashlib import sha1
from typing import Any, Final

import structlog
from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import NoScriptError, RedisError, ResponseError

ANSWER_SECONDS: Final = 0.5
"""So long may an answer take, connecting included."""

LOOK_AGAIN_SECONDS: Final = (0.25, 0.75)
"""So long after a look in vain comes the next."""

QUIET_SECONDS: Final = 1.0
"""Who says nothing for so long is asked whether they are still there, and has as long again to say so."""

MOST_CONNECTIONS: Final = 16
COMPLAIN_EVERY_SECONDS: Final = 60.0

FAILURES: Final = (RedisError, OSError, RuntimeError, ValueError)
"""RuntimeError comes from a transport that has closed meanwhile, ValueError from who speaks something else."""

Word = str | bytes | int

log = structlog.get_logger("stoory.redis")


class Away(Exception):
    """Redis does not answer, or will not do it. Nobody but who asks it sees this: they do without."""


class Script:
    """A program in Lua that Redis runs in one piece. It is known there by its digest, until Redis forgets it."""

    def __init__(self, text: str) -> None:
        """Take what it says."""
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


class Redis:
    """The connections to one Redis.

    The pool is ours, not the library's: a connection over which anything went wrong, be it that whoever asked was
    cancelled, is closed and not kept, so that none is ever lost and none holds somebody else's answer.
    """

    def __init__(self, url: str) -> None:
        """Take a URL as STOORY_REDIS_URL has it; nothing is connected yet. ValueError, which does not quote it."""
        try:
            options: dict[str, Any] = {**parse_url(url)}
            self._kind: Any = options.pop("connection_class", Connection)
            self.db = int(options.get("db", 0))
            self._options = options | {"protocol": 2, "driver_info": None, "decode_responses": False}
            # The library's own time limit for a command may swallow that a task is cancelled; ours does not.
            self._options |= {"socket_timeout": None, "socket_connect_timeout": ANSWER_SECONDS}
            self._new()
        except (TypeError, ValueError, RedisError):
            raise ValueError("STOORY_REDIS_URL is not a URL of a Redis.") from None
        self._idle: list[Any] = []
        self._turns = asyncio.Semaphore(MOST_CONNECTIONS)
        self._looking: asyncio.Task[None] | None = None
        self._is_closed = False
        self._complain_at = 0.0

    async def ask(self, *command: Word) -> Any:
        """Return the answer to a command: bytes, an int, a list of such, or None. Away."""
        return await self._guarded(command)

    async def run(self, script: Script, keys: Sequence[str], *arguments: Word) -> Any:
        """Run a script over some keys and return its answer. Away."""
        rest = (len(keys), *keys, *arguments)
        try:
            return await self._guarded(("EVALSHA", script.digest, *rest))
        except NoScriptError:
            return await self._guarded(("EVAL", script.text, *rest))

    @property
    def is_away(self) -> bool:
        """Whether the last who asked got no answer, and nobody has since."""
        return self._looking is not None

    async def is_up(self) -> bool:
        """Ask whether it answers."""
        try:
            await self.ask("PING")
        except Away:
            return False
        return True

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """Open a connection that is nobody else's, to hear what Redis says unasked. Away, also from within."""
        connection = self._new()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.connect()
            yield Line(connection)
        except FAILURES as problem:
            raise Away from problem
        finally:
            await connection.disconnect(nowait=True)

    async def close(self) -> None:
        """Close what is open. Whoever asks from now on is told that it is away."""
        self._is_closed = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._drop_idle()

    async def _guarded(self, command: Sequence[Word]) -> Any:
        """Ask unless it is away already, and note when it is."""
        if self._looking is not None or self._is_closed:
            raise Away
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._exchange(command)
        except NoScriptError:
            raise
        except ResponseError as problem:
            self._complain(problem)
            raise Away from problem
        except FAILURES as problem:
            self._note_away(problem)
            raise Away from problem

    async def _exchange(self, command: Sequence[Word]) -> Any:
        """Send a command over a connection that is free, and read the answer."""
        async with self._turns:
            connection = await self._free()
            is_sound = False
            try:
                await connection.send_command(*command)
                answer: Any = await connection.read_response()
                is_sound = True
            except ResponseError:
                is_sound = True
                raise
            finally:
                if is_sound and not self._is_closed:
                    self._idle.append(connection)
                else:
                    await connection.disconnect(nowait=True)
        return answer

    async def _free(self) -> Any:
        """Return a connection that is open. Those that Redis has closed, or over which it speaks unasked, are not."""
        while self._idle:
            connection = self._idle.pop()
            with suppress(*FAILURES):
                if connection.is_connected and not await connection.can_read():
                    return connection
            await connection.disconnect(nowait=True)
        connection = self._new()
        await connection.connect()
        return connection

    def _new(self) -> Any:
        """Return a connection that is not open yet; the library's types say too little of it."""
        return self._kind(**self._options)

    def _note_away(self, problem: Exception) -> None:
        """Let nobody ask until somebody who looks for it has got an answer."""
        if self._looking is None and not self._is_closed:
            log.warning("redis is away", kind=type(problem).__name__)
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        """Ask until it answers."""
        await self._drop_idle()
        while True:
            with suppress(*FAILURES):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._exchange(("PING",))
                break
            await asyncio.sleep(random.uniform(*LOOK_AGAIN_SECONDS))  # noqa: S311 - not all at the same time
        self._looking = None
        log.info("redis is back")

    async def _drop_idle(self) -> None:
        while self._idle:
            with suppress(*FAILURES):
                await self._idle.pop().disconnect(nowait=True)

    def _complain(self, problem: ResponseError) -> None:
        """Say now and then that it answers, but will not do what it is asked: it may be full, or a mere copy."""
        now = time.monotonic()
        if now >= self._complain_at:
            self._complain_at = now + COMPLAIN_EVERY_SECONDS
            log.warning("redis refuses", kind=type(problem).__name__)


class Line:
    """A connection over which Redis speaks unasked."""

    def __init__(self, connection: Any) -> None:
        """Take one that is open, and nobody else's."""
        self._connection = connection

    async def say(self, *command: Word) -> None:
        """Send a command; what it is answered comes in turn."""
        await self._connection.send_command(*command)

    async def hear(self) -> Any:
        """Return what comes next. TimeoutError when nothing does for two seconds, though we have asked."""
        for _ in range(2):
            said: Any = await self._connection.read_response(timeout=QUIET_SECONDS)
            if said is not None:
                return said
            await self.say("PING")
        raise TimeoutError
