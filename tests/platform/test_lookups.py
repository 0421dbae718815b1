"""Everything unsettled is asked about, once a run, however much of it there is and whatever some of it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from msgspec import Struct

from stoory.app import Application
from stoory.errors import Upstream
from stoory.platform.database import Tx
from stoory.platform.lookups import A_BATCH, Lookups, Tally, look_up_each

QUARTER = timedelta(minutes=15)


class Letter(Struct):
    """Something that waits for an answer."""

    id: UUID
    checked_at: datetime


class Desk:
    """Letters, and how often each was asked about."""

    def __init__(self, now: datetime, count: int) -> None:
        """Lay so many letters, never asked about."""
        self.letters = {key: Letter(key, now - timedelta(days=1)) for _ in range(count) if (key := uuid4())}
        self.asked: list[UUID] = []
        self.mute: dict[UUID, Exception] = {}

    @property
    def lookups(self) -> Lookups[Letter]:
        """Return how they are looked up."""
        return Lookups("letter", self.unsettled, self.ask, self.save_checked)

    async def unsettled(self, _: Tx, before: datetime, rows: int) -> list[Letter]:
        """Return those not asked about since then."""
        waiting = [letter for letter in self.letters.values() if letter.checked_at < before]
        return sorted(waiting, key=lambda letter: letter.checked_at)[:rows]

    async def ask(self, letter: Letter) -> None:
        """Ask about one."""
        self.asked.append(letter.id)
        if letter.id in self.mute:
            raise self.mute[letter.id]

    async def save_checked(self, tx: Tx, ids: list[UUID]) -> None:
        """Note that they were asked about."""
        for each in ids:
            self.letters[each].checked_at = tx.now


async def test_more_than_a_batch_is_asked_about_and_each_once(application: Application) -> None:
    desk = Desk(application.db.clock.now(), 2 * A_BATCH + 1)

    tally = await look_up_each(application.db, desk.lookups)

    assert tally == Tally(asked=2 * A_BATCH + 1, failed=0)
    assert sorted(desk.asked) == sorted(desk.letters)


async def test_the_unanswered_do_not_stand_in_the_way_of_the_rest(application: Application) -> None:
    desk = Desk(application.db.clock.now(), A_BATCH + 5)
    oldest = list(desk.letters)[:A_BATCH]
    desk.mute = {each: Upstream() if at % 2 else ValueError("nonsense") for at, each in enumerate(oldest)}

    tally = await look_up_each(application.db, desk.lookups, unasked_for=QUARTER)

    assert tally == Tally(asked=A_BATCH + 5, failed=A_BATCH)
    assert set(desk.asked) == set(desk.letters)


async def test_what_was_asked_about_is_left_alone_for_a_while(application: Application) -> None:
    desk = Desk(application.db.clock.now(), 3)
    await look_up_each(application.db, desk.lookups, unasked_for=QUARTER)

    again = await look_up_each(application.db, desk.lookups, unasked_for=QUARTER)
    for letter in desk.letters.values():
        letter.checked_at -= QUARTER
    later = await look_up_each(application.db, desk.lookups, unasked_for=QUARTER)

    assert (again.asked, later.asked) == (0, 3)
