"""The sandbox's page tells every control and every switch, and no other."""

from __future__ import annotations

import ast
import inspect
import json
import re
from pathlib import Path

import msgspec

from stoory.sandbox.razorpay import control, control_webhooks
from stoory.sandbox.razorpay.app import ADVANCE, DELIVER
from stoory.sandbox.razorpay.quirks import Quirks

PAGE = (Path(__file__).parents[2] / "docs" / "razorpay-sandbox.md").read_text()


def test_the_page_lists_every_control():
    routes = {f"{route.method} {route.pattern}" for route in (*control.ROUTES, *control_webhooks.ROUTES)}
    assert {*re.findall(r"^\| `(\w+ /__sandbox[^`]*)`", PAGE, re.MULTILINE)} == routes | {
        " ".join(ADVANCE),
        " ".join(DELIVER),
    }


def test_the_page_lists_every_switch():
    assert [line for line in PAGE.splitlines() if re.match(r"\| `[a-z_]+` \| `", line)] == rows()


def rows() -> list[str]:
    """Return the table as the code has it: the name, its default, the text that stands below it."""
    tree = ast.parse(inspect.getsource(Quirks)).body[0]
    assert isinstance(tree, ast.ClassDef)
    defaults = msgspec.to_builtins(Quirks())
    told: list[str] = []
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            name = ast.unparse(field.target)
            default = json.dumps(defaults[name]).strip('"')
            told.append(f"| `{name}` | `{default}` | {ast.literal_eval(below.value)} |")
    return told
