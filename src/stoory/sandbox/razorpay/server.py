"""The sandbox on its port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from stoory.sandbox.razorpay.app import Sandbox
from stoory.sandbox.razorpay.gateway import Config

FILE_NAME: Final = "razorpay-sandbox.sqlite3"
FAREWELL_SECONDS: Final = 3


def listener(host: str, port: int) -> socket.socket:
    """Take a port; OSError when somebody has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def serve(config: Config, on: socket.socket) -> None:
    """Serve until a signal. One process only: the file is its own, and so is the clock."""
    with suppress(KeyboardInterrupt):
        _server(config).run([on])


@contextmanager
def serving(config: Config, on: socket.socket) -> Iterator[None]:
    """Serve beside something else, in a thread of its own, for as long as this block runs."""
    server = _server(config)
    thread = threading.Thread(target=server.run, args=([on],), name="razorpay sandbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(FAREWELL_SECONDS)


def _server(config: Config) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            Sandbox(config),
            loop="asyncio",
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=1,
        )
    )
