"""The documentation names only what exists: files, modules, tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS: Final = sorted((ROOT / "docs" / "decisions").glob("*.md"))
TESTS: Final = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))

LINK: Final = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
CODE: Final = re.compile(r"`([^`\s]+)`")
IN_THE_PACKAGE: Final = re.compile(r"(accounts|chat|deals|debug|platform|postings|requests)/\S+|[a-z]+\.py")

LONGEST_DECISION_LINES: Final = 40


def name(path: Path) -> str:
    """Return a file's name below the repository."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path):
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_test_that_is_named_is_there(page: Path):
    named = {word for word in CODE.findall(page.read_text()) if word.startswith("test_")}
    assert [test for test in sorted(named) if f"def {test}(" not in TESTS] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_is_named_is_there(page: Path):
    named = {word for word in CODE.findall(page.read_text()) if re.match(r"(tests|src|db|docs|\.ci)/", word)}
    assert [path for path in sorted(named) if not list(ROOT.glob(path.rstrip("/")))] == []


def test_every_module_of_the_coverage_is_there():
    words = CODE.findall((ROOT / "docs" / "coverage.md").read_text())
    named = {word for word in words if IN_THE_PACKAGE.fullmatch(word)}
    assert named
    assert [path for path in sorted(named) if not list((ROOT / "src" / "stoory").glob(path))] == []


def test_what_the_style_shows_is_code_of_ours():
    blocks = re.findall(r"^    async def .*(?:\n(?:    .*)?)*", (ROOT / "STYLE.md").read_text(), re.MULTILINE)
    source = {line.strip() for path in (ROOT / "src").rglob("*.py") for line in path.read_text().splitlines()}
    assert blocks
    assert [line for block in blocks for line in block.splitlines() if line.strip() not in source] == []


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_is_short_and_says_why(page: Path):
    text = page.read_text()
    assert len(text.splitlines()) <= LONGEST_DECISION_LINES
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]
