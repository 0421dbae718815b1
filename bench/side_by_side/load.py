"""The load: ready-made requests over a few kept connections, each followed by the next as soon as it is answered.

wrk sends them where it is on the machine; else our own loader, which in Python is slower than the servers it is to
measure, and therefore limits the fast ones.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop
from msgspec import Struct, convert

from bench.loader import percentile, send_for
from bench.side_by_side.pinning import held_to, used_seconds
from bench.side_by_side.running import Failed

SCRIPT: Final = Path(__file__).with_name("requests.lua")
PATIENCE_SECONDS: Final = 30


class Load(Struct, frozen=True, kw_only=True):
    """What is sent: the bytes of requests; each once where a second time would be another thing."""

    requests: Sequence[bytes]
    once: bool
    connections: int = 16


class Loaded(Struct, kw_only=True):
    """What came of it."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    used: int
    """How many of the requests were handed out, from the first on"""
    ran_out: bool
    """There were not enough of them for the time"""
    refused: int
    """Answers of 400 and above"""
    broken: int
    """Connections that failed, and answers that never came"""

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def failures(self) -> int:
        """How often something went wrong; that nothing was answered at all is one."""
        return self.refused + self.broken + (not self.requests)


class Loader:
    """Sends loads from one core, by way of a file in a folder of its own."""

    def __init__(self, folder: Path, core: int | None) -> None:
        """Look for wrk."""
        self._file = folder / "requests"
        self._core = core
        self._wrk = shutil.which("wrk")

    @property
    def name(self) -> str:
        """Which loader it is."""
        return "wrk" if self._wrk else "bench/loader.py"

    def cpu_seconds(self) -> float | None:
        """Return for how long anybody has used the core of the load so far."""
        return None if self._core is None else used_seconds(self._core)

    def send(self, url: str, load: Load, seconds: int) -> Loaded:
        """Send for so many seconds, or until the requests that may be sent only once have run out."""
        with held_to(self._core):
            if self._wrk is None:
                return self._send_ourselves(url, load, seconds)
            with self._file.open("wb") as file:
                for request in load.requests:
                    file.write(b"%d\n%b" % (len(request), request))
            return self._send_by_wrk(self._wrk, url, load, seconds)

    def _send_by_wrk(self, wrk: str, url: str, load: Load, seconds: int) -> Loaded:
        done = subprocess.run(
            [
                wrk, "--threads", "1", "--connections", str(load.connections), "--duration", str(seconds),
                "--latency", "--script", str(SCRIPT), url,
                "--", str(self._file), "once" if load.once else "cycle",
            ],
            capture_output=True, text=True, check=False, timeout=seconds + PATIENCE_SECONDS,
        )  # fmt: skip
        return read(done.stdout, done.stderr)

    def _send_ourselves(self, url: str, load: Load, seconds: int) -> Loaded:
        sent = uvloop.run(
            send_for(url, load.requests, seconds=seconds, connections=load.connections, once=load.once)
        )
        return Loaded(
            requests=len(sent.took_ms),
            seconds=sent.seconds,
            p50_ms=percentile(sent.took_ms, 50),
            p99_ms=percentile(sent.took_ms, 99),
            used=sent.used,
            ran_out=load.once and sent.used == len(load.requests),
            refused=sent.refused,
            broken=sent.broken,
        )


def read(output: str, errors: str = "") -> Loaded:
    """Read the last line of wrk's output, which requests.lua wrote."""
    *_, last = ["", *output.splitlines()]
    try:
        return convert(json.loads(last), Loaded)
    except ValueError:
        raise Failed(f"wrk did not end as it should:\n{output}{errors}") from None
