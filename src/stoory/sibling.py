"""One of several server processes: `stoory.processes` starts it, never a person."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from shutil import rmtree
from typing import Final

from stoory.metrics import SHARED_FOLDER
from stoory.processes import LISTENS, Part
from stoory.up import DRAIN_SECONDS, FAREWELL_SECONDS, STOP_SIGNALS, serve_part

LAST_RESORT_SECONDS: Final = DRAIN_SECONDS + FAREWELL_SECONDS + 1
"""Nobody but we ourselves can end us once the parent is dead."""


def main(channel: int) -> None:
    """Serve until a signal, or until the parent's end of the channel is closed.

    The channel stays open until the process is gone for good: only then another may take its place. A signal means to
    us what it does to any program, but while we serve: before and after that there is nothing to wait for.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    os.set_inheritable(channel, False)
    part = Part.read(_line(channel))
    threading.Thread(target=_end_with_the_parent, args=(channel,), name="parent", daemon=True).start()
    with socket.socket(fileno=part.listener) as listener:
        serve_part(part, listener, lambda: _say(channel, LISTENS))


def _line(channel: int) -> bytes:
    """Read what the parent tells; a parent that is dead needs nobody."""
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(channel, 65536)
        if not more:
            sys.exit(1)
        line += more
    return line


def _say(channel: int, what: bytes) -> None:
    with suppress(OSError):  # the parent is dead, which the other thread hears
        os.write(channel, what)


def _end_with_the_parent(channel: int) -> None:
    """Stop, as at a signal, once the other end is closed; whatever stands in the way of that is not waited for.

    A parent that was killed has left its folder behind.
    """
    with suppress(OSError):
        os.read(channel, 1)
    rmtree(os.environ[SHARED_FOLDER], ignore_errors=True)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_RESORT_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
