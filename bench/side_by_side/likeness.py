"""Whether all say the same: a peer that answers less is not measured as if it were faster."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from bench.peers.plain import differences, plain
from bench.side_by_side.running import Failed, Running

SAMPLES: Final = 5
LEAST_ERROR: Final = 400
TIMEOUT_SECONDS: Final = 10


def check_alike(name: str, servers: Sequence[Running], requests: Sequence[bytes]) -> None:
    """Send some reads to everybody; Failed when an answer is not the first one's, key by key."""
    samples = requests[:SAMPLES]
    expected = [answer(servers[0].url, request) for request in samples]
    for server in servers:
        for request, ours in zip(samples, expected, strict=True):
            theirs = answer(server.url, request)
            if wrong := [*differences(theirs, ours)]:
                asked = request.split(b" ", 2)[1].decode()
                raise Failed(
                    f"`{name}`: {server.name} answers {asked} in another way: {'; '.join(wrong[:SAMPLES])}"
                )
            if theirs["status"] != http.client.OK:
                raise Failed(f"`{name}`: {server.name} answers {theirs['status']}")


def answer(url: str, request: bytes) -> dict[str, Any]:
    """Send the bytes of a request and return what of the answer must be alike."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return {"status": response.status, "body": plain(json.loads(response.read()))}
