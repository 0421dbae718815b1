"""The campaigns and bids of the seeded world: what they say, and the deals that have a place on them."""

from __future__ import annotations

from random import Random
from typing import Final

from msgspec import Struct

from stoory.postings.rules import Kind, Status
from stoory.seed.drawing import SECONDS_A_DAY, at_column
from stoory.seed.people import Person
from stoory.seed.playing import BRACKETS, DEALS_A_CAMPAIGN_AFFORDS
from stoory.seed.words import (
    CATEGORIES,
    CONTENT_TYPES,
    DESCRIPTIONS,
    GOODS,
    LANGUAGES,
    PLATFORMS,
    REQUIREMENTS,
    SEASONS,
    TITLES,
)

ALIKE: Final = (
    "id", "title", "description", "status", "requirements", "language", "platform", "content_type", "category",
    "created_by", "min_followers", "ends_at", "created_at", "updated_at",
)  # fmt: skip
COLUMNS: Final = {
    Kind.CAMPAIGN: (*ALIKE, "budget"),
    Kind.BID: (*ALIKE, "min_budget", "max_budget"),
}
TABLES: Final = {Kind.CAMPAIGN: "campaigns", Kind.BID: "bids"}

ENDS: Final = 0.3
"""So many of the open ones name the day of their end."""
YOUNG_DAYS: Final = 60
"""A posting nobody applied to is not older."""


class Posting(Struct, kw_only=True):
    """A campaign or a bid, while its deals are being found."""

    id: str
    owner: Person
    bracket: int
    title: str
    category: str
    language: str
    platform: str
    content: str
    goods: str
    status: Status = Status.OPEN
    spent_on: int = 0
    """So many of its deals take up its room."""
    influencers: set[int] = set()
    is_waited_for: bool = False
    """One of its deals is still open."""
    first_at: int = 0
    """When its first deal began; 0 without any."""
    last_at: int = 0

    @property
    def kind(self) -> Kind:
        """A campaign or a bid."""
        return BRACKETS[self.bracket].kind

    @property
    def has_room(self) -> bool:
        """Whether one more deal can be agreed on."""
        return self.spent_on < (DEALS_A_CAMPAIGN_AFFORDS if self.kind is Kind.CAMPAIGN else 1)


def posted(id_: str, owner: Person, bracket: int, random: Random) -> Posting:
    """Return a new posting with something to find it by."""
    category, language = random.choice(CATEGORIES), random.choice(LANGUAGES)
    content = random.choice(CONTENT_TYPES)
    goods = random.choice(GOODS[category])
    title = random.choice(TITLES).format(
        goods=goods, content=content, season=random.choice(SEASONS), language=language
    )
    return Posting(
        id=id_,
        owner=owner,
        bracket=bracket,
        title=title[0].upper() + title[1:],
        category=category,
        language=language,
        platform=random.choice(PLATFORMS),
        content=content,
        goods=goods,
        influencers=set(),
    )


def posting_row(posting: Posting, now: int, random: Random) -> str:
    """Return the row of a posting as COPY reads it: it is older than its first deal."""
    before_first = random.randrange(3600, 6 * SECONDS_A_DAY)
    born = (
        posting.first_at - before_first
        if posting.first_at
        else now - random.randrange(YOUNG_DAYS * SECONDS_A_DAY)
    )
    changed = born if posting.status is Status.OPEN else max(born, posting.last_at)
    ends = (
        at_column(now + random.randrange(20, 90) * SECONDS_A_DAY)
        if posting.status is Status.OPEN and random.random() < ENDS
        else r"\N"
    )
    about = random.choice(DESCRIPTIONS).format(
        goods=posting.goods,
        content=posting.content,
        language=posting.language,
        platform=posting.platform,
        category=posting.category,
    )
    bracket = BRACKETS[posting.bracket]
    amounts = [bracket.most] if bracket.kind is Kind.CAMPAIGN else [bracket.least, bracket.most]
    return "\t".join((
        posting.id, posting.title, about, posting.status, random.choice(REQUIREMENTS), posting.language,
        posting.platform, posting.content, posting.category, posting.owner.id,
        str(random.choice((0, 1000, 5000, 20000))), ends, at_column(born), at_column(changed),
        *map(str, amounts),
    ))  # fmt: skip
