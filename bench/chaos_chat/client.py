"""A client, as docs/realtime.md has it: it stays connected, resumes, and sends until it is acknowledged."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import aiohttp

from bench.chaos_chat.account import Account, Letter
from bench.chaos_chat.connection import Connection, Cut
from bench.chaos_chat.folded import Folded
from bench.chaos_chat.programs import Node
from bench.chaos_chat.rest import Person, Rest
from bench.side_by_side.running import Failed

Json = dict[str, Any]
Say = Callable[[str], None]

AGAIN: Final = {"busy", "internal", "too_many_requests", "upstream_unavailable"}
"""Refusals that are not about what was asked."""
PAUSE_SECONDS: Final = 0.2
COMES_BACK_AFTER_SECONDS: Final = (0.1, 1.0)
"""Not all at once: whoever is served by the other node already should not notice."""
WORDS: Final = ("two takes", "with the logo", "on Friday", "by the window", "ठीक है", "in blue", "once more")


class Client:
    """A phone or a laptop."""

    def __init__(
        self, name: str, person: Person, nodes: Sequence[Node], account: Account, *, say: Say
    ) -> None:
        """Take whose it is and where it may connect: to the first node, while that is away to the second."""
        self.name = name
        self.person = person
        self.folded = Folded(person.id)
        self.connections: list[Connection] = []
        self.is_current = asyncio.Event()
        self._nodes = nodes
        self._account = account
        self._say = say
        self._cursor: str | None = None
        self._early: list[tuple[str, Json]] = []
        self._closing: set[asyncio.Task[None]] = set()

    async def stay_connected(self, http: aiohttp.ClientSession, rest: Rest) -> None:
        """Connect, and to the next node whenever a connection ends, for ever."""
        while True:
            for node in self._nodes:
                await self._connect(node, http, rest)
                await asyncio.sleep(random.uniform(*COMES_BACK_AFTER_SECONDS))  # noqa: S311 - it is no secret

    def go_home(self) -> None:
        """Leave a node that it is not at home on, as when a proxy spreads clients anew."""
        if self.is_current.is_set() and self._line.url != self._nodes[0].url:
            self._line.end()

    def write(self, conversation_id: str, luck: random.Random) -> Letter:
        """Write a letter, not sent yet."""
        letter = Letter(
            sender_id=self.person.id,
            client_msg_id=str(UUID(int=luck.getrandbits(128))),
            conversation_id=conversation_id,
            text=f"{len(self._account.letters) + 1}: {luck.choice(WORDS)}",
        )
        self._account.letters.append(letter)
        return letter

    async def send(self, letter: Letter) -> None:
        """Send it until it is acknowledged, over whatever connection; Failed when it is refused."""
        while True:
            await self.is_current.wait()
            with suppress(Cut):
                answer = await self._line.ask("send_message", letter.draft)
                if answer["success"]:
                    self._account.acknowledge(letter, answer["data"]["message"])
                    return
                if answer["code"] not in AGAIN:
                    raise Failed(f"{self.name} may not send: {answer}")
                await asyncio.sleep(PAUSE_SECONDS)
            self._account.again += 1

    async def read(self, conversation_id: str) -> None:
        """Say that everything it knows of a conversation was read; where that is lost, the next time will do."""
        body = {"conversation_id": conversation_id, "up_to_seq": self.folded.last_seq(conversation_id)}
        with suppress(Cut):
            await self._line.ask("mark_seen", body)

    async def leave(self) -> None:
        """Close what is still open."""
        await asyncio.gather(*self._closing)

    async def _connect(self, node: Node, http: aiohttp.ClientSession, rest: Rest) -> None:
        """Be connected to a node until that ends, if it can be reached."""
        line = self._line = Connection(node.url, http, self._hear, self.is_current.clear)
        self.connections.append(line)
        try:
            await line.open(self.person.token)
            missed = await self._catch_up(line, rest)
            self._say(f"{self.name} is on {node.name}" + (f", and had missed {missed}" if missed else ""))
            await line.ended.wait()
        except Cut:
            pass
        finally:
            line.end()
            self._early = []  # it is missed now, as is what will come
            closing = asyncio.create_task(line.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _catch_up(self, line: Connection, rest: Rest) -> int:
        """Take all that was missed, page by page, and then what has come meanwhile; return how many messages."""
        has_more, missed = True, 0
        while has_more:
            answer = await line.ask("resume", {"since": self._cursor} if self._cursor else {})
            if not answer["success"]:
                if answer["code"] not in AGAIN:
                    raise Failed(f"{self.name} may not resume: {answer}")
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if self._cursor is None:
                await self._read_lists(rest)
            self.folded.take_answer(answer)
            for message in answer["messages"]:
                self._account.hear(self.name, message, is_live=False)
            missed += len(answer["messages"])
            self._cursor, has_more = answer["cursor"], answer["has_more"]
        for event, payload in self._early:
            self._apply(event, payload)
        self._early = []
        if not line.ended.is_set():
            self.is_current.set()
        return missed

    async def _read_lists(self, rest: Rest) -> None:
        for row in await rest.rows(self.person):
            self.folded.take_row(row)
            for message in await rest.messages(self.person, row["id"]):
                self.folded.take_message(message)

    def _hear(self, event: str, payload: Json) -> None:
        """Do what an event says, or keep it until everything older is there."""
        if self.is_current.is_set():
            self._apply(event, payload)
        else:
            self._early.append((event, payload))

    def _apply(self, event: str, payload: Json) -> None:
        self.folded.take(event, payload)
        self._cursor = payload.get("cursor", self._cursor)
        if event == "new_message":
            self._account.hear(self.name, payload["message"], is_live=True)
