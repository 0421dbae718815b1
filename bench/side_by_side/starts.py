"""How long Stoory takes to start: from the command to the first 200."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Final

from msgspec import Struct

from bench.side_by_side.contestants import STOORY, Addresses, Contestant, stoory
from bench.side_by_side.running import Running, stoory_program
from stoory.platform.postgres import Server

TIMES: Final = 5


class Starts(Struct, frozen=True, kw_only=True):
    """Medians in seconds."""

    serve_seconds: float
    """`stoory serve` beside a database that runs"""
    up_seconds: float
    """`stoory up` on an existing home, its PostgreSQL included"""


def starts(database: Addresses, folder: Path) -> Starts:
    """Start it a few times, on all cores."""
    home = folder / "home"
    serve = stoory(f"{STOORY}-serve", database, folder, "unlimited")
    up = Contestant(
        name=f"{STOORY}-up",
        command=(stoory_program(), "up"),
        environ={"STOORY_HOME": str(home), "STOORY_SANDBOX_PORT": "0"},
        port_variable="STOORY_PORT",
        health="/health",
    )
    try:
        _seconds(up, folder)  # makes the home
        return Starts(
            serve_seconds=median(_seconds(serve, folder) for _ in range(TIMES)),
            up_seconds=median(_seconds(up, folder) for _ in range(TIMES)),
        )
    finally:
        Server.start(home).discard()


def _seconds(one: Contestant, folder: Path) -> float:
    running = Running.start(one, folder, None)
    running.stop()
    return running.started_in_seconds
