"""`stoory up` under load, told to stop: whatever it has taken on it answers, and then it is gone, soon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import httpx
import pytest
from msgspec import Struct, field

from tests.world import ASHA, PASSWORD, VIDEO_BID

CLIENTS: Final = 8
DRAINS_WITHIN_SECONDS: Final = 10
BUSY_FOR_SECONDS: Final = 1.5


class Load(Struct):
    """What the clients of a server have seen."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    failures: list[str] = field(default_factory=list[str])
    token: str = ""

    def keep_asking(self, url: str, *, keep_alive: bool) -> None:
        """Ask until nobody listens any more; note everything that is no answer to a request taken on."""
        headers = {"Authorization": f"Bearer {self.token}"} | ({} if keep_alive else {"Connection": "close"})
        with httpx.Client(base_url=url, headers=headers, timeout=15) as client:
            while True:
                try:
                    answers = [
                        client.get("/api/bids"),
                        client.post(
                            "/api/messages/conversations", json={"user_id": RAVI_ID, "message": "Hello"}
                        ),
                        client.put(f"/api/bids/{VIDEO_BID}", json={"title": "Videos"}),
                    ]
                except httpx.ConnectError:
                    return
                except httpx.HTTPError as problem:
                    self.failures.append(repr(problem))
                else:
                    self.statuses.update(answer.status_code for answer in answers)


RAVI_ID: Final = "a5000000-0000-4000-8000-000000000002"


@contextmanager
def stoory_up() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `stoory up` in a home of its own; yield the process and its address."""
    with tempfile.TemporaryDirectory(prefix="stoory-stop-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        environ = {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.defpath)),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "STOORY_HOME": f"{folder}/home",
            "STOORY_PORT": "0",
            "STOORY_SANDBOX_PORT": "0",
            "STOORY_LIMIT_API": "unlimited",
        }
        command = [sys.executable, "-c", "from stoory.cli import main; main()", "up"]
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None
            try:
                yield process, _address(process.stdout)
            finally:
                process.kill()


def _address(said: IO[str]) -> str:
    """Read what `stoory up` says until it says where it is; go on reading, so that it is never kept from saying."""
    lines: list[str] = []
    for line in said:
        lines.append(line)
        if line.strip().startswith("Web"):
            threading.Thread(target=lambda: lines.extend(said), daemon=True).start()
            return line.split()[1]
    return pytest.fail("".join(lines))


def test_sigterm_under_load_drains_in_time_and_fails_no_request() -> None:
    load = Load()
    with stoory_up() as (process, url):
        login = httpx.post(f"{url}/api/auth/login", json={"phone": ASHA.phone, "password": PASSWORD})
        load.token = login.json()["token"]
        clients = [
            threading.Thread(target=load.keep_asking, args=(url,), kwargs={"keep_alive": i % 2 == 0})
            for i in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        time.sleep(BUSY_FOR_SECONDS)
        told_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join(DRAINS_WITHIN_SECONDS + 15)
        assert process.wait(DRAINS_WITHIN_SECONDS) == 0
        took = time.monotonic() - told_at

    assert load.failures == []
    assert set(load.statuses) <= {200, 201}, load.statuses
    assert sum(load.statuses.values()) > CLIENTS
    assert took < DRAINS_WITHIN_SECONDS
