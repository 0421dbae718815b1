"""What in a feature is none of the other floors is a rule, and rules touch nothing of the world."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "stoory"

FLOORS_THAT_TOUCH_THE_WORLD = {"api", "sockets", "jobs", "actions", "queries", "hints", "errands"}
NOT_FEATURES = {"demo", "platform", "sandbox", "seed"}
WORLD = {
    "asyncio",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "urllib",
}
PURE = (sys.stdlib_module_names - WORLD) | {"msgspec", "phonenumbers"}
GROUND = {"stoory.money", "stoory.actor", "stoory.errors"}


def rule_modules() -> list[Path]:
    features = [path for path in SOURCE.iterdir() if path.is_dir() and path.name not in NOT_FEATURES]
    return [
        path
        for feature in sorted(features)
        for path in sorted(feature.rglob("*.py"))
        if path.relative_to(feature).with_suffix("").parts[0] not in FLOORS_THAT_TOUCH_THE_WORLD
    ]


@pytest.mark.parametrize("path", rule_modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_rules_know_only_rules(path: Path):
    rules = {".".join(("stoory", *rule.relative_to(SOURCE).with_suffix("").parts)) for rule in rule_modules()}
    assert [name for name in _imports(path.read_text()) if not _is_pure(name, rules)] == []


def test_an_import_of_the_world_is_noticed():
    source = "import os, datetime\nfrom stoory.money import Money\nfrom stoory.chat import queries"
    impure = [name for name in _imports(source) if not _is_pure(name, set())]
    assert impure == ["os", "stoory.chat.queries"]


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_pure(name: str, rules: set[str]) -> bool:
    """Whether rules may import this name: `stoory.deals.rules.MOVES` as well as `stoory.deals.rules`."""
    if not name.startswith("stoory."):
        return name.split(".", 1)[0] in PURE
    return name in rules or name.rpartition(".")[0] in rules | GROUND
