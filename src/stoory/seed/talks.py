"""Conversations outside any deal: who writes to whom, how much, and how far each has read."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from msgspec import Struct

from stoory.seed.casting import BUSY_INFLUENCER, BUSY_UNITS, YEAR_DAYS
from stoory.seed.drawing import SECONDS_A_DAY, at_column, drawn_id, lots
from stoory.seed.people import BRANDS_A_UNIT, INFLUENCERS_A_UNIT, brand, influencer
from stoory.seed.words import BRAND_TERMS, BRAND_WORK, INFLUENCER_TERMS, INFLUENCER_WORK

TALKS_A_UNIT: Final = 200
BUSY_TALKS: Final = 55
"""Of the busiest brand owner, in each of the busy units."""
BUSY_INFLUENCERS_TALKS: Final = 20

LONG_CONVERSATION: Final = "5eed000c-0000-4000-8000-000000000000"
"""Between the busiest two."""
LONG_MESSAGES_A_UNIT: Final = 55
"""So many messages more for each unit of the scale: 5,500 in a world of a million."""
LONGER: Final = (400, 1500)
"""How many messages the longest of a unit has, and of each tenth."""
FEWEST: Final = 2
ALL_READ: Final = 0.7

CONVERSATION_COLUMNS: Final = (
    "id", "brand_owner_id", "influencer_id", "chat_status", "last_seq", "created_at", "updated_at",
)  # fmt: skip
MESSAGE_COLUMNS: Final = (
    "id", "conversation_id", "sender_id", "receiver_id", "message", "seq", "brand_owner_id", "influencer_id",
    "created_at",
)  # fmt: skip
PARTICIPATION_COLUMNS: Final = ("conversation_id", "user_id", "other_user_id", "seen_seq", "seen_at")


class Talk(Struct, frozen=True):
    """A conversation to be written."""

    id: str
    brand_id: str
    influencer_id: str
    messages: int


class Written(Struct):
    """The rows of a conversation as COPY reads them."""

    conversation: str
    messages: list[str]
    participations: list[str]


def talks(number: int, scale: int, messages: int) -> Iterator[Talk]:
    """Yield the conversations of a unit, which have so many messages together.

    In unit 0 the long one is among them; its messages are those that every unit has given up for it.
    """
    random = lots(f"talks of unit {number}")
    left = messages - LONG_MESSAGES_A_UNIT
    pairs = _pairs(number, random)
    if number == 0:
        one, other = pairs.pop(pairs.index((0, BUSY_INFLUENCER)))
        yield Talk(LONG_CONVERSATION, brand(one).id, influencer(other).id, LONG_MESSAGES_A_UNIT * scale)
    for (one, other), length in zip(pairs, _lengths(len(pairs), left, number, random), strict=True):
        yield Talk(drawn_id(random), brand(one).id, influencer(other).id, length)


def _pairs(number: int, random: Random) -> list[tuple[int, int]]:
    """Return the two of each conversation, by their numbers; nobody has two with the same person."""
    brands = range(number * BRANDS_A_UNIT + 1, (number + 1) * BRANDS_A_UNIT)
    people = range(number * INFLUENCERS_A_UNIT + 2, (number + 1) * INFLUENCERS_A_UNIT)
    busy = list[tuple[int, int]]()
    if number < BUSY_UNITS:
        busy += [(0, other) for other in people[: BUSY_TALKS - (number == 0)]]
        busy += [(one, BUSY_INFLUENCER) for one in brands[:BUSY_INFLUENCERS_TALKS]]
        busy += [(0, BUSY_INFLUENCER)] if number == 0 else []
    rest = random.sample(range(len(brands) * len(people)), TALKS_A_UNIT - len(busy))
    return busy + [(brands[n // len(people)], people[n % len(people)]) for n in rest]


def _lengths(talks: int, messages: int, number: int, random: Random) -> list[int]:
    """Return how many messages each has: most few, one hundreds, in each tenth unit one thousands."""
    longest = LONGER[number % 10 == 0 and number > 0]
    weights = [random.expovariate(1) for _ in range(talks - 1)]
    spare = messages - longest - FEWEST * (talks - 1)
    lengths = [FEWEST + int(spare * weight / sum(weights)) for weight in weights]
    return [*lengths, messages - sum(lengths)]


def written(talk: Talk, now: int, random: Random) -> Written:
    """Return the rows of a conversation that ended some time in the last year."""
    seconds = _seconds(talk.messages, now, random)
    last_of, rows = {talk.brand_id: 0, talk.influencer_id: 0}, list[str]()
    people = f"{talk.brand_id}\t{talk.influencer_id}"
    sender, receiver = talk.brand_id, talk.influencer_id
    for seq, second in enumerate(seconds, start=1):
        if random.random() < 0.6:  # noqa: PLR2004 - whoever wrote last writes on otherwise
            sender, receiver = receiver, sender
        said = BY_BRANDS if sender == talk.brand_id else BY_INFLUENCERS
        text = said[int(random.random() * len(said))]
        rows.append(
            f"{drawn_id(random)}\t{talk.id}\t{sender}\t{receiver}\t{text}\t{seq}\t{people}\t{at_column(second)}"
        )
        last_of[sender] = seq
    first, last = at_column(seconds[0] - 60), at_column(seconds[-1])
    return Written(
        f"{talk.id}\t{people}\tdirect\t{talk.messages}\t{first}\t{last}",
        rows,
        [_participation(talk, user_id, last_of[user_id], seconds, random) for user_id in last_of],
    )


def _participation(talk: Talk, user_id: str, last: int, seconds: list[int], random: Random) -> str:
    """Return how far somebody has read: all, or some of what came since they wrote last."""
    seen = talk.messages if random.random() < ALL_READ else random.randint(last, talk.messages)
    other = talk.influencer_id if user_id == talk.brand_id else talk.brand_id
    seen_at = at_column(seconds[seen - 1]) if seen else r"\N"
    return f"{talk.id}\t{user_id}\t{other}\t{seen}\t{seen_at}"


def _seconds(messages: int, now: int, random: Random) -> list[int]:
    """Return when each message was written, the last of them some time in the last year."""
    age = int(random.random() ** 3 * (YEAR_DAYS // 2) * SECONDS_A_DAY)
    longest_gap = max(2, min(4 * 3600, YEAR_DAYS // 2 * SECONDS_A_DAY // messages))
    second, seconds = now - age, list[int]()
    for _ in range(messages):
        seconds.append(second)
        second -= 1 + int(random.random() * longest_gap)
    return seconds[::-1]


BY_BRANDS: Final = BRAND_TERMS + BRAND_WORK
BY_INFLUENCERS: Final = INFLUENCER_TERMS + INFLUENCER_WORK
