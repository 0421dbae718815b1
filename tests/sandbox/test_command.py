"""`stoory razorpay-sandbox` as a person runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

COMMAND = (sys.executable, "-c", "from stoory.cli import main; main()", "razorpay-sandbox")


@contextmanager
def command(home: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    environ = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "STOORY_HOME": str(home),
    }
    with subprocess.Popen(
        COMMAND, env=environ | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_serves_until_a_signal_and_keeps_what_it_knows(tmp_path: Path):
    for expected in (0, 1):
        with command(tmp_path, STOORY_SANDBOX_PORT="0", STOORY_RAZORPAY_KEY_ID="rzp_test_asha") as process:
            assert process.stdout is not None
            address = re.search(r"http://\S+\d", process.stdout.readline())
            assert address is not None
            key = ("rzp_test_asha", "sandbox-secret")
            with httpx.Client(base_url=address[0], auth=key, trust_env=False) as client:
                assert client.get("/v1/orders").json()["count"] == expected
                client.post("/v1/orders", json={"amount": 50_000, "currency": "INR"})
                hook = client.get("/__sandbox/webhook").json()
            process.send_signal(signal.SIGINT)
            assert (process.communicate(timeout=10)[0], process.returncode) == ("", 0)
    assert hook["url"] == "http://127.0.0.1:8000/api/payments/webhook"


def test_a_taken_port_is_told(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with command(tmp_path, STOORY_SANDBOX_PORT=port) as process:
            said = process.communicate(timeout=10)[0]
    assert (
        said
        == f"stoory: cannot listen on 127.0.0.1 port {port}: Address already in use. Set STOORY_SANDBOX_PORT.\n"
    )
    assert process.returncode == 1


def test_production_has_no_play_money(tmp_path: Path):
    production = {
        "STOORY_ENV": "production",
        "STOORY_SECRET": "k" * 32,
        "STOORY_RAZORPAY_BASE_URL": "https://razorpay.example.org",
        "STOORY_RAZORPAY_KEY_ID": "key",
        "STOORY_RAZORPAY_KEY_SECRET": "secret",
        "STOORY_RAZORPAY_WEBHOOK_SECRET": "whispered",
    }
    with command(tmp_path, **production) as process:
        said = process.communicate(timeout=10)[0]
    assert "must be development" in said
    assert process.returncode == 1
