"""The peer `limit`: how fast Python can be here when nothing is done but the work itself.

A bare ASGI application without a framework on uvicorn, asyncpg with the statements that `tuned` uses, msgspec for
bodies. There are no walls, limits, sessions to look up or lines of log; see README.md.

    PORT=9001 DATABASE_URL=... DB_POOL=10 SECRET=... .venv/bin/python -m bench.peers.limit
"""

from __future__ import annotations

import os
import socket

import uvicorn

from bench.peers.limit.application import Limit


class Server(uvicorn.Server):
    """A server that says when it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        print("ready", flush=True)


def main() -> None:
    """Serve until SIGTERM."""
    app = Limit(os.environ["DATABASE_URL"], pool_size=int(os.environ["DB_POOL"]), secret=os.environ["SECRET"])
    config = uvicorn.Config(
        app,
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    Server(config).run()


if __name__ == "__main__":
    main()
