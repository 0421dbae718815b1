"""`make bench`: measure Stoory beside its peers, show the figures, keep them."""

from __future__ import annotations

import sys

from bench.side_by_side.choice import chosen
from bench.side_by_side.ending import ended
from bench.side_by_side.run import run


def main() -> None:
    """Measure what the command line asks for."""
    choice = chosen(sys.argv[1:])
    sys.exit(ended(lambda out: len(run(choice, out).rows) == len(choice.measures)))


if __name__ == "__main__":
    main()
