"""A contestant that runs: started on its core, frozen while others are measured, stopped at the end."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from bench.side_by_side.pinning import family_seconds, held_to

ROOT: Final = Path(__file__).parents[2]
STARTS_WITHIN_SECONDS: Final = 30
STOPS_WITHIN_SECONDS: Final = 12
QUIET_WITHIN_SECONDS: Final = 10
POLL_SECONDS: Final = 0.005
GRACE_SECONDS: Final = 2
LOG_LINES: Final = 15


class Failed(Exception):
    """A contestant did not do what it should; the message says who, and what it said last."""


class Contestant(Struct, frozen=True, kw_only=True):
    """A server that can be started: its name in the tables, its command, its settings but for the port."""

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    port_variable: str
    health: str | None = None
    """The path that answers 200 once it serves; a peer says `ready` on its output instead."""


class Running:
    """One process of a contestant."""

    def __init__(self, contestant: Contestant, process: subprocess.Popen[Any], port: int, log: Path) -> None:
        self.name = contestant.name
        self.url = f"http://127.0.0.1:{port}"
        self.started_in_seconds = 0.0
        self._process = process
        self._log = log

    @classmethod
    def start(cls, contestant: Contestant, folder: Path, core: int | None) -> Running:
        """Start it and wait until it serves. Its output, access log included, goes to a file of that folder."""
        port, log = free_port(), folder / f"{contestant.name.replace(' ', '-')}.log"
        environ = plain_environ() | contestant.environ | {contestant.port_variable: str(port)}
        log.unlink(missing_ok=True)  # an earlier process of that name was ready as well
        began = time.perf_counter()
        with held_to(core), log.open("ab") as output:
            process = subprocess.Popen(
                contestant.command, env=environ, cwd=ROOT, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        running = cls(contestant, process, port, log)
        try:
            running._wait(
                lambda: serves(port, contestant.health) if contestant.health else running._is_ready()
            )
        except BaseException:
            running.stop()
            raise
        running.started_in_seconds = time.perf_counter() - began
        return running

    def freeze(self, is_quiet: Callable[[], bool]) -> None:
        """Stop it where it stands, so that it takes no time from whoever is next; in no transaction, for its locks.

        Its access log is emptied: it was written, nobody needs it.
        """
        give_up_at = time.monotonic() + QUIET_WITHIN_SECONDS
        while True:
            self._process.send_signal(signal.SIGSTOP)
            if is_quiet():
                break
            if time.monotonic() > give_up_at:
                raise Failed(f"{self.name} leaves a transaction open")
            self._process.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        os.truncate(self._log, 0)

    def thaw(self) -> None:
        """Let it go on; what fell due meanwhile it does during the warm-up."""
        if self._process.poll() is not None:
            raise Failed(f"{self.name} has ended:\n{self.last_words()}")
        self._process.send_signal(signal.SIGCONT)

    def cpu_seconds(self) -> float | None:
        """Return the processor time it has used so far, where the system tells."""
        return family_seconds(self._process.pid)

    def memory_mb(self) -> float | None:
        """Return its resident memory in MiB, where the system tells."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return None
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def resident_kb(self) -> int | None:
        """Return its resident memory in KiB, counted page by page, where the system tells."""
        try:
            rollup = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        except OSError:
            return None
        return int(rollup.partition("Rss:")[2].split()[0])

    def tell_to_end(self) -> None:
        """Ask it to end, and do not wait."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, by force if it does not listen."""
        self.tell_to_end()
        try:
            self._process.wait(STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def last_words(self) -> str:
        """Return whether it ended, by a signal of somebody else for example, and the end of what it said."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        ended = self._process.poll()
        runs = "it runs" if ended is None else f"it has ended with {ended}"
        return f"{self.name}, process {self._process.pid}: {runs}\n" + "\n".join(
            self._log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        )

    def _is_ready(self) -> bool:
        return "ready" in self._log.read_text(errors="replace").splitlines()

    def _wait(self, is_ready: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + STARTS_WITHIN_SECONDS
        while not is_ready():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                raise Failed(f"{self.name} does not start:\n{self.last_words()}")
            time.sleep(POLL_SECONDS)


@contextmanager
def started(
    everybody: Sequence[Contestant], is_quiet: Callable[[], bool], folder: Path, core: int | None
) -> Iterator[list[Running]]:
    """Start everybody on their core and freeze them; all are told to end before the first is waited for."""
    servers: list[Running] = []
    try:
        for one in everybody:
            servers.append(Running.start(one, folder, core))
            servers[-1].freeze(is_quiet)
        yield servers
    finally:
        for server in servers:
            server.tell_to_end()
        for server in servers:
            server.stop()


@contextmanager
def scratch() -> Iterator[Path]:
    """Lend a folder for logs and for a home whose PostgreSQL may be another user, who has to pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="stoory-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def plain_environ() -> dict[str, str]:
    """Return the environment without settings of Stoory: those of a shell must not decide what is measured."""
    return {name: text for name, text in os.environ.items() if not name.startswith("STOORY_")}


def stoory_program() -> str:
    """Return the command `stoory` of this Python."""
    return str(Path(sys.executable).with_name("stoory"))


def serves(port: int, path: str) -> bool:
    """Tell whether that path answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
