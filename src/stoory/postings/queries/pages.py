"""A page of a list of postings: found first, then read through the wall."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from stoory.actor import Actor, Role
from stoory.platform.database import Tx
from stoory.platform.remembered import Remembered
from stoory.postings.queries import find, postings
from stoory.postings.rules import Kind, Posting, Status
from stoory.postings.search import Place, Wanted, in_order


class Which(NamedTuple):
    """Which page of which list."""

    kind: Kind
    wanted: Wanted
    after: Place | None
    limit: int


class Found(Struct, frozen=True):
    """The postings of a page in order, and whether there are more behind it."""

    rows: list[Posting]
    has_more: bool


OpenPostings = Remembered[Which, Found]
"""Pages of what every influencer may apply to, the same for each of them."""


async def found(tx: Tx, actor: Actor, which: Which, open_postings: OpenPostings) -> Found:
    """Return a page as that person sees it."""
    if actor.role is not Role.INFLUENCER:
        return (await _look(tx, which)).page(which)
    first: _Seen | None = None

    async def look() -> Found:
        nonlocal first
        first = await _look(tx, which)
        return first.of_everybody().page(which)

    everybodys = await open_postings.get(which, look)
    if first is not None:
        return first.page(which)
    mine = await _look(tx, which, only_mine=True)
    return mine.beside(everybodys, which)


class _Seen(Struct, frozen=True):
    """What was found after a place, and read: up to a row more than the page has, for each reason to see it."""

    rows: list[Posting]
    found: int
    """A posting may close between the two: this, not what is left, says whether there is more."""

    def page(self, which: Which) -> Found:
        rows = in_order(self.rows, which.wanted.sort)[: which.limit]
        return Found(rows, bool(rows) and self.found > which.limit)

    def of_everybody(self) -> _Seen:
        """Leave out what only this influencer sees."""
        rows = [replace(row, my_request=None) for row in self.rows if row.status is Status.OPEN]
        return _Seen(rows, len(rows) + self.found - len(self.rows))

    def beside(self, everybodys: Found, which: Which) -> Found:
        """Return these, an influencer's own, among those that all of them see."""
        rows = {row.id: row for row in (*everybodys.rows, *self.rows)}
        more = everybodys.has_more or self.found > which.limit
        page = _Seen(list(rows.values()), len(rows)).page(which)
        return replace(page, has_more=page.has_more or more)


async def _look(tx: Tx, which: Which, *, only_mine: bool = False) -> _Seen:
    """Find what is wanted, then read it through the wall."""
    ids = await find(tx, which.kind, which.wanted, which.after, limit=which.limit + 1, only_mine=only_mine)
    return _Seen(await postings(tx, which.kind, ids) if ids else [], len(ids))
