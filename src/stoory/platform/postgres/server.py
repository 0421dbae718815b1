"""The life of the embedded PostgreSQL: start, take over, revive, stop.

It runs in a session of its own, deaf to the terminal's Ctrl-C, and outlives us: after a kill -9 the next
start finds it alive, takes it over and stops it at its own clean end.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from stoory.platform.postgres.cluster import create_cluster, create_roles, free_reused_pid, postmaster
from stoory.platform.postgres.place import ENVIRON, CannotStart, Place, place_of
from stoory.platform.postgres.unix_socket import (
    listens,
    make_socket_folder,
    remove_socket_folder,
    socket_dsn,
)

SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
"""What differs from PostgreSQL's own defaults. No TCP: only the private socket leads in."""

CRASH_PATIENCE_SECONDS: Final = 5.0
"""A killed server's memory and orphans take a moment to go; until then a start fails and is tried again."""

FAST_STOP_SECONDS: Final = 4
LAST_RESORT_STOP_SECONDS: Final = 2


class AlreadyRunning(CannotStart):
    """Another Stoory holds this home."""


class Server:
    """The embedded PostgreSQL of one home, running until `stop`."""

    def __init__(self, home: Path, place: Place, lock: IO[str], report: Callable[[str], None]) -> None:
        self._home = home
        self._place = place
        self._lock = lock
        self._report = report
        self._child: subprocess.Popen[Any] | None = None
        self.socket_folder = Path()

    @classmethod
    def start(
        cls,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> Server:
        """Start the home's server, or take over one left running; create it and its roles if it is new.

        Raises AlreadyRunning while another process holds this home, CannotStart with the reason otherwise.
        """
        home = home.resolve()
        place = place_of(home)
        server = cls(home, place, _lock(place.folder / "lock"), report)
        try:
            if not place.data.is_dir():
                report("Creating the database")
                create_cluster(place, synced=(settings or {}).get("fsync") != "off")
            server._bring_up({**SETTINGS, **(settings or {})})
            create_roles(server.dsn("postgres", "postgres"))
        except BaseException:
            server.stop()
            raise
        return server

    def dsn(self, user: str = "stoory_app", database: str = "stoory") -> str:
        """Return a connection URL over the private socket, for asyncpg and libpq alike."""
        return socket_dsn(self.socket_folder, user, database)

    def is_running(self) -> bool:
        """Whether the server still stands."""
        if self._child is not None:
            return self._child.poll() is None
        return listens(self.socket_folder)

    def revive(self) -> bool:
        """Start the server again on the same socket if it died; True if it had to."""
        if self.is_running():
            return False
        self._report("PostgreSQL has died; starting it again")
        self._child = None
        self._launch()
        return True

    def stop(self) -> None:
        """Stop the server: connections are cut, what was committed is kept. Stopping twice is no harm."""
        if self._lock.closed:
            return
        if self.is_running() and not self._end("fast", FAST_STOP_SECONDS):
            self._end("immediate", LAST_RESORT_STOP_SECONDS)
        remove_socket_folder(self._home)
        self._lock.close()

    def discard(self) -> None:
        """Stop the server and delete its data: for a home that was only borrowed, as tests do."""
        self.stop()
        shutil.rmtree(self._place.folder)
        (self._home / "postgres").unlink(missing_ok=True)

    def _bring_up(self, settings: Mapping[str, str]) -> None:
        """Take over the server that runs on our data, or start one."""
        left = postmaster(self._place.data)
        if left is not None and listens(left.socket_folder):
            self._report("Taking over the PostgreSQL that was left running")
            self.socket_folder = left.socket_folder
            if self._is_ready(left.pid):
                return
        self.socket_folder = make_socket_folder(self._home, self._place)
        own = {**settings, "unix_socket_directories": str(self.socket_folder)}
        self._place.write(self._place.data / "stoory.conf", "".join(_setting_lines(own)))
        self._launch()

    def _launch(self) -> None:
        """Start the server process and wait until it takes connections, however long it recovers."""
        self._report("Starting PostgreSQL")
        crashed = postmaster(self._place.data)
        give_up_at = time.monotonic() + (CRASH_PATIENCE_SECONDS if crashed else 0)
        while True:
            if crashed:
                free_reused_pid(self._place, crashed)
            self._child = self._spawn()
            if self._is_ready(self._child.pid):
                return
            if time.monotonic() > give_up_at:
                raise CannotStart(f"PostgreSQL does not start:\n{_tail(self._log)}")
            time.sleep(0.1)

    def _spawn(self) -> subprocess.Popen[Any]:
        """Run the server in a session of its own, so that the terminal's Ctrl-C reaches only us."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._place.command("postgres", "-D", self._place.data),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=ENVIRON, umask=0o077,
                start_new_session=True, **self._place.identity,
            )  # fmt: skip

    def _is_ready(self, pid: int) -> bool:
        """Wait until that server takes connections; False when it ended instead."""
        told = time.monotonic() + 1
        while self.is_running():
            now = postmaster(self._place.data)
            if now is not None and now.pid == pid and now.status == "ready":
                return True
            if time.monotonic() > told:
                self._report("PostgreSQL is recovering after a crash")
                told = float("inf")
            time.sleep(0.005)
        return False

    def _end(self, mode: str, seconds: int) -> bool:
        """Ask the server to stop in that mode; True once it has."""
        if self._child is None:
            stop = self._place.command("pg_ctl", "stop", "-D", self._place.data, "-m", mode, "-t", seconds)
            return self._place.run(stop).returncode == 0
        self._child.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def _log(self) -> Path:
        return self._home / "postgres.log"


def _lock(path: Path) -> IO[str]:
    """Hold the home until the process ends, even by kill -9; AlreadyRunning if somebody else does."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = file.read().strip() or "unknown"
        file.close()
        raise AlreadyRunning(
            f"Stoory already runs on this home (process {holder}). Stop it first, or set another STOORY_HOME."
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _setting_lines(settings: Mapping[str, str]) -> Iterator[str]:
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        yield f"{name} = '{quoted}'\n"


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
