"""The source of Stoory as the house tests read it: its modules, their functions, their SQL."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from msgspec import Struct

from stoory import claims, doctor

ROOT: Final = Path(__file__).parents[2]
SRC: Final = ROOT / "src"

ROW_METHODS: Final = frozenset({"all", "maybe", "one", "value"})
OTHER_METHODS: Final = frozenset({"run", "run_each"})


class Statement(Struct):
    """One SQL statement of the source."""

    module: str
    line: int
    method: str
    row: Any
    sql: str
    function: str = ""
    """The source of the function it stands in."""

    @property
    def feature(self) -> str:
        """The folder that owns the module."""
        return self.module.split(".")[1]

    def __str__(self) -> str:
        return f"{self.module}:{self.line}"


def modules() -> list[Path]:
    """Return every Python file of the package."""
    return sorted((SRC / "stoory").rglob("*.py"))


def dotted(path: Path) -> str:
    """Return a file's module name."""
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def calls(path: Path, names: frozenset[str]) -> Iterator[tuple[str, ast.Call, str]]:
    """Yield (method, call, enclosing function) of each `something.method(...)`."""
    tree = ast.parse(path.read_text())
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in names
                ):
                    yield node.func.attr, node, function.name


def statements() -> list[Statement]:
    """Return every statement given to a transaction, found by reading the source, not by running it."""
    found: dict[tuple[str, int], Statement] = {}
    for path in modules():
        name = dotted(path)
        source = path.read_text()
        functions = {
            node.name: ast.get_source_segment(source, node) or ""
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.AsyncFunctionDef)
        }
        for method, call, function in calls(path, ROW_METHODS | OTHER_METHODS):
            if not (isinstance(call.func, ast.Attribute) and _names_tx(call.func.value)):
                continue
            module = importlib.import_module(name)
            wants_row = method in ROW_METHODS
            if _is_given(call.args[1 if wants_row else 0], module):
                continue
            sql = _evaluated(call.args[1 if wants_row else 0], module)
            row = _evaluated(call.args[0], module) if wants_row else None
            found[name, call.lineno] = Statement(
                name, call.lineno, method, row, sql, functions.get(function, "")
            )
    for number, sql in enumerate(claims.CLAIMS.values()):
        found["stoory.doctor", -number] = Statement("stoory.doctor", -number, "all", doctor.Where, sql)
    return list(found.values())


def _is_given(node: ast.expr, module: ModuleType) -> bool:
    """Tell whether a statement is one of several that the function goes through: the doctor's claims."""
    return isinstance(node, ast.Name) and node.id not in vars(module)


def _names_tx(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "tx"


def _evaluated(node: ast.expr, module: ModuleType) -> Any:
    """Evaluate a literal, or what is made of literals and the module's constants only."""
    return eval(compile(ast.Expression(node), module.__name__, "eval"), dict(vars(module)))  # noqa: S307 - our own source
