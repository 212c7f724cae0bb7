"""A corpus summed up: every number is that of the tables, and no word of the talk becomes markup."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.dummies.analysis import hostile, small

pytest.importorskip("duckdb", reason="the extra query is not installed")

from heartsay.analysis import Analysis
from heartsay.errors import InputError
from heartsay.formats.analyses.parquet_table import to_table
from heartsay.query.summary import summarise
from heartsay.report.corpus import render_corpus


def felt(analysis: Analysis) -> pa.Table:
    """A table of results whose readings say how likely a feeling is, more so from utterance to utterance."""
    table = to_table([analysis])
    likely = pa.array([(row + 1) / (table.num_rows + 1) for row in range(table.num_rows)])
    for name, column in {"feeling_probability": likely, "likeliest_feeling": table["label"]}.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    for number, analysis in enumerate((small(), hostile())):
        table = felt(analysis)
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
    assert {passage.conversation for passage in page.passages} == {a.conversation for a in analyses}
    for passage in page.passages:
        (turn,) = [
            u
            for analysis in analyses
            for u in analysis.utterances
            if (analysis.conversation, u.id) == (passage.conversation, passage.utterance)
        ]
        assert not turn.emotion.abstain
        (of,) = [analysis for analysis in analyses if analysis.conversation == passage.conversation]
        settled = [row for row, u in enumerate(of.utterances, 1) if not u.emotion.abstain]
        assert passage.probability == settled[-1] / (len(of.utterances) + 1)
    assert page.notes == ["damaged.parquet is no table of results and was passed over."]


def test_a_run_that_is_not_finished_is_said_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "calls" / "partitions").mkdir(parents=True)
    parquet.write_table(felt(small()), tmp_path / "calls" / "partitions" / "part-000000.parquet")
    assert summarise(tmp_path).notes == []
    for name in ("plan", "notes"):
        (tmp_path / "calls" / name).mkdir()
    page = summarise(tmp_path)
    (note,) = page.notes
    assert note.startswith(f"The run in {tmp_path / 'calls'} has not finished all of its partitions")
    assert note in unescape(render_corpus(page, "calls"))


def test_conversations_of_one_id_in_two_tables_are_two(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for place in (tmp_path, tmp_path / "more"):
        parquet.write_table(felt(small()), place / "utterances.parquet")
    page, once = summarise(tmp_path), summarise(tmp_path / "more")
    assert (once.conversations, len(once.passages)) == (1, 1)
    assert (page.conversations, page.utterances) == (2, 2 * once.utterances)
    assert page.passages == 2 * once.passages


def test_the_page_is_self_contained_and_escapes_what_was_said(folder: Path) -> None:
    text = render_corpus(summarise(folder, ["speaker"]), "<b>Calls</b>")
    assert "&lt;b&gt;Calls&lt;/b&gt;" in text
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize("by", ["nowhere", "date:fortnight", "speaker:month"])
def test_what_is_no_column_or_no_date_is_refused(folder: Path, by: str) -> None:
    with pytest.raises(InputError):
        summarise(folder, [by])
