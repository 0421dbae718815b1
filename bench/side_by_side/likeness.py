"""Whether all say the same: a peer that answers less is not measured as if it were faster."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit

from bench.side_by_side.running import Failed, Running

SAMPLES: Final = 5
TIMEOUT_SECONDS: Final = 10


def check_alike(name: str, servers: Sequence[Running], requests: Sequence[bytes]) -> None:
    """Send some reads to everybody; Failed when an answer is not the first one's, key by key."""
    expected = [answer(servers[0].url, request) for request in requests[:SAMPLES]]
    if refused := {status for status, _ in expected} - {http.client.OK}:
        raise Failed(f"`{name}`: {servers[0].name} answers {refused}")
    for server in servers[1:]:
        for request, (status, body) in zip(requests, expected, strict=False):
            found = answer(server.url, request)
            if found != (status, body):
                asked = request.split(b" ", 2)[1].decode()
                raise Failed(
                    f"`{name}`: {server.name} and {servers[0].name} answer {asked} differently: "
                    f"{found[0]} and {status}, {difference(found[1], body)}"
                )


def answer(url: str, request: bytes) -> tuple[int, Any]:
    """Send the bytes of a request and return status and body."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, json.loads(response.read())


def difference(one: Any, other: Any, path: str = "answer") -> str:
    """Return where two answers first differ."""
    for key, left, right in _pairs(one, other):
        if left != right:
            return difference(left, right, f"{path}.{key}")
    return f"{path}: {one!r} and {other!r}"


def _pairs(one: Any, other: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what stands under each key of two objects, or in each place of two arrays of one length."""
    if isinstance(one, dict) and isinstance(other, dict):
        ours, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        for key in sorted({*ours, *theirs}):
            yield key, ours.get(key, "nothing"), theirs.get(key, "nothing")
    elif isinstance(one, list) and isinstance(other, list):
        left, right = cast("list[Any]", one), cast("list[Any]", other)
        if len(left) == len(right):
            yield from zip(range(len(left)), left, right, strict=True)
