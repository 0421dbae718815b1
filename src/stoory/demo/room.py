"""Room on Asha's plan: what earlier plays left open is closed before another begins."""

from __future__ import annotations

from typing import Final

from stoory.demo.stage import Stage

KEPT: Final = 1
"""Of each kind: the one of the demo world."""


async def make_room(stage: Stage) -> None:
    """Cancel Asha's open postings but for the oldest of each kind: basic allows three at a time."""
    for kind, one in (("bids", "bid"), ("campaigns", "campaign")):
        mine = await stage.look("Asha", f"/api/{kind}?status=open&sort=oldest&limit=100")
        for posting in mine[kind][KEPT:]:
            address = f"/api/{kind}/{posting['id']}"
            await stage.step(
                "Asha", f"closes a {one} of an earlier play", "PUT", address, {"status": "cancelled"}
            )
