"""The one way into the embedded PostgreSQL: a socket in a private folder, its path noted in the home."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

from stoory.platform.postgres.place import CannotStart, Place, can_reach

SOCKET_NAME: Final = ".s.PGSQL.5432"

LONGEST_PARENT_BYTES: Final = 103 - len(f"/stoory-12345678/{SOCKET_NAME}.lock")
"""The path of a socket holds 107 bytes on Linux and 103 on macOS."""


def socket_dsn(folder: Path, user: str, database: str) -> str:
    """Return a connection URL over the socket in that folder, for asyncpg and libpq alike."""
    return f"postgresql://{user}@/{database}?host={quote(str(folder), safe='')}"


def running_socket(home: Path) -> Path | None:
    """Return the socket folder of the home's running server, for commands beside `stoory up`."""
    folder = _noted(home)
    return folder if folder and listens(folder) else None


def listens(folder: Path) -> bool:
    """Whether a server takes connections there. A process number would prove nothing: numbers are reused."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(folder / SOCKET_NAME))
        except OSError:
            return False
    return True


def make_socket_folder(home: Path, place: Place) -> Path:
    """Make and note a private folder that the server's user can reach and whose path is short enough."""
    remove_socket_folder(home)
    for parent in (tempfile.gettempdir(), "/tmp", str(place.folder)):  # noqa: S108 - mkdtemp makes it private
        if len(os.fsencode(parent)) <= LONGEST_PARENT_BYTES and can_reach(place.identity, Path(parent)):
            folder = Path(tempfile.mkdtemp(prefix="stoory-", dir=parent))
            if place.identity:
                os.chown(folder, place.identity["user"], place.identity["group"])
            (home / "socket").write_text(f"{folder}\n")
            return folder
    raise CannotStart("no temporary folder has a path short enough for a socket; set TMPDIR to one like /tmp")


def remove_socket_folder(home: Path) -> None:
    """Remove the noted folder of a server that is gone."""
    folder = _noted(home)
    if folder and folder.name.startswith("stoory-") and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    (home / "socket").unlink(missing_ok=True)


def _noted(home: Path) -> Path | None:
    """Return the socket folder that the home notes, whether or not a server is there."""
    try:
        return Path((home / "socket").read_text().strip())
    except FileNotFoundError:
        return None
