"""Programs that are started, killed, paused and started again: two servers and a Redis."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.side_by_side.contestants import NEVER_REACHED, Addresses, stoory
from bench.side_by_side.running import (
    LOG_LINES,
    ROOT,
    STARTS_WITHIN_SECONDS,
    STOPS_WITHIN_SECONDS,
    Failed,
    plain_environ,
    serves,
)

PORTS: Final = (20_000, 30_000)
"""Below those that the system gives whoever connects somewhere: a server that was killed must find its port free."""
POLL_SECONDS: Final = 0.05
REDIS_PASSWORD: Final = "opensesame"  # noqa: S105 - of a server that lives for a minute
DIES_WITH_US: Final = ("setpriv", "--pdeathsig", "KILL")
"""Where the machine can, it kills them when we are killed."""


class Program:
    """One of them; its process comes and goes."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        is_up: Callable[[], bool],
        environ: Mapping[str, str] | None = None,
        told: str = "",
    ) -> None:
        """Take what to run, how to tell that it is up, and what it is told on its input."""
        self.name = name
        self._command = [*(DIES_WITH_US if shutil.which(DIES_WITH_US[0]) else ()), *command]
        self._log = log
        self._is_up = is_up
        self._environ = {**plain_environ(), **(environ or {})}
        self._told = told
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> None:
        """Start it and wait until it is up; Failed."""
        with self._log.open("ab") as log:
            process = self._process = subprocess.Popen(  # noqa: ASYNC220 - it must be a child of this very thread
                self._command, env=self._environ, cwd=ROOT, start_new_session=True, text=True,
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
        assert process.stdin is not None
        with process.stdin as said:
            said.write(self._told)
        give_up_at = time.monotonic() + STARTS_WITHIN_SECONDS
        while not await asyncio.to_thread(self._is_up):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise Failed(f"{self.name} does not start:\n{self._last_words()}")
            await asyncio.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it hang: it takes connections and answers nobody."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it, by force if it does not listen."""
        self._signal(signal.SIGTERM)
        self.go_on()
        with suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(STOPS_WITHIN_SECONDS)
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES:])


class Node(Program):
    """A `stoory serve`, always on the same port."""

    def __init__(self, letter: str, folder: Path, database: Addresses, redis_url: str) -> None:
        """Take what it shares with the other; all else is of its own."""
        port = steady_port()
        self.url = f"http://127.0.0.1:{port}"
        one = stoory(f"node {letter}", database, folder / letter, NEVER_REACHED)
        super().__init__(
            one.name,
            one.command,
            log=folder / f"{letter}.log",
            is_up=lambda: serves(port, "/ready"),
            environ={**one.environ, "STOORY_PORT": str(port), "STOORY_REDIS_URL": redis_url},
        )


class RedisServer(Program):
    """A Redis, or Valkey, which keeps nothing."""

    def __init__(self, program: str, folder: Path) -> None:
        """Take which program it is, and a folder for its log."""
        self._port = steady_port()
        self.url = f"redis://:{REDIS_PASSWORD}@127.0.0.1:{self._port}/0"
        settings = (
            f"port {self._port}\nbind 127.0.0.1\nrequirepass {REDIS_PASSWORD}\n"
            f'save ""\nappendonly no\ndir "{folder}"\n'
        )
        super().__init__(
            "Redis",
            [program, "-"],
            log=folder / "redis.log",
            is_up=lambda: self.say("PING") == ["+PONG"],
            told=settings,
        )

    def forget(self) -> None:
        """Have it forget everything, its scripts as well."""
        assert self.say("FLUSHALL", "SCRIPT FLUSH") == ["+OK", "+OK"]

    def say(self, *commands: str) -> list[str]:
        """Send commands, and return what is answered; nothing where nobody answers."""
        lines = "".join(f"{command}\r\n" for command in (f"AUTH {REDIS_PASSWORD}", *commands, "QUIT"))
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1) as line:
            line.sendall(lines.encode())
            return line.makefile().read().split("\n")[1 : len(commands) + 1]
        return []


def redis_program() -> str | None:
    """Return where a Redis or a Valkey is on this machine, if there is one."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def steady_port() -> int:
    """Return a port that nobody listens on, and that the system gives nobody for their own end."""
    while True:
        port = random.randrange(*PORTS)  # noqa: S311 - it is no secret
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
