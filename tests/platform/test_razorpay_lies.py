"""Whoever answers in Razorpay's place: what is no clear no is none, and nobody holds a thread for ever."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import pytest

from stoory.errors import Upstream
from stoory.money import Money
from stoory.platform.razorpay import Razorpay, Refused
from stoory.platform.razorpay.breaker import FAILURES_TO_OPEN
from stoory.platform.razorpay.wire import THREADS

ORDER = {"id": "order_1", "amount": 100, "currency": "INR", "status": "created"}
DROPS = 200
DROP_SECONDS = 0.05


class Liar(ThreadingHTTPServer):
    """Answers everything with the same status and body."""

    status = 200
    body = json.dumps(ORDER).encode()
    drips = False


class _Lie(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        liar = cast("Liar", self.server)
        self.send_response(liar.status)
        self.send_header("content-length", str(len(liar.body)))
        self.send_header("location", "/v1/orders/order_2")
        self.end_headers()
        if liar.drips:
            for at in range(len(liar.body)):
                time.sleep(DROP_SECONDS if liar.drips else 0)
                self.wfile.write(liar.body[at : at + 1])
        else:
            self.wfile.write(liar.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@pytest.fixture
def liar() -> Iterator[Liar]:
    with Liar(("127.0.0.1", 0), _Lie) as liar:
        thread = threading.Thread(target=liar.serve_forever, args=(0.01,))
        thread.start()
        yield liar
        liar.shutdown()
        thread.join()


def client(liar: Liar, *, read_seconds: float = 5) -> Razorpay:
    return Razorpay(
        base_url=f"http://127.0.0.1:{liar.server_port}",
        key_id="key",
        key_secret="hush",
        webhook_secrets=(),
        read_seconds=read_seconds,
    )


def refusal(**error: str) -> bytes:
    return json.dumps({"error": error}).encode()


NO = refusal(code="BAD_REQUEST_ERROR", description="The id provided does not exist")


async def test_a_clear_no_is_a_refusal(liar: Liar):
    liar.status, liar.body = 400, NO
    with pytest.raises(Refused, match="does not exist"):
        await client(liar).order("order_1")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, refusal(code="GATEWAY_ERROR", description="The bank is not available")),
        (400, refusal(code="SERVER_ERROR", description="We are facing some trouble")),
        (400, b'{"message": "from a proxy"}'),
        (400, b'{"error": "text"}'),
        (400, b"[1]"),
        (400, b"<html>"),
        (401, NO),
        (403, NO),
        (408, NO),
        (409, NO),
        (429, NO),
        (500, NO),
        (300, b"{}"),
        (302, b"{}"),
        (200, b""),
        (200, b"[" * 100_000),
    ],
)
async def test_what_is_no_clear_no_is_no_answer(liar: Liar, status: int, body: bytes):
    liar.status, liar.body = status, body
    with pytest.raises(Upstream):
        await client(liar).order("order_1")


@pytest.mark.parametrize("status", [401, 403, 409])
async def test_who_answers_is_there_for_others(liar: Liar, status: int):
    ours = client(liar)
    liar.status, liar.body = status, NO
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(Upstream):
            await ours.order("order_1")

    liar.status, liar.body = 200, json.dumps(ORDER).encode()
    assert (await ours.order("order_1")).amount == Money(100)


async def test_who_sends_a_drop_at_a_time_holds_no_thread_for_ever(
    liar: Liar, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("stoory.platform.razorpay.wire.CONNECT_SECONDS", 0.3)
    monkeypatch.setattr("stoory.platform.razorpay.client.PATIENCE_SECONDS", 0)
    liar.drips, liar.body = True, b" " * DROPS + json.dumps(ORDER).encode()
    ours = client(liar, read_seconds=0.2)
    ours.breaker.went_wrong = lambda: None
    waiting = [ours.order("order_1") for _ in range(THREADS)]
    assert {type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)} == {Upstream}

    liar.drips = False
    assert (await ours.order("order_1")).id == "order_1"
