"""What is made once: the data directory, the roles of the house, the database."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from msgspec import Struct

from stoory.platform.postgres.place import ENVIRON, SHELL, CannotStart, Place, shipped_binaries

BOOTSTRAP: Final = """
do $$
begin
  if not exists (select from pg_roles where rolname = 'stoory_app') then
    create role stoory_api nologin;
    create role stoory_system nologin;
    create role stoory_owner login;
    create role stoory_app login noinherit;
    grant stoory_api, stoory_system to stoory_owner, stoory_app with inherit false, set true;
  end if;
end $$;
select 'create database stoory owner stoory_owner'
 where not exists (select from pg_database where datname = 'stoory') \\gexec
"""
"""No role is a superuser, none bypasses row-level security, and `stoory_app` inherits nothing."""

NUMBER_OF_NO_PROCESS: Final = "2147483647"


class Postmaster(Struct, frozen=True):
    """What PostgreSQL notes about a running server in its data directory, and leaves there after a crash."""

    pid: int
    socket_folder: Path
    status: str


def create_cluster(place: Place, *, synced: bool) -> None:
    """Create the data directory, whole or not at all."""
    initdb = place.command(
        "initdb", "-D", "new", "-U", "postgres", "--auth-local=trust", "--auth-host=reject",
        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        "--data-checksums", *([] if synced else ["--no-sync"]),
    )  # fmt: skip
    script = """
        cd "$0" && rm -rf new && "$@" && echo "include_if_exists = 'stoory.conf'" >> new/postgresql.conf &&
        mv new data
    """
    made = place.run([SHELL, "-c", script, str(place.folder), *initdb])
    if made.returncode:
        raise CannotStart(f"the database cannot be created: {made.stderr.strip()}")


def create_roles(superuser_dsn: str) -> None:
    """Create the roles and the database where they are missing."""
    psql = [str(shipped_binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", superuser_dsn]
    done = subprocess.run(psql, input=BOOTSTRAP, text=True, capture_output=True, check=False, env=ENVIRON)
    if done.returncode:
        raise CannotStart(f"the roles of the database cannot be created: {done.stderr.strip()}")


def postmaster(data: Path) -> Postmaster | None:
    """Return what is noted about the server of that data directory; None once it was stopped cleanly."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip())
    except (FileNotFoundError, IndexError, ValueError):
        return None


def free_reused_pid(place: Place, dead: Postmaster) -> None:
    """Let PostgreSQL see that its last server is dead although a stranger, or a zombie, has its number.

    That happens in containers, where numbers are few and nobody may bury the dead. The file itself must stay:
    by its shared-memory key PostgreSQL notices orphans of the dead server, which would ruin the data.
    """
    process = Path(f"/proc/{dead.pid}")
    if process.exists() and _working_folder(process) != place.data:
        note = place.data / "postmaster.pid"
        place.write(note, note.read_text().replace(str(dead.pid), NUMBER_OF_NO_PROCESS, 1))


def _working_folder(process: Path) -> Path | None:
    """Return where a process works, which for a PostgreSQL is its data; None of a zombie, or of a stranger's."""
    try:
        return (process / "cwd").readlink()
    except OSError:
        return None
