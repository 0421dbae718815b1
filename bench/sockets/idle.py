"""What a socket takes that is signed in and does nothing: by how much a fresh process grows, from few to many."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import uvloop
from msgspec import Struct

from bench.side_by_side.pinning import Cores, held_to
from bench.side_by_side.running import Contestant, Failed, Running
from bench.sockets.client import Client, Ears, NoSockets, Refused

FEW: Final = 200
MANY: Final = 1_200
CONNECT_AT_ONCE: Final = 20
SETTLES_IN_SECONDS: Final = 6
"""What connecting has left behind is collected, and those who came were told who else is there."""
SPARE_FILES: Final = 200


class Idle(Struct, frozen=True, kw_only=True):
    """Resident memory in KiB."""

    few_kb: float
    many_kb: float
    a_socket_kb: float


def idle(
    contestant: Contestant, tokens: Sequence[str], folder: Path, cores: Cores, *, times: int
) -> Idle | None:
    """Return medians over fresh processes; None where the system does not tell. Failed when somebody is not let in."""
    _let_open(len(tokens))
    found: list[tuple[int, int]] = []
    for _ in range(times):
        server = Running.start(contestant, folder, cores.server)
        try:
            with held_to(cores.load):
                few, many = uvloop.run(_measured(server, tokens))
        except (NoSockets, Refused, OSError) as problem:
            raise Failed(f"{server.name}: {problem!r}\n{server.last_words()}") from problem
        finally:
            server.stop()
        if few is None or many is None:
            return None
        found.append((few, many))
    return Idle(
        few_kb=median(few for few, _ in found),
        many_kb=median(many for _, many in found),
        a_socket_kb=median((many - few) / (len(tokens) - FEW) for few, many in found),
    )


async def _measured(server: Running, tokens: Sequence[str]) -> tuple[int | None, int | None]:
    lost: list[str] = []
    ears = Ears.only_for_the_end(lost.append)
    clients = await _connected(server, tokens[:FEW], ears)
    await asyncio.sleep(SETTLES_IN_SECONDS)
    few = server.resident_kb()
    clients += await _connected(server, tokens[FEW:], ears)
    await asyncio.sleep(SETTLES_IN_SECONDS)
    many = server.resident_kb()
    if lost:
        raise NoSockets(f"{len(lost)} of {len(tokens)} idle sockets were lost: {lost[0]}")
    for client in clients:
        client.close()
    return few, many


async def _connected(server: Running, tokens: Sequence[str], ears: Ears) -> list[Client]:
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)

    async def come(token: str) -> Client:
        async with gate:
            return await Client.connect(server.url, token, ears)

    return await asyncio.gather(*map(come, tokens))


def _let_open(files: int) -> None:
    """Raise how many files may be open, for this process and those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
