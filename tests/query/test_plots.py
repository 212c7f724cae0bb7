from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dummies.analysis import hostile, one, small

pytest.importorskip("duckdb", reason="the extra query is not installed")
pytest.importorskip("matplotlib", reason="the extra query is not installed")

from heartsay.analysis import Analysis
from heartsay.errors import InputError
from heartsay.formats.analyses.parquet_table import write_parquet
from heartsay.query import Question, Results, open_results
from heartsay.query.plots import flow, influence, save


def asked(folder: Path, *analyses: Analysis) -> Results:
    write_parquet(analyses, folder / "utterances.parquet")
    return open_results(folder)


def test_the_flow_is_the_mean_probability_of_each_part(tmp_path: Path) -> None:
    analysis = small()
    axes = flow(asked(tmp_path, analysis), Question()).axes[0]
    _, names = axes.get_legend_handles_labels()
    assert names == ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
    first, last = analysis.utterances[0].start, analysis.utterances[-1].end
    within = [u for u in analysis.utterances if (u.start - first) / (last - first) < 0.05]
    neutral = axes.collections[0].get_paths()[0].vertices
    left = neutral[np.isclose(neutral[:, 0], neutral[:, 0].min()), 1].max()
    assert left == pytest.approx(np.mean([u.emotion.distribution["neutral"] for u in within]), abs=1e-5)
    assert axes.get_title() == f"{len(analysis)} utterances, conversations: 1"


def test_influence_adds_confidences_up_by_speakers(tmp_path: Path) -> None:
    analysis = small()
    axes = influence(asked(tmp_path, analysis), Question()).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    table = np.asarray(axes.images[0].get_array())
    speaker = {u.id: u.speaker for u in analysis.utterances}
    expected = np.zeros((len(names), len(names)))
    for u in analysis.utterances:
        for cause in u.causes:
            expected[names.index(speaker[cause.utterance]), names.index(u.speaker)] += cause.confidence
    np.testing.assert_allclose(table, expected)
    only = influence(asked(tmp_path, analysis), Question(emotion="anger", confidence=0.5)).axes[0]
    assert np.asarray(only.images[0].get_array()).sum() == pytest.approx(
        sum(
            c.confidence
            for u in analysis.utterances
            if u.emotion.label == "anger"
            for c in u.causes
            if c.confidence >= 0.5
        )
    )


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_drawing_is_written_in_the_form_of_its_suffix(tmp_path: Path, suffix: str) -> None:
    analysis = small()
    dollars = [u.model_copy(update={"speaker": f"$\\frac{{{u.speaker}"}) for u in analysis.utterances]
    results = asked(tmp_path, analysis.model_copy(update={"utterances": dollars}), hostile())
    for draw in (flow, influence):
        path = tmp_path / f"{draw.__name__}{suffix}"
        save(draw(results, Question()), path)
        assert path.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")


def test_too_little_to_draw_gets_a_sentence(tmp_path: Path) -> None:
    results = asked(tmp_path, one())
    with pytest.raises(InputError, match="two parts of a conversation"):
        flow(results, Question())
    with pytest.raises(InputError, match="expected causes, found none"):
        influence(results, Question(emotion="joy"))


def test_conversations_that_were_not_read_are_not_counted(tmp_path: Path) -> None:
    unread = {"label": None, "confidence": None, "distribution": {}, "feeling": None}
    blank = [
        u.model_copy(update={"emotion": u.emotion.model_copy(update=unread), "causes": []})
        for u in small().utterances
    ]
    results = asked(tmp_path, small(), small().model_copy(update={"conversation": "b", "utterances": blank}))
    assert flow(results, Question()).axes[0].get_title().endswith("conversations: 1")


def test_tables_without_probabilities_get_a_sentence(tmp_path: Path) -> None:
    from pyarrow import parquet

    path = tmp_path / "utterances.parquet"
    write_parquet([small()], path)
    table = parquet.read_table(path)
    kept = [name for name in table.column_names if not name.startswith("p_")]
    parquet.write_table(table.select(kept), path)
    with pytest.raises(InputError, match="p_joy"):
        flow(open_results(tmp_path), Question())
