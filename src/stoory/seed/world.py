"""The whole world: plots are played, people and postings thought of, and all is loaded in one transaction."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct

from stoory.home import DEMO_PASSWORD, HomeDatabase
from stoory.platform.bus import Bus
from stoory.platform.clock import Clock
from stoory.platform.database import Database
from stoory.platform.passwords import Passwords
from stoory.seed import postings, talks
from stoory.seed.books import ENTRY_COLUMNS, Books
from stoory.seed.casting import Copy, Unit
from stoory.seed.drawing import lots
from stoory.seed.loading import Connection, Lines, analyze, bulk, copy
from stoory.seed.people import (
    BRANDS_A_UNIT,
    CREDENTIAL_COLUMNS,
    INFLUENCERS_A_UNIT,
    OPERATOR,
    USER_COLUMNS,
    brand,
    credential_row,
    influencer,
    user_row,
)
from stoory.seed.playing import Played, play_all, refuse_twice
from stoory.settings import Settings

MESSAGES_A_UNIT: Final = 10_000

PLOTS: Final = "Playing every plot once"
MESSAGES: Final = "Loading messages"
KEYS: Final = "Building indexes, checking keys"
COUNTING: Final = "Counting what is there"

Told = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""


class Seeded(Struct, frozen=True):
    """What was made."""

    people: int
    postings: int
    deals: int
    conversations: int
    messages: int

    def __str__(self) -> str:
        """Return it in words, for the terminal."""
        return ", ".join(f"{getattr(self, name):,} {name}" for name in self.__struct_fields__)


async def seed(settings: Settings, reached: HomeDatabase, scale: int, told: Told) -> Seeded:
    """Make a world of that many units, 10,000 messages each; Conflict when there is one already."""
    password_hash = await Passwords().hash(DEMO_PASSWORD)
    db = Database(reached.app, pool_size=1, clock=Clock(), bus=Bus())
    await db.connect()
    try:
        await refuse_twice(db)
        played = await play_all(db, settings.gateway(), told=partial(told, PLOTS))
    finally:
        await db.close()
    world = _World(scale, played, int(time.time()))
    async with bulk(reached.owner) as connection:
        await copy(connection, world.people(password_hash))
        await _load(connection, world, told)
        await copy(connection, await world.ledger(connection))
        await world.books.save_balances(connection)
        told(KEYS, 0, 1)
    told(KEYS, 1, 1)
    told(COUNTING, 0, 1)
    await analyze(reached.owner)
    told(COUNTING, 1, 1)
    return world.made


async def _load(connection: Connection, world: _World, told: Told) -> None:
    """Load unit after unit: the next one is thought of while the database takes this one in."""
    coming = asyncio.create_task(asyncio.to_thread(world.unit, 0))
    for number in range(world.scale):
        lines = await coming
        if number + 1 < world.scale:
            coming = asyncio.create_task(asyncio.to_thread(world.unit, number + 1))
        await copy(connection, lines)
        told(MESSAGES, (number + 1) * MESSAGES_A_UNIT, world.scale * MESSAGES_A_UNIT)


class _World:
    """What is made of the plots, unit by unit."""

    def __init__(self, scale: int, played: list[Played], now: int) -> None:
        self.scale = scale
        self.books = Books()
        self._played = {(each.plot.name, each.bracket): each for each in played}
        self._now = now
        self._counts: dict[str, int] = defaultdict(int)

    @property
    def made(self) -> Seeded:
        """What has been made so far."""
        return Seeded(**{name: self._counts[name] for name in Seeded.__struct_fields__})

    def people(self, password_hash: str) -> Lines:
        """Return the rows of everybody."""
        brands = [brand(n) for n in range(self.scale * BRANDS_A_UNIT)]
        everybody = [OPERATOR, *brands, *(influencer(n) for n in range(self.scale * INFLUENCERS_A_UNIT))]
        self._counts["people"] = len(everybody)
        return {
            ("users", USER_COLUMNS): [user_row(each, self._now) for each in everybody],
            ("credentials", CREDENTIAL_COLUMNS): [
                credential_row(each, password_hash, self._now) for each in everybody
            ],
        }

    def unit(self, number: int) -> Lines:
        """Return the rows of a unit: its postings, its deals, and so many conversations beside them."""
        unit = Unit(number, self.scale, self._played, self._now)
        copies = unit.deals()
        lines: Lines = defaultdict(list)
        for each in unit.postings:
            table = (postings.TABLES[each.kind], postings.COLUMNS[each.kind])
            lines[table].append(postings.posting_row(each, self._now, unit.random))
        for each in copies:
            self._copy_deal(each, unit, lines)
        messages = MESSAGES_A_UNIT - sum(each.played.template.messages for each in copies)
        self._write_talks(number, messages, lines)
        self._counts["postings"] += len(unit.postings)
        self._counts["deals"] += len(copies)
        self._counts["conversations"] += len(copies) + talks.TALKS_A_UNIT
        self._counts["messages"] += MESSAGES_A_UNIT
        return lines

    def _copy_deal(self, deal: Copy, unit: Unit, lines: Lines) -> None:
        template = deal.played.template
        values = template.values(deal.roles, deal.ends_at, unit.random)
        for table, sheet in template.sheets.items():
            if table == "ledger_entries":
                self.books.post(sheet, values)
            else:
                lines[table, sheet.columns].append(sheet.filled(values))

    def _write_talks(self, number: int, messages: int, lines: Lines) -> None:
        random = lots(f"words of unit {number}")
        for talk in talks.talks(number, self.scale, messages):
            written = talks.written(talk, self._now, random)
            lines["conversations", talks.CONVERSATION_COLUMNS].append(written.conversation)
            lines["messages", talks.MESSAGE_COLUMNS] += written.messages
            lines["participations", talks.PARTICIPATION_COLUMNS] += written.participations

    async def ledger(self, connection: Connection) -> Lines:
        """Return every entry of the ledger; it goes on from the balances that are there."""
        self.books.check()
        await self.books.go_on_from(connection)
        return {("ledger_entries", ENTRY_COLUMNS): list(self.books.entries())}
