"""What is told of plans."""

from __future__ import annotations

from stoory.platform.bus import Hint


class PlanChanged(Hint, frozen=True):
    """These people are on another plan, or theirs allows something else; without people it may be everybody's."""
