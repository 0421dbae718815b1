"""Whatever can go wrong between Stoory and Razorpay, on demand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.server import running
from tests.sandbox.shop import KEY, Client

ORDER = {"amount": 50_000, "currency": "INR"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(Config()) as address:
        yield address


@pytest.fixture
def wire(address: str) -> Iterator[httpx.Client]:
    """Return a client on a real connection."""
    with httpx.Client(base_url=address, auth=KEY, timeout=5) as client:
        client.post("/__sandbox/reset")
        yield client


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("too_many_requests", 429, "BAD_REQUEST_ERROR"),
        ("server_error", 500, "SERVER_ERROR"),
        ("in_flight", 409, "BAD_REQUEST_ERROR"),
    ],
)
async def test_a_refusal_strikes_once_and_nothing_has_happened(
    razorpay: Client, kind: str, status: int, code: str
):
    await razorpay.post("/__sandbox/faults", {"kind": kind})
    assert (await razorpay.post("/v1/orders", ORDER, status))["error"]["code"] == code
    assert (await razorpay.get("/v1/orders"))["count"] == 0


async def test_a_bad_gateway_speaks_html(razorpay: Client):
    await razorpay.post("/__sandbox/faults", {"kind": "bad_gateway"})
    response = await razorpay.http.get("/v1/orders")
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html")


async def test_a_fault_strikes_only_whom_it_is_meant_for_and_so_many_times(razorpay: Client):
    fault = {"kind": "server_error", "method": "POST", "path": "/v1/payments/.*/refund", "times": 2}
    payment = await razorpay.paid()
    await razorpay.post("/__sandbox/faults", fault)
    path = f"/v1/payments/{payment['id']}/refund"
    await razorpay.get("/v1/orders")
    await razorpay.order()
    await razorpay.refusal(path, status=500)
    assert (await razorpay.get("/__sandbox/faults"))["items"][0]["times"] == 1
    await razorpay.refusal(path, status=500)
    await razorpay.post(path)


async def test_faults_can_be_called_off(razorpay: Client):
    await razorpay.post("/__sandbox/faults", {"kind": "server_error", "times": 9})
    await razorpay.http.delete("/__sandbox/faults")
    await razorpay.order()


@pytest.mark.parametrize(
    "fault", [{}, {"kind": "earthquake"}, {"kind": "hang", "times": 0}, {"kind": "hang", "path": "("}]
)
async def test_a_fault_that_is_none_is_refused(razorpay: Client, fault: dict[str, Any]):
    await razorpay.refusal("/__sandbox/faults", fault)


def test_a_lost_response_is_lost_after_the_effect(wire: httpx.Client):
    wire.post("/__sandbox/faults", json={"kind": "lost_response", "method": "POST"})
    with pytest.raises(httpx.RemoteProtocolError):
        wire.post("/v1/orders", json=ORDER)
    assert wire.get("/v1/orders").json()["count"] == 1


def test_a_request_that_hangs_has_no_effect(wire: httpx.Client):
    wire.post("/__sandbox/faults", json={"kind": "hang"})
    with pytest.raises(httpx.ReadTimeout):
        wire.post("/v1/orders", json=ORDER, timeout=0.2)
    assert wire.get("/v1/orders").json()["count"] == 0


def test_a_slow_answer_comes_after_the_effect(wire: httpx.Client):
    wire.post("/__sandbox/faults", json={"kind": "slow", "seconds": 5})
    with pytest.raises(httpx.ReadTimeout):
        wire.post("/v1/orders", json=ORDER, timeout=0.2)
    assert wire.get("/v1/orders").json()["count"] == 1

    wire.post("/__sandbox/faults", json={"kind": "slow", "seconds": 0.1})
    assert wire.post("/v1/orders", json=ORDER).json()["entity"] == "order"


def test_a_hanging_request_ends_with_a_broken_connection(wire: httpx.Client):
    wire.post("/__sandbox/faults", json={"kind": "hang", "seconds": 0.1})
    with pytest.raises(httpx.RemoteProtocolError):
        wire.post("/v1/orders", json=ORDER)


def test_webhooks_leave_by_themselves(wire: httpx.Client, address: str):
    """The sandbox is its own shop here: what it answers to a webhook is 401, and that is an answer."""
    wire.put("/__sandbox/webhook", json={"url": f"{address}/v1/orders"})
    order = wire.post("/v1/orders", json=ORDER).json()
    wire.post(f"/__sandbox/orders/{order['id']}/pay", json={"outcome": "failed"})
    deadline = time.monotonic() + 10
    answered = None
    while answered is None and time.monotonic() < deadline:
        answered = wire.get("/__sandbox/webhooks").json()["items"][0]["answered"]
    assert answered == "401"
