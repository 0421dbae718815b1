"""`stoory up` under load, told to stop: whatever it has taken on it answers, and then it is gone, soon."""

from __future__ import annotations

import signal
import time
from typing import Final

import pytest

from tests.faults.clients import CLIENTS, busy
from tests.faults.homes import TWO, are_gone, open_folder, server_processes

DRAINS_WITHIN_SECONDS: Final = 10
BUSY_FOR_SECONDS: Final = 1.5


@pytest.mark.parametrize("processes", [{}, TWO], ids=["one process", "two processes"])
def test_sigterm_under_load_drains_in_time_and_fails_no_request(processes: dict[str, str]) -> None:
    settings = {"STOORY_LIMIT_API": "unlimited", **processes}
    with open_folder(settings=settings) as home, home.started() as (process, _):
        serving = server_processes(process.pid)
        with busy(home.places["Web"]) as load:
            time.sleep(BUSY_FOR_SECONDS)
            told_at = time.monotonic()
            process.send_signal(signal.SIGTERM)
        assert process.wait(DRAINS_WITHIN_SECONDS) == 0
        took = time.monotonic() - told_at

    assert load.failures == []
    assert set(load.statuses) <= {200, 201}, load.statuses
    assert load.answers > CLIENTS
    assert took < DRAINS_WITHIN_SECONDS
    assert (len(serving), are_gone(serving)) == (2 if processes else 0, True)
