"""Which core does what: the measured server has one to itself, PostgreSQL and the load share another."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct


class Cores(Struct, frozen=True):
    """The two cores of a run; None where a process cannot be held to one."""

    server: int | None = None
    load: int | None = None
    are_siblings: bool = False
    """They are two threads of one physical core, so that each slows the other."""


def choose() -> Cores:
    """Choose two cores, of different physical ones where there are."""
    if sys.platform != "linux":
        return Cores()
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        return Cores()
    siblings = _siblings(first)
    apart = [other for other in others if other not in siblings]
    return Cores(server=first, load=(apart or others)[0], are_siblings=not apart)


@contextmanager
def held_to(core: int | None) -> Iterator[None]:
    """Start children on one core; what they start inherits it."""
    if core is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def used_seconds(core: int) -> float:
    """Return for how long a core has worked since the machine started, whoever it was for."""
    lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    user, nice, system, _idle, _waiting, *interrupts = next(
        [int(ticks) for ticks in line[1:8]] for line in lines if line[0] == f"cpu{core}"
    )
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def family_seconds(pid: int) -> float | None:
    """Return how long a process and its children have worked, those that have ended included."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        own = _times(pid)
    except OSError:
        return None
    spent = sum(own)
    for child in children:
        with suppress(OSError):  # it has ended meanwhile
            spent += sum(_times(int(child))[:2])
    return spent / os.sysconf("SC_CLK_TCK")


def _times(pid: int) -> list[int]:
    """Return the ticks of a process: in user mode, in the system, and the same of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


def _siblings(core: int) -> set[int]:
    """Return the threads that share a physical core, as Linux writes them: `0,4` or `0-1`."""
    try:
        text = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list").read_text()
    except OSError:
        return {core}
    found: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found
