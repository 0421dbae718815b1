"""`stoory up` under load, told to stop: whatever it has taken on it answers, and then it is gone, soon."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from typing import Final

import httpx
from msgspec import Struct, field

from tests.faults.homes import open_folder
from tests.world import ASHA, PASSWORD, RAVI, VIDEO_BID

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
                            "/api/messages/conversations", json={"user_id": str(RAVI.id), "message": "Hello"}
                        ),
                        client.put(f"/api/bids/{VIDEO_BID}", json={"title": "Videos"}),
                    ]
                except httpx.ConnectError:
                    return
                except httpx.HTTPError as problem:
                    self.failures.append(repr(problem))
                else:
                    self.statuses.update(answer.status_code for answer in answers)


def test_sigterm_under_load_drains_in_time_and_fails_no_request() -> None:
    load = Load()
    with open_folder(settings={"STOORY_LIMIT_API": "unlimited"}) as home, home.started() as (process, _):
        url = home.places["Web"]
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
