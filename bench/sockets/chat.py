"""The load: couples who write to each other, so many messages under way at once or so many a second."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from msgspec import Struct

from bench.sockets import packets
from bench.sockets.client import Client, Ears
from bench.sockets.couples import Couple
from bench.sockets.packets import Answer, NewMessage
from bench.sockets.tally import Tally

CONNECT_AT_ONCE: Final = 20
"""A crowd at the door is another measure."""
DRAINS_WITHIN_SECONDS: Final = 5
POLL_SECONDS: Final = 0.01
LISTENS_ON_SECONDS: Final = 0.3
"""For what comes twice"""
LEAVES_WITHIN_SECONDS: Final = 0.5
WORDS: Final = "That sounds good. When would you need the first draft? This is message"


class Pace(Struct, frozen=True):
    """How fast: one of the two."""

    under_way: int | None = None
    """A message is followed by the next as soon as nothing of it is missing"""
    per_second: float | None = None


class Talk:
    """The two sockets of a couple, and whose turn it is."""

    def __init__(self, couple: Couple) -> None:
        self.conversation_id = couple.conversation_id
        self.tokens = couple.tokens
        self.clients: list[Client] = []
        self._count = 0

    def send(self, number: int) -> None:
        """Let one of them write, and the other one the next time."""
        packet = packets.send_message(number, self.conversation_id, f"{WORDS} {number}", f"sockets-{number}")
        self.clients[self._count % 2].send(packet)
        self._count += 1


class Chat:
    """All couples at one server."""

    def __init__(self, url: str, couples: Sequence[Couple], numbers: Iterator[int]) -> None:
        """Take where they talk; the numbers are those of their messages."""
        self.tally = Tally()
        self._url = url
        self._numbers = numbers
        self._talks = [Talk(couple) for couple in couples]
        self._free = deque(self._talks)
        self._busy: dict[int, Talk] = {}
        self._goes_on = True
        self._writer: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect everybody."""
        gate = asyncio.Semaphore(CONNECT_AT_ONCE)

        async def come(talk: Talk) -> None:
            async with gate:
                for side, token in enumerate(talk.tokens):
                    talk.clients.append(await Client.connect(self._url, token, self._ears(side)))

        await asyncio.gather(*(come(talk) for talk in self._talks))

    def begin(self, pace: Pace) -> None:
        """Let them write."""
        if pace.per_second:
            self._writer = asyncio.create_task(self._write_at(pace.per_second))
        for _ in range(pace.under_way or 0):
            self._write()

    async def end(self) -> None:
        """Let them write no more, and wait for what is under way."""
        self._goes_on = False
        if self._writer is not None:
            await self._writer
        for _ in range(round(DRAINS_WITHIN_SECONDS / POLL_SECONDS)):
            if not self.tally.pending:
                break
            await asyncio.sleep(POLL_SECONDS)
        self.tally.give_up()
        await asyncio.sleep(LISTENS_ON_SECONDS)

    async def close(self) -> None:
        """Let everybody go, and give the server the time to notice."""
        if self._writer is not None:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
        for talk in self._talks:
            for client in talk.clients:
                client.close()
        await asyncio.sleep(LEAVES_WITHIN_SECONDS)

    async def _write_at(self, per_second: float) -> None:
        began, count = time.perf_counter(), 0
        while self._goes_on:
            due = int((time.perf_counter() - began) * per_second) - count
            for _ in range(due):
                self._write()
            count += due
            await asyncio.sleep(max(0.0, began + (count + 1) / per_second - time.perf_counter()))

    def _write(self) -> None:
        """Let whoever has waited longest write; at a steady pace also one who still waits for an answer."""
        talk = self._free.popleft()
        self._free.append(talk) if self._writer else None
        number = next(self._numbers)
        self._busy[number] = talk
        self.tally.sent(number, talk.conversation_id, time.perf_counter())
        talk.send(number)

    def _ears(self, side: int) -> Ears:
        def acknowledged(number: int, answer: Answer) -> None:
            if self.tally.acknowledged(number, answer, time.perf_counter()):
                self._go_on(number)

        def told(news: NewMessage) -> None:
            number = int(news.message.message.rpartition(" ")[2])
            if self.tally.told(number, news.message, side, time.perf_counter()):
                self._go_on(number)

        return Ears(acknowledged=acknowledged, told=told, ended=self.tally.fault)

    def _go_on(self, number: int) -> None:
        talk = self._busy.pop(number)
        if self._writer is None:
            self._free.append(talk)
            if self._goes_on:
                self._write()
