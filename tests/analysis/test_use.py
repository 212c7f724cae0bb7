from __future__ import annotations

import sys

import pytest
from tests.dummies import analysis as dummies

from heartsay.errors import InputError
from heartsay.formats.analyses.rows import COLUMNS


def test_an_utterance_is_found_by_its_id_and_by_nothing_else() -> None:
    analysis = dummies.small()
    assert analysis["12"] is analysis.utterances[11]
    for wrong in ("99", 12, None):
        with pytest.raises(InputError, match="id of an utterance"):
            analysis[wrong]  # type: ignore[index]


def test_short_forms_are_short_and_say_who_speaks() -> None:
    analysis = dummies.small()
    assert repr(analysis).startswith(
        "<Analysis of 'harbour-pitch': 28 utterances by Ines, Theo, Mara, 4 left"
    )
    assert len(repr(dummies.long())) < 200
    assert repr(analysis["12"]).endswith("anger 91%>")
    assert all(len(repr(u)) < 120 for u in analysis.utterances)


def test_rows_and_tables_hold_the_same() -> None:
    analysis = dummies.small()
    rows, table = analysis.to_rows(), analysis.to_arrow()
    assert len(rows) == table.num_rows == len(analysis) == 28
    assert list(rows[0]) == table.column_names == list(COLUMNS)
    assert table.column("speaker").to_pylist() == [row["speaker"] for row in rows]
    assert table.column("causes").to_pylist() == [row["causes"] for row in rows]


def test_a_data_frame_wants_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        dummies.small().to_pandas()


def test_a_data_frame_holds_the_rows() -> None:
    pytest.importorskip("pandas")
    frame = dummies.small().to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert frame.speaker.tolist() == [u.speaker for u in dummies.small().utterances]


def test_a_notebook_shows_passages_and_no_markup_of_the_talk() -> None:
    page = dummies.small()._repr_html_()
    assert "Without asking us?" in page
    assert page.count("<tr>") == 11
    hostile = dummies.hostile()._repr_html_()
    assert "<script" not in hostile
    assert "<img" not in hostile


def test_a_plot_has_a_bar_for_every_utterance_and_a_lane_for_every_speaker() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = dummies.small().plot()
    assert len(axes.patches) == 28
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Ines", "Theo", "Mara"]
    assert dummies.small().plot(axes) is axes
