"""Where the figures are kept: docs/performance.json and between two marks of docs/performance.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import json

from bench.side_by_side.results import Result
from bench.side_by_side.running import ROOT
from bench.side_by_side.sheets import markdown

BEGIN: Final = "<!-- figures: written by make bench -->"
END: Final = "<!-- end of figures -->"


def keep(result: Result, scratch: Path) -> list[Path]:
    """Write a whole run to the documentation, any other to a scratch folder; return the files."""
    folder = ROOT / "docs" if result.is_whole else scratch
    figures = folder / "performance.json"
    figures.write_bytes(json.format(json.encode(result), indent=2) + b"\n")
    if not result.is_whole:
        return [figures]
    page = folder / "performance.md"
    page.write_text(with_figures(page.read_text(), markdown(result)))
    return [figures, page]


def with_figures(page: str, figures: str) -> str:
    """Put figures between the marks; ValueError when they are not there."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"
