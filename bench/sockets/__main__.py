"""`python -m bench.sockets`: measure Stoory's sockets beside those of the tuned peer, show the figures, keep them."""

from __future__ import annotations

import sys

from bench.side_by_side.ending import ended
from bench.sockets.choice import chosen
from bench.sockets.run import run


def main() -> None:
    """Measure what the command line asks for."""
    choice = chosen(sys.argv[1:])
    sys.exit(ended(lambda out: run(choice, out)))


if __name__ == "__main__":
    main()
