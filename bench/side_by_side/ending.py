"""How a run ends: done, failed or interrupted, and each time with nothing left running."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.text import Text

from bench.side_by_side.running import Failed
from stoory.platform.postgres import CannotStart

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
UNSEEN_COLUMNS: Final = 130
"""Of the tables, when they go to a file"""
INTERRUPTED: Final = 130


def ended(run: Callable[[Console], bool]) -> int:
    """Do it, and return the status to exit with; it says whether all went well. A signal ends it like a failure."""
    for number in SIGNALS:
        signal.signal(number, _stop_once)
    try:
        went_well = run(Console(highlight=False, width=None if sys.stdout.isatty() else UNSEEN_COLUMNS))
    except (Failed, CannotStart) as problem:
        Console(stderr=True, highlight=False).print("[bold red]bench:[/]", Text(str(problem)), soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return not went_well


def _stop_once(*_: object) -> None:
    """Begin the end; those signals that follow must not cut it short."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
