"""The sandbox on its port."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Final

import uvicorn

from stoory.sandbox.razorpay.app import Sandbox
from stoory.sandbox.razorpay.gateway import Config

FILE_NAME: Final = "razorpay-sandbox.sqlite3"


def listener(host: str, port: int) -> socket.socket:
    """Take a port; OSError when somebody has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def serve(config: Config, on: socket.socket) -> None:
    """Serve until a signal. One process only: the file is its own, and so is the clock."""
    settings = uvicorn.Config(
        Sandbox(config), access_log=False, server_header=False, log_config=None, timeout_graceful_shutdown=2
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run([on])
