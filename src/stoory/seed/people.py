"""The people of the seeded world. Their ids and phones follow from their numbers, so that a measurement finds them."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from stoory.actor import Role
from stoory.seed.drawing import SECONDS_A_DAY, at_column, lots
from stoory.seed.words import (
    BIOS,
    BRAND_NAMES,
    BUSINESSES,
    CATEGORIES,
    INFLUENCER_NAMES,
    LANGUAGES,
    PLATFORMS,
)

PHONES: Final = "+9190"
"""All seeded phones, and no others, begin so."""
BRANDS_A_UNIT: Final = 25
INFLUENCERS_A_UNIT: Final = 75

USER_COLUMNS: Final = (
    "id", "name", "phone", "email", "role", "bio", "phone_verified", "languages", "categories",
    "social_platforms", "created_at", "updated_at",
)  # fmt: skip
CREDENTIAL_COLUMNS: Final = ("user_id", "password_hash", "changed_at")
OLDEST_DAYS: Final = 395
NEWEST_DAYS: Final = 366
"""Everybody was there before the first deal of the last year."""


class Person(Struct, frozen=True):
    """Somebody seeded."""

    id: str
    name: str
    phone: str
    handle: str
    role: Role

    @property
    def email(self) -> str:
        """Where nobody reads anything."""
        return f"{self.handle}@example.org"


OPERATOR: Final = Person(
    "5eed0000-0000-4000-8000-000000000000", "Operator", f"{PHONES}00000000", "operator", Role.ADMIN
)


def brand(number: int) -> Person:
    """Return the brand owner of that number, from 0; 0 is the busiest of all."""
    return _person(Role.BRAND_OWNER, "1", BRAND_NAMES, number)


def influencer(number: int) -> Person:
    """Return the influencer of that number, from 0; 1 is the busiest of all."""
    return _person(Role.INFLUENCER, "2", INFLUENCER_NAMES, number)


def _person(role: Role, digit: str, names: tuple[str, ...], number: int) -> Person:
    name = names[number % len(names)]
    return Person(
        f"5eed000{digit}-0000-4000-8000-{number:012d}",
        f"{name} {number}",
        f"{PHONES}{digit}{number:07d}",
        f"{name.lower()}{number}",
        role,
    )


def user_row(person: Person, now: int) -> str:
    """Return the row of a person as COPY reads it; an influencer can be found by what the profile holds."""
    random = lots(f"profile of {person.handle}")
    joined = at_column(
        now - random.randrange(NEWEST_DAYS, OLDEST_DAYS) * SECONDS_A_DAY - random.randrange(9_999)
    )
    language, category = random.sample(LANGUAGES, 2), random.sample(CATEGORIES, 2)
    is_influencer = person.role is Role.INFLUENCER
    bio = random.choice(BIOS if is_influencer else BUSINESSES)
    platforms = [
        {
            "platform": platform,
            "profile_link": f"https://example.org/{person.handle}",
            "followers_count": int(1000 * 1.1 ** random.randrange(70)),
            "engagement_rate": random.randrange(10, 90) / 10,
        }
        for platform in random.sample(PLATFORMS, random.randrange(1, 4))
    ]
    return "\t".join((
        person.id, person.name, person.phone, person.email, person.role,
        bio.format(category=category[0], language=language[0]), "t",
        "{" + ",".join(language) + "}", "{" + ",".join(category) + "}",
        msgspec.json.encode(platforms if is_influencer else []).decode(), joined, joined,
    ))  # fmt: skip


def credential_row(person: Person, password_hash: str, now: int) -> str:
    """Return the row of a person's password as COPY reads it."""
    return f"{person.id}\t{password_hash}\t{at_column(now)}"
