"""Clients who keep asking a server while something happens to it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
from msgspec import Struct, field

from tests.world import ASHA, PASSWORD, RAVI, VIDEO_BID

CLIENTS: Final = 8
ENDS_WITHIN_SECONDS: Final = 25


class Load(Struct):
    """What the clients of a server have seen."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    failures: list[str] = field(default_factory=list[str])
    token: str = ""

    @property
    def answers(self) -> int:
        """How many requests were answered."""
        return sum(self.statuses.values())

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


@contextmanager
def busy(url: str) -> Iterator[Load]:
    """Let clients ask, half of them over one connection each; in this block the server has to end."""
    load = Load()
    login = httpx.post(f"{url}/api/auth/login", json={"phone": ASHA.phone, "password": PASSWORD})
    load.token = login.json()["token"]
    clients = [
        threading.Thread(target=load.keep_asking, args=(url,), kwargs={"keep_alive": i % 2 == 0}, daemon=True)
        for i in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    yield load
    for client in clients:
        client.join(ENDS_WITHIN_SECONDS)
