"""`python -m bench.chaos_chat`: play the story, and tell whether everything holds."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys

from rich.console import Console

from bench.chaos_chat.programs import redis_program
from bench.chaos_chat.stage import stage
from bench.chaos_chat.story import play
from bench.chaos_chat.telling import Teller
from bench.side_by_side.ending import ended
from bench.side_by_side.running import Failed

SECONDS = 30.0
FEWEST_SECONDS = 10.0
NO_REDIS = 2


def main() -> None:
    """Play what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos_chat", description="Two people chat while servers and Redis fail."
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long they talk")
    parser.add_argument("--seed", type=int, help="the same again: what goes wrong, and in which order")
    told = parser.parse_args()
    if told.seconds < FEWEST_SECONDS:
        parser.error(f"--seconds is at least {FEWEST_SECONDS:.0f}")
    program = redis_program()
    if program is None:
        print("There is no redis-server or valkey-server on this machine.", file=sys.stderr)
        sys.exit(NO_REDIS)
    seed = random.randrange(1_000_000) if told.seed is None else told.seed  # noqa: S311 - it is no secret
    sys.exit(ended(lambda out: asyncio.run(_run(out, program, told.seconds, seed))))


async def _run(out: Console, program: str, seconds: float, seed: int) -> bool:
    """Play it, tell it, and return whether everything holds; Failed."""
    out.print(f"[bold]Two people chat while servers and Redis fail.[/] {seconds:.0f} seconds, --seed {seed}")
    teller = Teller(out)
    try:
        async with stage(program, teller.prepare) as ready:
            claims = await play(ready, teller, seconds, seed)
    except* Failed as problems:
        raise Failed(_first(problems)) from None
    teller.verdict(claims)
    return not any(claim.broken for claim in claims)


def _first(problems: BaseExceptionGroup[Failed]) -> str:
    first = problems.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else str(first)


if __name__ == "__main__":
    main()
