"""A corpus summed up: every number is that of the tables, and no word of the talk becomes markup."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.analysis import hostile, small

pytest.importorskip("duckdb", reason="the extra query is not installed")

from heartsay.errors import InputError
from heartsay.formats.analyses.parquet_table import to_table
from heartsay.query.summary import summarise
from heartsay.report.corpus import render_corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    for number, analysis in enumerate((small(), hostile())):
        table = to_table([analysis])
        table = table.append_column("date", pa.array([f"2024-0{number + 1}-15"] * table.num_rows))
        role = ["agent" if row % 2 else None for row in range(table.num_rows)]
        parquet.write_table(
            table.append_column("role", pa.array(role, pa.string())), root / f"part-{number}.parquet"
        )
    (root / "damaged.parquet").write_bytes(b"PAR1")
    return root


def test_numbers_are_those_of_the_tables(folder: Path) -> None:
    page = summarise(folder, ["date:month", "role"])
    analyses = (small(), hostile())
    turns = [u for analysis in analyses for u in analysis.utterances]
    assert (page.utterances, page.conversations) == (len(turns), 2)
    assert page.left_open == sum(u.emotion.abstain for u in turns)
    assert sum(bar.utterances for bar in page.labels) == sum(u.emotion.label is not None for u in turns)
    months, roles = page.sections
    assert [(g.name, g.utterances) for g in months.groups] == [
        ("2024-01", len(analyses[0].utterances)),
        ("2024-02", len(analyses[1].utterances)),
    ]
    assert [g.name for g in roles.groups] == ["agent", None]
    assert sum(count for _, count in page.reasons) == page.left_open
    for passage in page.passages:
        (turn,) = [
            u
            for analysis in analyses
            for u in analysis.utterances
            if (analysis.conversation, u.id) == (passage.conversation, passage.utterance)
        ]
        assert not turn.emotion.abstain
        assert turn.emotion.feeling is not None
        assert passage.probability == turn.emotion.feeling.probability
    assert page.passed_over == ["damaged.parquet"]


def test_the_page_is_self_contained_and_escapes_what_was_said(folder: Path) -> None:
    text = render_corpus(summarise(folder, ["speaker"]), "<b>Calls</b>")
    assert "&lt;b&gt;Calls&lt;/b&gt;" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize("by", ["nowhere", "date:fortnight", "speaker:month"])
def test_what_is_no_column_or_no_date_is_refused(folder: Path, by: str) -> None:
    with pytest.raises(InputError):
        summarise(folder, [by])
