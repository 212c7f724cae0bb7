"""What the page on queries shows works as printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.dummies.analysis import small
from tests.dummies.commands import run

pytest.importorskip("duckdb", reason="the extra query is not installed")

from heartsay.formats.analyses.parquet_table import write_parquet
from heartsay.query import VIEWS, open_results

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "query.md").read_text("utf-8")
QUESTIONS = re.findall(r"^heartsay (query .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    write_parquet([small()], "results/utterances.parquet")
    return tmp_path / "results"


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered(results: Path, question: str) -> None:
    ran = run(*shlex.split(question))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out
    if "--out" in question:
        assert (results.parent / question.rpartition(" ")[2]).is_file()


def test_the_page_lists_the_views_and_their_columns(results: Path) -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \|[^|]*\|(.*)\|$", PAGE, re.MULTILINE))
    assert tuple(listed) == VIEWS
    asked = open_results(results)
    for view, columns in listed.items():
        known = {row[0] for row in asked.ask(f"DESCRIBE {view}").rows}
        assert set(re.findall(r"`(\w+)`", columns)) <= known
