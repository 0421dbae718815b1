"""`make bench`: measure Stoory beside its peers, show the figures, keep them."""

from __future__ import annotations

import signal
import sys
from typing import Final

from rich.console import Console
from rich.text import Text

from bench.side_by_side.choice import chosen
from bench.side_by_side.run import run
from bench.side_by_side.running import Failed
from stoory.platform.postgres import CannotStart

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
UNSEEN_COLUMNS: Final = 130
"""Of the tables, when they go to a file"""


def main() -> None:
    """Measure; a signal or a failure ends it all the same way."""
    choice = chosen(sys.argv[1:])
    for number in SIGNALS:
        signal.signal(number, _stop_once)
    try:
        result = run(choice, Console(highlight=False, width=None if sys.stdout.isatty() else UNSEEN_COLUMNS))
    except (Failed, CannotStart) as problem:
        Console(stderr=True, highlight=False).print("[bold red]bench:[/]", Text(str(problem)), soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(len(result.rows) < len(choice.measures))


def _stop_once(*_: object) -> None:
    """Begin the end; those signals that follow must not cut it short."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
