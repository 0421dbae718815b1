"""Razorpay's own SDK for Node, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stoory.sandbox.razorpay.gateway import Config
from tests.sandbox.server import running
from tests.sandbox.shop import KEY

FOLDER = Path(__file__).parent / "node"
STEPS = 10


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the SDK as the lock pins it."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the npm SDK needs node and npm, and this machine has none")
    folder = tmp_path_factory.mktemp("node") / "sdk"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [
        npm,
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--fetch-retries=0",
    ]
    try:
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm SDK could not be installed within two minutes")
    if ended.returncode:
        pytest.skip(f"the npm SDK could not be installed: {ended.stderr.strip()[-300:]}")
    return folder


def test_every_step_of_the_npm_sdk_succeeds(installed: Path):
    with running(Config()) as address:
        environ = {**os.environ, "SANDBOX": address, "KEY_ID": KEY[0], "KEY_SECRET": KEY[1]}
        command = [shutil.which("node") or "node", "conformance.js"]
        ended = subprocess.run(
            command, cwd=installed, env=environ, capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("ok ") == STEPS
