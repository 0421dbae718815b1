"""What is drawn by lot, the same each time: ids; and seconds of the epoch, written as the database reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Final

SECONDS_A_DAY: Final = 86_400

CLOCK: Final = tuple(
    f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(SECONDS_A_DAY)
)
"""Every second of a day: a million instants are written, and this is the dear part of each."""

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def lots(about: str) -> Random:
    """Return a source of lots of its own for whatever is drawn: always the same ones."""
    return Random(f"stoory seed: {about}")  # noqa: S311 - a world that can be made again, no secret


def drawn_id(random: Random) -> str:
    """Return a new id, a UUID of version 4."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def drawn_razorpay_id(kind: str, random: Random) -> str:
    """Return an id as Razorpay's are: `order_` and 14 characters."""
    return f"{kind}_{''.join(random.choices(LETTERS, k=14))}"


def at_column(second: int) -> str:
    """Return an instant as COPY writes it."""
    return f"{_day(second // SECONDS_A_DAY)} {CLOCK[second % SECONDS_A_DAY]}+00"


def at_json(second: int) -> str:
    """Return an instant as it stands in JSON."""
    return f"{_day(second // SECONDS_A_DAY)}T{CLOCK[second % SECONDS_A_DAY]}Z"


@cache
def _day(day: int) -> str:
    return f"{datetime.fromtimestamp(day * SECONDS_A_DAY, UTC):%Y-%m-%d}"
