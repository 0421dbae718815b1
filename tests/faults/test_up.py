"""`stoory up` as a person runs it: one command starts everything, one signal ends it, the data stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from stoory.platform.postgres.cluster import postmaster
from tests.faults.homes import (
    REVIVES_WITHIN_SECONDS,
    STOPS_WITHIN_SECONDS,
    Home,
    is_ready,
    open_folder,
)

SANDBOX_KEY = ("rzp_test_sandbox", "sandbox-secret")
ENDLESS = """
import asyncio
from stoory import up
from stoory.settings import Settings

async def endless(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        pass

up.DRAIN_SECONDS = up.FAREWELL_SECONDS = 1
with up._until_signalled(), up._listener(Settings(port=0)) as listener:
    up._serve(lambda: endless, listener, lambda: print("listening", flush=True))
"""

SWALLOWED = """
import signal
from contextlib import suppress
from stoory import up

with up._until_signalled():
    with suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    up._import_application()
    print("goes on")
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with open_folder() as home:
        yield home


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_everything_and_the_data_stays(home: Home, stop: signal.Signals):
    with home.up(stop) as url:
        assert is_ready(url)
        code, said = home.say("psql", "-qAtc", f"create table {stop.name.lower()} (x int)")
        assert (code, said) == (0, "")
    assert home.say("psql", "-Atc", f"select count(*) from {stop.name.lower()}") == (0, "0\n")


def test_the_sandbox_is_served_beside_it_ends_with_it_and_keeps_what_it_knows(home: Home):
    order = {"amount": 50_000, "currency": "INR", "receipt": "receipt-7"}
    for made in (200, 400):
        with (
            home.up(signal.SIGTERM) as url,
            httpx.Client(base_url=home.places["Razorpay sandbox"]) as sandbox,
        ):
            assert sandbox.get("/__sandbox/webhook").json()["url"] == f"{url}/api/payments/webhook"
            assert sandbox.post("/v1/orders", json=order, auth=SANDBOX_KEY).status_code == made
        with pytest.raises(httpx.ConnectError):
            httpx.get(home.places["Razorpay sandbox"])


def test_the_sandbox_dies_with_a_killed_process_and_comes_back(home: Home):
    with home.started() as (process, _):
        sandbox = home.places["Razorpay sandbox"]
        assert httpx.get(f"{sandbox}/__sandbox/clock").is_success
        process.send_signal(signal.SIGKILL)
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox)
    with home.up(signal.SIGTERM):
        assert httpx.get(f"{home.places['Razorpay sandbox']}/__sandbox/clock").is_success


def test_a_taken_port_of_the_sandbox_is_told_in_one_sentence(home: Home):
    with home.up(signal.SIGTERM), open_folder() as other:
        other.settings["STOORY_SANDBOX_PORT"] = home.places["Razorpay sandbox"].rpartition(":")[2]
        code, said = other.say("up")
        *_, told = said.splitlines()
    assert (code, told.endswith("Address already in use. Set STOORY_SANDBOX_PORT.")) == (1, True)
    assert postmaster(other.folder / "home" / "postgres" / "data") is None


def test_ravi_sees_himself_and_nobody_else_through_the_walls(home: Home):
    with home.up(signal.SIGTERM):
        assert home.say("psql", "--as", "ravi", "-Atc", "select name from users") == (0, "Ravi\n")
        assert home.say("psql", "--as", "+919800000003", "-Atc", "select name from users") == (0, "Meera\n")
        code, said = home.say("psql", "--as", "Zoe")
        assert (code, "no people are called Zoe" in said) == (1, True)


def test_a_second_stoory_up_is_refused_in_one_sentence(home: Home):
    with home.up(signal.SIGTERM):
        code, said = home.say("up")
    assert code == 1
    assert said.startswith("stoory: Stoory already runs on this home (process ")
    assert len(said.splitlines()) == 1


def test_a_dead_database_is_started_again_under_running_requests(home: Home):
    with home.up(signal.SIGTERM, quiet=False) as url:
        noted = postmaster(home.folder / "home" / "postgres" / "data")
        assert noted is not None
        os.kill(noted.pid, signal.SIGKILL)
        give_up_at = time.monotonic() + REVIVES_WITHIN_SECONDS
        while not is_ready(url):
            assert time.monotonic() < give_up_at


def test_an_application_that_does_not_end_is_ended():
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(STOPS_WITHIN_SECONDS) == 0
        finally:
            process.kill()


def test_a_signal_that_an_import_swallows_is_heard_all_the_same():
    environ = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = subprocess.run([sys.executable, "-c", SWALLOWED], env=environ, stdout=subprocess.PIPE, check=True)
    assert said.stdout == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="every test here runs as an ordinary user already")
def test_an_ordinary_user_needs_no_more_than_root():
    with open_folder(owner="nobody") as home:
        home.python = python_for(home)
        with home.up(signal.SIGTERM) as url:
            assert is_ready(url)
        assert (home.folder / "home" / "postgres").owner() == "nobody"


def python_for(home: Home) -> str:
    """Return a Python of our version that the home's user may run and that finds what is installed here."""
    for candidate in (
        sys.executable,
        shutil.which(f"python{sys.version_info[0]}.{sys.version_info[1]}", path=os.defpath),
    ):
        home.python = candidate or sys.executable
        try:
            if home.say("version")[0] == 0:
                return home.python
        except PermissionError:
            continue
    pytest.skip("the user nobody may not enter the folder of this Python or of this repository")
