"""What only a real connection can do: break in the middle of a request."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.server import running
from tests.sandbox.shop import KEY


@pytest.fixture(scope="module")
def wire() -> Iterator[httpx.Client]:
    with (
        running(Config()) as address,
        httpx.Client(base_url=address, auth=KEY, timeout=5, trust_env=False) as client,
    ):
        yield client


def test_a_refund_whose_body_never_came_is_none(wire: httpx.Client):
    order = wire.post("/v1/orders", json={"amount": 50_000, "currency": "INR"}).json()
    payment = wire.post(f"/__sandbox/orders/{order['id']}/pay").json()["razorpay_payment_id"]
    request = wire.build_request("POST", f"/v1/payments/{payment}/refund", json={"amount": 100})
    leave_in_the_middle(next(httpx.BasicAuth(*KEY).auth_flow(request)))
    assert wire.get(f"/v1/payments/{payment}").json()["amount_refunded"] == 0


def leave_in_the_middle(request: httpx.Request) -> None:
    """Send the head of a request that announces a body, hang up, and wait until the other side has noticed."""
    head = f"{request.method} {request.url.path} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((request.url.host, request.url.port or 80), timeout=5) as line:
        line.sendall(head.encode() + b"\r\n")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
