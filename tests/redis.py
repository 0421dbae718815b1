"""A throw-away Redis, or Valkey, that can be killed, paused and flushed."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

HAPPENS_WITHIN_SECONDS: Final = 10
STARTS_WITHIN_SECONDS: Final = 10
PASSWORD: Final = "opensesame"


class RedisServer:
    """A server of one's own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        """Take a folder for its log; skip the test where this machine has no such server."""
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            pytest.skip("There is no redis-server or valkey-server on this machine.")
        # Where the machine can, it kills the server when we are killed.
        bound = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        self._command = [*bound, program, "-"]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, always on the same port and with a password."""
        settings = (
            f"port {self.port}\nbind 127.0.0.1\nrequirepass {PASSWORD}\n"
            f'save ""\nappendonly no\ndir "{self._folder}"\nlogfile log\n'
        )
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert self._process.stdin is not None
        with self._process.stdin as said:
            said.write(settings.encode())
        give_up_at = time.monotonic() + STARTS_WITHIN_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < give_up_at
            time.sleep(0.01)

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it hang: it takes connections and answers nobody."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Make it forget everything, its scripts as well."""
        self.say("FLUSHALL")
        self.say("SCRIPT", "FLUSH")

    def say(self, *command: str | bytes | int) -> Any:
        """Do something behind everybody's back."""
        client: Any = redis.Redis(port=self.port, password=PASSWORD, retry=Retry(NoBackoff(), 0))
        with client:
            return client.execute_command(*command)

    def _answers(self) -> bool:
        with suppress(redis.RedisError):
            return bool(self.say("PING"))
        return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so that nobody tells of."""
    async with asyncio.timeout(HAPPENS_WITHIN_SECONDS):
        while not is_so():  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.005)


def _free_port() -> int:
    """Return a port that nobody listens on, and that nobody who connects somewhere is given for their own end."""
    while True:
        port = random.randrange(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
