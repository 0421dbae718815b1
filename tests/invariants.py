"""What must be true of the database whatever happened: looked at after every test that used the world."""

from __future__ import annotations

from stoory import doctor
from stoory.platform.database import Database


async def check(db: Database) -> None:
    """Raise AssertionError naming what does not hold, and where."""
    found = [f"{broken.claim}: not so in {broken.where}" for broken in await doctor.examine(db)]
    assert not found, "\n".join(found)
