"""Several server processes on one port: a parent that starts them, watches over them and stops them.

All take connections from one listening socket, which they inherit. With SO_REUSEPORT each would have a queue of its
own, and with a process would go the connections that wait in its queue; here whoever lives takes them.

Between the parent and each process is a channel. By it a process is told what it is, says that it listens, and learns
that it is to stop: when the parent's end closes, as it also does when the parent is killed.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from tempfile import TemporaryDirectory
from typing import Final

import structlog
from msgspec import Struct, json
from msgspec.structs import replace

from stoory.metrics import SHARED_FOLDER
from stoory.platform import log as logs
from stoory.platform.postgres import CannotStart
from stoory.settings import Settings
from stoory.up import DRAIN_SECONDS, FAREWELL_SECONDS, STOP_SIGNALS

log = structlog.get_logger("stoory.processes")

ENDS_WITHIN_SECONDS: Final = DRAIN_SECONDS + FAREWELL_SECONDS + 0.5
"""What is left of a process after that is killed."""

STARTING_ENDS_WITHIN_SECONDS: Final = 1.0
"""A signal ends at once whoever serves nobody yet."""

STEADY_SECONDS: Final = 60.0
"""Who has lived so long has not died of the start."""

LONGEST_PAUSE_SECONDS: Final = 30.0

LISTENS: Final = b"+"
"""What a process says once it takes connections."""


class Part(Struct, frozen=True, kw_only=True):
    """What a process is told."""

    settings: Settings
    database_dsn: str
    listener: int
    """Number of the listening descriptor it has inherited"""
    with_worker: bool
    """Whether jobs and rounds are its business"""

    def written(self) -> bytes:
        """Return it as a line; its secrets go where nobody else can read, as arguments and variables do not."""
        return json.encode(self, enc_hook=str) + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Part:
        """Read such a line."""
        return json.decode(line, type=cls, dec_hook=lambda kind, text: kind(text))


class Seat(Struct):
    """A place among the processes. Who dies is followed by another."""

    number: int
    due_at: float = inf
    """When somebody is to take it, while nobody has (monotonic)"""
    process: subprocess.Popen[bytes] | None = None
    channel: socket.socket | None = None
    taken_at: float = 0.0
    is_listening: bool = False
    deaths: int = 0
    """How many have died in it one after another, none of them old"""


def keep_serving(
    settings: Settings, listener: socket.socket, *, database_dsn: str, announce: Callable[[], None]
) -> None:
    """Serve with as many processes as the settings say until a signal; CannotStart when not even the first can."""
    logs.set_up(as_json=not settings.is_development)
    # What a home makes up it must make up once: all have to sign with the same key.
    settings = replace(settings, secret=settings.signing_secret())
    with _stop_bell() as bell, TemporaryDirectory(prefix="stoory-metrics-") as measures:
        processes = Processes(settings, listener, database_dsn, announce, measures)
        try:
            processes.watch(bell)
        finally:
            processes.stop()


def pause_seconds(deaths: int) -> float:
    """Return how long a seat stays empty: not at all after one early death, then for 1, 2, 4 seconds, at most 30."""
    return 0.0 if deaths <= 1 else min(2.0 ** (deaths - 2), LONGEST_PAUSE_SECONDS)


class Processes:
    """The seats, and who sits in them."""

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        database_dsn: str,
        announce: Callable[[], None],
        measures: str,
    ) -> None:
        """Take what every process needs; none is started yet."""
        self._settings = settings
        self._listener = listener
        self._database_dsn = database_dsn
        self._announce: Callable[[], None] | None = announce
        self._environ = {**os.environ, SHARED_FOLDER: measures}
        self._seats = [Seat(number) for number in range(1, settings.workers + 1)]
        self._has_listened = False
        self._selector = selectors.DefaultSelector()

    def watch(self, bell: socket.socket) -> None:
        """Keep every seat taken until the bell rings.

        The first process goes before the others: where it cannot start, neither can they, and its reason is told once.
        """
        self._selector.register(bell, selectors.EVENT_READ)
        self._seats[0].due_at = time.monotonic()
        while True:
            self._take_due()
            due_at = min(seat.due_at for seat in self._seats)
            wait = None if due_at == inf else max(0.0, due_at - time.monotonic())
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    return
                self._hear(key.data)

    def stop(self) -> None:
        """Have every process serve whom it has let in, and end; return when none is left.

        Our own listening socket goes first, and then those who only start: nobody may wait at a door behind which
        nobody is, and they would hold it open when the others have closed it.
        """
        self._listener.close()
        self._selector.close()
        self._stop_starting()
        left = [seat.process for seat in self._seats if seat.process]
        for seat in self._seats:
            if seat.channel:
                seat.channel.close()
        give_up_at = time.monotonic() + ENDS_WITHIN_SECONDS
        for process in left:
            try:
                process.wait(max(0.0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("server process killed", pid=process.pid)
                process.kill()
                process.wait()

    def _stop_starting(self) -> None:
        """End who has not begun to serve; who has, and could not say so yet, serves whom it has let in."""
        starting = [seat.process for seat in self._seats if seat.process and not seat.is_listening]
        for process in starting:
            process.terminate()
        for process in starting:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STARTING_ENDS_WITHIN_SECONDS)

    def _take_due(self) -> None:
        now = time.monotonic()
        for seat in self._seats:
            if seat.due_at <= now:
                self._take(seat)

    def _take(self, seat: Seat) -> None:
        """Start a process, in a session of its own: the terminal's Ctrl-C is for us, who tell it."""
        ours, theirs = socket.socketpair()
        descriptors = (theirs.fileno(), self._listener.fileno())
        with theirs:
            seat.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stoory.sibling", str(descriptors[0])],
                stdin=subprocess.DEVNULL, env=self._environ, pass_fds=descriptors, start_new_session=True,
            )  # fmt: skip
        seat.channel, seat.taken_at, seat.due_at, seat.is_listening = ours, time.monotonic(), inf, False
        self._selector.register(ours, selectors.EVENT_READ, seat)
        part = Part(
            settings=self._settings,
            database_dsn=self._database_dsn,
            listener=descriptors[1],
            with_worker=seat.number == 1,
        )
        with suppress(ConnectionError):  # it is dead already, which we shall hear
            ours.sendall(part.written())

    def _hear(self, seat: Seat) -> None:
        """Take in that a process listens, or that it is dead."""
        said = b""
        if seat.channel:
            with suppress(ConnectionError):
                said = seat.channel.recv(len(LISTENS))
        if not said:
            self._bury(seat)
            return
        seat.is_listening = True
        if not self._has_listened:
            self._has_listened = True
            for other in self._seats[1:]:
                other.due_at = time.monotonic()
        if self._announce and all(each.is_listening for each in self._seats):
            self._announce()
            self._announce = None

    def _bury(self, seat: Seat) -> None:
        """Have another process take the seat of one that is dead; CannotStart when none has ever come up.

        Nobody takes a seat before it is empty: of those who do the jobs there is never more than one.
        """
        process, channel = seat.process, seat.channel
        if not process or not channel:
            return
        self._selector.unregister(channel)
        channel.close()
        process.kill()
        code = process.wait()
        seat.process, seat.channel, seat.is_listening = None, None, False
        if not self._has_listened:
            raise CannotStart("The server does not start; the reason stands above.")
        lived = time.monotonic() - seat.taken_at
        seat.deaths = 1 if lived >= STEADY_SECONDS else seat.deaths + 1
        pause = pause_seconds(seat.deaths)
        seat.due_at = time.monotonic() + pause
        log.warning(
            "server process died", number=seat.number, pid=process.pid, code=code, another_in_seconds=pause
        )


@contextmanager
def _stop_bell() -> Iterator[socket.socket]:
    """Yield what can be read from the first stop signal on; those that follow must not cut the end short."""
    heard, bell = socket.socketpair()

    def ring(*_: object) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        bell.send(b"!")

    before = {number: signal.signal(number, ring) for number in STOP_SIGNALS}
    with heard, bell:
        try:
            yield heard
        finally:
            for number, handler in before.items():
                if signal.getsignal(number) is ring:
                    signal.signal(number, handler)
