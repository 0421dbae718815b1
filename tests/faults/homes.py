"""Homes in which `stoory` is run as a person runs it, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import httpx
import pytest
from msgspec import Struct

from stoory.platform.postgres.cluster import postmaster

STOORY = ("-c", "from stoory.cli import main; main()")
STOPS_WITHIN_SECONDS = 15
REVIVES_WITHIN_SECONDS = 30
TWO = {"STOORY_WORKERS": "2", "STOORY_REDIS_URL": "redis://127.0.0.1:1"}
"""Two server processes, and a Redis that is away: nothing here needs one."""


class Home(Struct):
    """A folder that everybody may enter, and who runs Stoory there with which Python and settings."""

    folder: Path
    python: str = sys.executable
    user: str | None = None
    settings: dict[str, str] = {}
    places: dict[str, str] = {}
    """Where the last `stoory up` said that everything is."""

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `stoory` with these arguments; what it says on both outputs can be read."""
        environ = {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath)),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "STOORY_HOME": str(self.folder / "home"),
            "STOORY_PORT": "0",
            "STOORY_SANDBOX_PORT": "0",
            **self.settings,
        }
        return subprocess.Popen(
            [self.python, *STOORY, *arguments], env=environ, user=self.user, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def say(self, *arguments: str) -> tuple[int, str]:
        """Run `stoory` with these arguments; return its exit code and what it said."""
        process = self.command(*arguments)
        said, _ = process.communicate()
        return process.returncode, said

    @contextmanager
    def started(self, command: str = "up") -> Iterator[tuple[subprocess.Popen[str], Future[str]]]:
        """Run `stoory up`; yield it once it has said where everything is, with what it will have said by its end."""
        with self.command(command) as process:
            assert process.stdout is not None
            try:
                self.places = _places(process.stdout)
                yield process, _heard(process.stdout)
            finally:
                process.kill()  # leaves none behind when an assertion fails; one that has ended is not touched

    @contextmanager
    def up(self, stop: signal.Signals, *, quiet: bool = True) -> Iterator[str]:
        """Run `stoory up`, yield its address, and see that this signal ends it cleanly, and quietly."""
        with self.started() as (process, said):
            try:
                yield self.places["Web"]
            finally:
                process.send_signal(stop)
            process.wait(STOPS_WITHIN_SECONDS)
            rest = said.result(STOPS_WITHIN_SECONDS)
            assert process.returncode == 0, rest
        assert not (quiet and "Traceback" in rest), rest
        assert postmaster(self.folder / "home" / "postgres" / "data") is None


def _places(said: IO[str]) -> dict[str, str]:
    """Read what `stoory up` says until it has said where everything is."""
    told: dict[str, str] = {}
    lines: list[str] = []
    for line in said:
        lines.append(line)
        name, _, place = line.strip().partition("   ")
        told[name] = place.strip()
        if name == "Home":
            return told
    return pytest.fail("".join(lines))


def _heard(said: IO[str]) -> Future[str]:
    """Go on reading: whoever logs into a pipe that nobody empties stands still once it is full."""
    threads = ThreadPoolExecutor(1)
    try:
        return threads.submit(said.read)
    finally:
        threads.shutdown(wait=False)


@contextmanager
def open_folder(owner: str | None = None, settings: dict[str, str] | None = None) -> Iterator[Home]:
    """Lend a folder whose parents everybody may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="stoory-up-"))
    folder.chmod(0o755)
    if owner:
        shutil.chown(folder, owner)
    try:
        yield Home(folder, user=owner, settings=settings or {})
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # a PostgreSQL that is killed last may still write


def is_ready(url: str) -> bool:
    return httpx.get(f"{url}/ready", timeout=REVIVES_WITHIN_SECONDS).status_code == 200


def server_processes(parent: int) -> list[int]:
    """Return the server processes of a `stoory` that has several, oldest first, those that have ended left out.

    Numbers do not tell their age: they begin anew at 32,768.
    """
    started = {
        pid: each.started
        for pid, each in _processes().items()
        if each.parent == parent and each.state != "Z" and _serves(pid)
    }
    return sorted(started, key=started.__getitem__)


def are_gone(pids: Iterable[int]) -> bool:
    """Tell whether all have ended, though perhaps nobody has buried them."""
    known = _processes()
    return all(pid not in known or known[pid].state == "Z" for pid in pids)


class Process(NamedTuple):
    state: str
    parent: int
    started: int
    """In ticks since the machine's start"""


def _processes() -> dict[int, Process]:
    """Return every process of this machine, by its number."""
    found: dict[int, Process] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told = path.read_text().rpartition(")")[2].split()
            found[int(path.parent.name)] = Process(told[0], int(told[1]), int(told[19]))
    return found


def _serves(pid: int) -> bool:
    with suppress(OSError):
        return b"stoory.sibling" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
