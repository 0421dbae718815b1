"""The page of figures is written between its marks and nowhere else."""

from __future__ import annotations

import pytest

from bench.side_by_side.choice import chosen
from bench.side_by_side.page import ROUTES, SOCKETS, Place, with_figures
from bench.side_by_side.running import ROOT


def test_figures_replace_those_that_stood_there():
    before, after = f"before {ROUTES.begin}", f"{ROUTES.end} after"
    assert with_figures(f"{before} old {after}", "new", ROUTES) == f"{before}\n\nnew\n\n{after}"


def test_a_page_without_marks_is_not_written():
    with pytest.raises(ValueError, match="has no"):
        with_figures("a page", "new", ROUTES)


@pytest.mark.parametrize("place", [ROUTES, SOCKETS])
def test_the_page_of_the_documentation_has_the_marks(place: Place):
    page = (ROOT / "docs" / "performance.md").read_text()
    assert page.count(place.begin) == page.count(place.end) == 1


def test_only_a_whole_run_may_stand_in_the_documentation():
    assert chosen([]).is_whole
    assert not any(
        chosen(arguments.split()).is_whole
        for arguments in (
            "--quick",
            "--only unread",
            "--peers tuned",
            "--scale 10",
            "--rounds 1",
            "--seconds 1",
        )
    )


def test_a_measure_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        chosen(["--only", "unread,gossip"])
    assert "there is no gossip" in capsys.readouterr().err
