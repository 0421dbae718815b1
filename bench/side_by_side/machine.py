"""On what a run was made: figures of another machine are other figures."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from bench.side_by_side.node import node
from bench.side_by_side.pinning import Cores
from bench.side_by_side.running import ROOT
from bench.side_by_side.stage import Stage


class Machine(Struct, frozen=True, kw_only=True):
    """What a reader needs to judge figures."""

    processor: str
    cores: int
    system: str
    python: str
    postgresql: str
    node: str | None
    pinning: str
    commit: str
    at: str

    @property
    def told(self) -> str:
        """All of it in a few words."""
        return (
            f"{self.at}, commit {self.commit}. {self.processor}, {self.cores} cores, {self.system}; PostgreSQL "
            f"{self.postgresql}, Python {self.python}, Node {self.node}; {self.pinning}."
        )


def machine(stage: Stage, cores: Cores) -> Machine:
    """Look at it."""
    program = node()
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 0,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgresql=stage.rows("show server_version")[0][0].split()[0],
        node=_said([program, "--version"]).lstrip("v") if program else None,
        pinning=_pinning(cores),
        commit=_commit(),
        at=datetime.now(UTC).isoformat(timespec="minutes"),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _pinning(cores: Cores) -> str:
    if cores.server is None:
        return "none: nothing here holds a process to a core"
    siblings = ", two threads of one physical core" if cores.are_siblings else ""
    return f"server on core {cores.server}, PostgreSQL and load on core {cores.load}{siblings}"


def _commit() -> str:
    commit = _said(["git", "-c", "safe.directory=*", "rev-parse", "--short", "HEAD"])
    is_changed = _said(["git", "-c", "safe.directory=*", "status", "--porcelain", "--", "src", "bench"])
    return f"{commit or 'unknown'}{' and changes' if is_changed else ''}"


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()
