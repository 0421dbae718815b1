"""The transactions' clock: real time, which a development home may move forward to see what happens later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time of transactions. Tokens and limits keep to the wall clock."""

    def __init__(self) -> None:
        """Start at real time."""
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        return datetime.now(UTC) + self.ahead

    def advance(self, seconds: int) -> None:
        """Move everything that happens from now on into the future."""
        self.ahead += timedelta(seconds=seconds)
