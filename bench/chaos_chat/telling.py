"""How the story is told in a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from textwrap import shorten
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.chaos_chat.account import Count, Told
from bench.chaos_chat.verdict import Claim

SHOWN: Final = 5
"""How much of what breaks a claim is shown."""
SHOWN_CHARACTERS: Final = 300
"""Of each; it may quote a whole conversation."""


class Teller:
    """Tells what happens, each with the seconds since the beginning."""

    def __init__(self, out: Console) -> None:
        """Take where to."""
        self._out = out
        self._began_at = time.monotonic()

    def begin(self) -> None:
        """Count the seconds from now on."""
        self._began_at = time.monotonic()

    def prepare(self, step: str) -> None:
        """Tell what is done before the story begins, and after its end."""
        self._out.print(f"         {step}", style="dim")

    def happen(self, what: str) -> None:
        """Tell what is done to servers and Redis."""
        self._out.print(Text.assemble((self._when, "bold yellow"), (what, "bold")))

    def move(self, what: str) -> None:
        """Tell what clients do about it."""
        self._out.print(Text.assemble((self._when, "dim"), what))

    def count(self, count: Count) -> None:
        """Tell how much has happened so far."""
        told = (
            f"sent {count.sent}, acknowledged {count.acknowledged}, "
            f"heard live {count.live}, resumed {count.resumed}"
        )
        self._out.print(Text.assemble((self._when, "dim"), (told, "cyan")))

    def account(self, phases: Sequence[Told]) -> None:
        """Show what came of each part of the story."""
        table = Table(
            title="What was written, and heard by all four who were there",
            title_justify="left",
            box=box.SIMPLE_HEAD,
        )
        for name in ("", "seconds", "sent", "again", "acknowledged", "heard live", "resumed", "slowest"):
            table.add_column(name, justify="right" if name else "left")
        for phase in phases:
            count = phase.count
            counts = (count.sent, count.again, count.acknowledged, count.live, count.resumed)
            slowest = f"{phase.slowest_seconds:.2f} s" + (f", {phase.unheard} never" if phase.unheard else "")
            table.add_row(phase.name, f"{phase.seconds:.1f}", *map(str, counts), slowest)
        self._out.print(table)
        self._out.print(
            "  again: sent once more, for want of an answer; slowest: from the acknowledgement of a message to "
            "when all four had it\n",
            style="dim", soft_wrap=True,
        )  # fmt: skip

    def verdict(self, claims: Sequence[Claim]) -> None:
        """Show what holds, and what not."""
        for claim in claims:
            self._out.print(
                "[red]broken[/]" if claim.broken else "[green]holds [/]", Text(claim.text), soft_wrap=True
            )
            for one in claim.broken[:SHOWN]:
                self._out.print(Text(f"         {shorten(one, SHOWN_CHARACTERS)}"), soft_wrap=True)
            if len(claim.broken) > SHOWN:
                self._out.print(f"         and {len(claim.broken) - SHOWN} more")

    @property
    def _when(self) -> str:
        return f"{time.monotonic() - self._began_at:5.1f} s  "
