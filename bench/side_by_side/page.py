"""Where the figures are kept: beside docs/performance.md as JSON, and between two marks of that page."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct, json

from bench.side_by_side.running import ROOT


class Place(Struct, frozen=True):
    """Where the figures of a kind stand."""

    data: str
    begin: str
    end: str


class Whole(Protocol):
    """A run that says whether its figures may stand in the documentation."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out or made shorter."""
        ...


ROUTES: Final = Place(
    "performance.json", "<!-- figures: written by make bench -->", "<!-- end of figures -->"
)
SOCKETS: Final = Place(
    "performance-sockets.json",
    "<!-- socket figures: written by bench.sockets -->",
    "<!-- end of socket figures -->",
)


def keep(result: Whole, figures: str, place: Place, scratch: Path) -> list[Path]:
    """Write a whole run to the documentation, any other to a scratch folder; return the files."""
    folder = ROOT / "docs" if result.is_whole else scratch
    data = folder / place.data
    data.write_bytes(json.format(json.encode(result), indent=2) + b"\n")
    if not result.is_whole:
        return [data]
    page = folder / "performance.md"
    page.write_text(with_figures(page.read_text(), figures, place))
    return [data, page]


def with_figures(page: str, figures: str, place: Place) -> str:
    """Put figures between the marks; ValueError when they are not there."""
    before, begin, rest = page.partition(place.begin)
    _, end, after = rest.partition(place.end)
    if not begin or not end:
        raise ValueError(f"the page has no {place.begin} ... {place.end}")
    return f"{before}{place.begin}\n\n{figures}\n\n{place.end}{after}"
