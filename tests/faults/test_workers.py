"""Several server processes on one port: each serves, each may die, one does the jobs, and none is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from stoory.processes import pause_seconds
from tests.faults.clients import CLIENTS, busy
from tests.faults.homes import (
    STOPS_WITHIN_SECONDS,
    TWO,
    Home,
    are_gone,
    is_ready,
    open_folder,
    server_processes,
)

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are counted in /proc")

SOON_SECONDS: Final = 10
WORKERS: Final = "select pid from pg_stat_activity where application_name = 'stoory worker'"


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with open_folder(settings={"STOORY_LIMIT_API": "unlimited", **TWO}) as home:
        yield home


def wait_until(is_so: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + SOON_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


@contextmanager
def paused(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_each_process_serves_when_the_other_does_not(home: Home):
    with home.started() as (process, said):
        serving = server_processes(process.pid)
        assert len(serving) == 2
        for pid in serving:
            with paused([pid]):
                for _ in range(5):
                    assert is_ready(home.places["Web"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN_SECONDS) == 0
        rest = said.result(STOPS_WITHIN_SECONDS)
    assert ("Stoory is running" in rest, "Traceback" in rest) == (False, False)


def test_a_killed_process_is_followed_by_another_while_the_rest_serves(home: Home):
    with home.started() as (process, said):
        killed = server_processes(process.pid)
        with busy(home.places["Web"]) as load:
            for pid in killed:
                before = load.answers
                wait_until(lambda before=before: load.answers > before + 30)
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda pid=pid: are_gone([pid]))
                wait_until(lambda: len(server_processes(process.pid)) == 2)
                before = load.answers
                wait_until(lambda before=before: load.answers > before + 30)
            process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN_SECONDS) == 0
        rest = said.result(STOPS_WITHIN_SECONDS)
    assert set(load.statuses) <= {200, 201}, load.statuses
    assert len(load.failures) <= 2 * CLIENTS, load.failures  # what a process had under way goes with it
    assert rest.count("server process died") == 2
    assert "Traceback" not in rest


@pytest.mark.parametrize("after_seconds", [0.0, 0.3, 0.6, 0.9])
def test_a_follower_that_only_starts_keeps_no_door_open_when_all_are_told_to_stop(
    home: Home, after_seconds: float
):
    with home.started() as (process, _):
        _, killed = server_processes(process.pid)
        with busy(home.places["Web"]) as load:
            wait_until(lambda: load.answers > CLIENTS)
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda: are_gone([killed]))
            wait_until(lambda: len(server_processes(process.pid)) == 2)
            time.sleep(after_seconds)  # it starts for about a second
            process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN_SECONDS) == 0
    assert len(load.failures) <= CLIENTS, load.failures  # what the killed one had under way


def workers(home: Home) -> set[str]:
    code, told = home.say("psql", "-qAtc", WORKERS)
    assert code == 0
    return set(told.split())


def test_one_process_does_the_jobs_and_when_it_dies_its_follower_does(home: Home):
    with home.started() as (process, _):
        wait_until(lambda: workers(home))
        with_jobs, without_jobs = server_processes(process.pid)
        for killed, is_same in ((without_jobs, True), (with_jobs, False)):
            before = workers(home)
            assert len(before) == 1
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda before=before, is_same=is_same: (workers(home) == before) == is_same)
            wait_until(lambda: len(server_processes(process.pid)) == 2)
            wait_until(lambda: len(workers(home)) == 1)
        time.sleep(1)
        assert len(workers(home)) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN_SECONDS) == 0


def test_no_process_outlives_a_killed_parent_and_the_home_can_be_started_again(home: Home, tmp_path: Path):
    killed = Home(home.folder, settings={**home.settings, "TMPDIR": str(tmp_path)})
    with killed.started() as (process, said):
        serving = server_processes(process.pid)
        with httpx.Client(base_url=killed.places["Web"]) as client:
            assert client.get("/health").is_success
            assert list(tmp_path.glob("stoory-metrics-*"))
            process.send_signal(signal.SIGKILL)
            wait_until(lambda: are_gone(serving))
        assert "Traceback" not in said.result(STOPS_WITHIN_SECONDS)
    assert not list(tmp_path.glob("stoory-metrics-*"))
    with home.up(signal.SIGINT) as url:
        assert is_ready(url)


@pytest.mark.parametrize("after_seconds", [0.1, 0.5])
def test_a_signal_while_they_start_ends_them_soon(home: Home, after_seconds: float):
    with home.command("up") as process:
        try:
            wait_until(lambda: server_processes(process.pid))
            starting = server_processes(process.pid)
            time.sleep(after_seconds)
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=STOPS_WITHIN_SECONDS)
        finally:
            process.kill()
    assert (process.returncode, are_gone(starting)) == (0, True)
    assert "server process killed" not in said
    assert "Traceback" not in said


def test_what_keeps_them_from_starting_is_told_once(home: Home):
    with home.up(signal.SIGTERM):
        _, owner = home.say("dsn", "stoory_owner")
        settings = {
            "STOORY_DATABASE_MIGRATION_URL": owner.strip(),
            "STOORY_DATABASE_URL": owner.strip().replace("stoory_owner", "nobody_here"),
            **TWO,
        }
        code, said = Home(home.folder, settings=settings).say("serve")
    assert code == 1
    assert said.count('role "nobody_here" does not exist') == 1
    assert said.endswith("stoory: The server does not start; the reason stands above.\n")


def test_pauses_grow_when_one_dies_after_the_other():
    assert [pause_seconds(deaths) for deaths in (1, 2, 3, 4, 9)] == [0, 1, 2, 4, 30]
