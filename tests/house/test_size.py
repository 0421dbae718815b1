"""Small, and kept small: what grows beyond these numbers is two things under one name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 40
MOST_POSITIONAL_PARAMETERS = 5
NAMES_THAT_SAY_NOTHING = {"service", "manager", "helper", "util", "common", "base", "core"}

FILES = [path for folder in ("src", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_small_and_so_are_its_functions(path: Path):
    assert list(_excesses(path.read_text())) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_says_what_is_inside(path: Path):
    words = {part.removesuffix("s") for part in path.relative_to(ROOT).with_suffix("").parts}
    assert words.isdisjoint(NAMES_THAT_SAY_NOTHING)


@pytest.mark.parametrize(
    ("source", "excess"),
    [
        ("x = 1\n" * 301, "301 lines"),
        ("def f():\n" + "    x = 1\n" * 40, "f has 41 lines"),
        ("def f(a, b, c, d, e, g): ...", "f takes 6 positional parameters"),
        ("class A:\n    async def f(self, a, b, c, d, e, g): ...", "f takes 6 positional parameters"),
    ],
)
def test_too_much_is_noticed(source: str, excess: str):
    assert list(_excesses(source)) == [excess]


@pytest.mark.parametrize(
    "source",
    ["x = 1\n" * 300, "def f(a, b, c, d, e, *, g, h): ...", "class A:\n    def f(self, a, b, c, d, e): ..."],
)
def test_enough_is_let_through(source: str):
    assert list(_excesses(source)) == []


def _excesses(source: str) -> Iterator[str]:
    lines = len(source.splitlines())
    if lines > LONGEST_FILE_LINES:
        yield f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            yield from _function_excesses(node)


def _function_excesses(node: Function) -> Iterator[str]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines > LONGEST_FUNCTION_LINES:
        yield f"{node.name} has {lines} lines"
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    count = len([name for name in names if name not in {"self", "cls"}])
    if count > MOST_POSITIONAL_PARAMETERS:
        yield f"{node.name} takes {count} positional parameters"
