"""`stoory worker`: the jobs and rounds without a server, and what its like tells the servers beside it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from stoory.metrics import SHARED_FOLDER
from stoory.platform import migrations
from stoory.platform.bus import Bus
from stoory.platform.clock import Clock
from stoory.platform.database import Database
from stoory.platform.jobs import enqueue
from stoory.platform.postgres import Server
from tests.faults.homes import STOPS_WITHIN_SECONDS, Home, open_folder
from tests.faults.hurt import until
from tests.world import RAVI, lay

FOUND: Final = """
from datetime import UTC, datetime
from stoory.doctor import Broken
from stoory.metrics import Watch
Watch().keep([Broken("Nothing is lost", [])], datetime.fromtimestamp(1000, UTC))
"""
ASKED: Final = "from stoory.metrics import Watch; print(Watch().written().decode())"


@contextmanager
def served_home() -> Iterator[tuple[Home, Server]]:
    """Lend a home whose database runs, without any Stoory."""
    with open_folder() as home:
        server = Server.start(home.folder / "own", settings={"fsync": "off"})
        try:
            migrations.migrate(server.dsn("stoory_owner"))
            home.settings["STOORY_DATABASE_URL"] = server.dsn("stoory_app")
            home.settings["STOORY_DATABASE_MIGRATION_URL"] = server.dsn("stoory_owner")
            yield home, server
        finally:
            server.discard()


async def enqueue_one(server: Server) -> None:
    """Lay the world, and have Ravi told of a theft."""
    hand = await asyncpg.connect(server.dsn("postgres"))
    await lay(hand)
    await hand.close()
    db = Database(server.dsn("stoory_app"), pool_size=1, clock=Clock(), bus=Bus())
    await db.connect()
    async with db.as_system("a test enqueues a job") as tx:
        await enqueue(tx, "token_theft", {"user_id": str(RAVI.id), "session_id": str(uuid4())})
    await db.close()


async def is_told(server: Server) -> None:
    """Wait until the job is done."""
    eye = await asyncpg.connect(server.dsn("postgres"))
    await until(lambda: eye.fetchval("select exists (select from notifications)"))
    await eye.close()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_alone_does_the_jobs_and_a_signal_ends_it(stop: signal.Signals):
    with served_home() as (home, server):
        asyncio.run(enqueue_one(server))
        with home.command("worker") as process:
            try:
                asyncio.run(is_told(server))
                process.send_signal(stop)
                said, _ = process.communicate(timeout=STOPS_WITHIN_SECONDS)
            finally:
                process.kill()
    assert (process.returncode, "The worker runs." in said, "Traceback" in said) == (0, True, False), said


def test_a_worker_brings_no_database_of_its_own():
    with open_folder() as home:
        code, said = home.say("worker")
    assert (code, said.startswith("stoory: STOORY_DATABASE_URL is needed by `stoory worker`")) == (1, True)


def test_whichever_process_is_asked_tells_what_the_doctor_found_in_another(tmp_path: Path):
    environ = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), SHARED_FOLDER: str(tmp_path)}
    told = [
        subprocess.run([sys.executable, "-c", script], env=environ, text=True, stdout=-1, check=True).stdout
        for script in (ASKED, FOUND, ASKED)
    ]
    assert "stoory_examined_timestamp_seconds 1000.0" not in told[0]
    assert "stoory_examined_timestamp_seconds 1000.0" in told[2]
    assert "stoory_claim_broken{" in told[2]
    assert "pid=" not in told[2]
