"""A sandbox behind a real port: what hangs and what is cut off can be seen only there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from stoory.sandbox.razorpay.app import Sandbox
from stoory.sandbox.razorpay.gateway import Config


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def running(config: Config) -> Iterator[str]:
    """Run a sandbox on a free port, and return its address."""
    server = _Server(uvicorn.Config(Sandbox(config), port=0, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listens.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
