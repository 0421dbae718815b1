"""The page of figures is written between its marks and nowhere else."""

from __future__ import annotations

import pytest

from bench.side_by_side.choice import chosen
from bench.side_by_side.page import BEGIN, END, with_figures
from bench.side_by_side.running import ROOT


def test_figures_replace_those_that_stood_there():
    assert with_figures(f"before {BEGIN} old {END} after", "new") == f"before {BEGIN}\n\nnew\n\n{END} after"


def test_a_page_without_marks_is_not_written():
    with pytest.raises(ValueError, match="has no"):
        with_figures("a page", "new")


def test_the_page_of_the_documentation_has_the_marks():
    page = (ROOT / "docs" / "performance.md").read_text()
    assert page.count(BEGIN) == page.count(END) == 1


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
