"""Razorpay's own SDK for Node, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.server import running
from tests.sandbox.shop import KEY

FOLDER = Path(__file__).parent / "node"
STEPS = 10
UNREACHABLE = {
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
}
"""What npm says when it did not get as far as the registry; everything else is our fault, and fails."""

INSTALL = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retries=0",
    "--fetch-timeout=60000",
)


def install(folder: Path, **settings: str) -> str | None:
    """Install the SDK as the lock pins it, and return npm's error code, or None."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the npm SDK needs node and npm, and this machine has none")
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    environ = {**os.environ, **settings}
    ended = subprocess.run(
        [npm, *INSTALL], cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    code = re.search(r"^npm (?:error|ERR!) code (\w+)", ended.stderr, re.MULTILINE)
    assert code or ended.returncode == 0, ended.stderr
    return code and code[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the SDK as the lock pins it."""
    folder = tmp_path_factory.mktemp("node") / "sdk"
    code = install(folder)
    if code in UNREACHABLE:
        pytest.skip(f"the npm SDK could not be installed, as the registry could not be reached: {code}")
    assert code is None
    return folder


def test_a_registry_that_is_not_there_is_known_by_its_code(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        registry = f"http://127.0.0.1:{gone.getsockname()[1]}"
    settings = {"npm_config_registry": registry, "npm_config_cache": str(tmp_path / "cache")}
    assert install(tmp_path / "sdk", **settings) in UNREACHABLE


def test_every_step_of_the_npm_sdk_succeeds(installed: Path):
    with running(Config()) as address:
        environ = {**os.environ, "SANDBOX": address, "KEY_ID": KEY[0], "KEY_SECRET": KEY[1]}
        command = [shutil.which("node") or "node", "conformance.js"]
        ended = subprocess.run(
            command, cwd=installed, env=environ, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("ok ") == STEPS
