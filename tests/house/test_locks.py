"""The locks pin everything, and nothing in the repository names where packages come from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NPM_LOCKS = [
    path
    for folder in ("bench", "docs", "tests")
    for path in sorted((ROOT / folder).rglob("package-lock.json"))
    if "node_modules" not in path.parts
]
GIT = shutil.which("git")

# Written in halves, so that this file does not name what it looks for.
HOSTS = ("py" + "pi", "python" + "hosted", "npm" + "js", "yarn" + "pkg")
REGISTRIES = re.compile(r"https?://[a-z0-9.-]*(" + "|".join(HOSTS) + ")")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_place(lock: Path):
    text = lock.read_text()
    entries = re.split(r"\n(?! )", text.strip())
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert re.findall(r"(?i)://|file:|^-", text, re.MULTILINE) == []


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_a_lock_of_npm_pins_every_package_by_hash_and_names_no_place(lock: Path):
    packages = json.loads(lock.read_text())["packages"]
    assert [name for name, told in packages.items() if name and "integrity" not in told] == []
    assert [name for name, told in packages.items() if "resolved" in told] == []


@pytest.mark.parametrize(("lock", "extras"), [("run", []), ("dev", ["dev"])])
def test_a_lock_holds_what_the_project_asks_for(lock: str, extras: list[str]):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {*project["dependencies"]}.union(*(project["optional-dependencies"][extra] for extra in extras))
    assert asked - {pin.split("==")[0] for pin in pins(lock)} == set()


def test_what_runs_is_what_was_tested():
    assert pins("run") - pins("dev") == set()


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^\S+==\S+", (ROOT / f"requirements/{lock}.lock").read_text(), re.MULTILINE))


@pytest.mark.skipif(GIT is None or not (ROOT / ".git").exists(), reason="needs the git repository")
def test_no_file_names_a_registry():
    command = [str(GIT), "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()]
    assert len(files) > 10
    assert [path.name for path in files if REGISTRIES.search(path.read_text(errors="ignore"))] == []
