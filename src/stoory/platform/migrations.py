"""The schema: plain SQL files in db/migrations, applied in their order by dbmate."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import stoory

PACKAGE: Final = Path(stoory.__file__).parent
URL_VARIABLE: Final = "DBMATE_TARGET"

TIMEOUTS: Final = "-c lock_timeout=10s -c statement_timeout=30min"
"""A migration that waits for a lock holds up everybody behind it: better it fails, and is tried again."""


class MigrationFailed(Exception):
    """A migration does not apply; the message is dbmate's."""


def database_folder() -> Path:
    """Return the folder `db`: inside the installed package, or in the repository it was installed from."""
    packaged = PACKAGE / "db"
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / "db"


def migrate(dsn: str) -> list[str]:
    """Apply what is missing, as the owner of the schema, and return the names of the files applied.

    Two at once wait for each other; a file older than one already applied is refused.
    """
    done = _dbmate(dsn, "migrate", "--strict")
    if done.returncode:
        raise MigrationFailed((done.stderr or done.stdout).strip())
    return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("Applied:")]


def pending(dsn: str) -> list[str]:
    """Return the names of the files not applied yet."""
    told = _dbmate(dsn, "status")
    if told.returncode:
        raise MigrationFailed((told.stderr or told.stdout).strip())
    return [line.removeprefix("[ ]").strip() for line in told.stdout.splitlines() if line.startswith("[ ]")]


def _dbmate(dsn: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run dbmate; the URL goes by the environment, for everybody can read a command line's password."""
    program = Path(sysconfig.get_path("scripts")) / "dbmate"
    options = (
        "--env", URL_VARIABLE, "--env-file", os.devnull, "--no-dump-schema", "--migration-lock",
        "--migrations-dir", str(database_folder() / "migrations"),
    )  # fmt: skip
    return subprocess.run(
        [str(program if program.exists() else shutil.which("dbmate") or program), *options, *command],
        env={"PATH": os.defpath, "PGOPTIONS": TIMEOUTS, URL_VARIABLE: _dbmate_url(dsn)},
        text=True,
        capture_output=True,
        check=False,
    )


def _dbmate_url(dsn: str) -> str:
    """Say the URL in dbmate's words: it wants sockets told, and would ask a socket for TLS."""
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query))
    if query.get("host", "").startswith("/"):
        query |= {"socket": query.pop("host"), "sslmode": "disable"}
    return parts._replace(scheme="postgres", query=urlencode(query, safe="/")).geturl()
