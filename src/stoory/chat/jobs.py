"""What is done over and over for chats."""

from __future__ import annotations

from typing import Final

from stoory.chat.queries.news import forget_old_news
from stoory.platform.database import Database
from stoory.platform.jobs import Round

NEWS_KEPT: Final = 10_000
"""For each person, the newest. Whoever was away for longer begins with the lists."""
NEWS_SPARED: Final = 1_000
"""So many more gather before the oldest go."""
PEOPLE_A_TURN: Final = 100
FORGET_EVERY_SECONDS: Final = 60


async def forget(db: Database) -> None:
    """Let the oldest news of those go who have too much."""
    while True:
        async with db.as_system("forget old news") as tx:
            forgotten = await forget_old_news(tx, kept=NEWS_KEPT, spare=NEWS_SPARED, people=PEOPLE_A_TURN)
        if forgotten < PEOPLE_A_TURN:
            return


ROUNDS: Final = [Round("old news", FORGET_EVERY_SECONDS, forget)]
