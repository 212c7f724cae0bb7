from __future__ import annotations

from typing import Any

import pytest
from tests.dummies import analysis as dummies

from heartsay.analysis import Analysis, Conflict
from heartsay.labels import EMOTIONS
from heartsay.report import render_report
from heartsay.report.lanes import HEIGHT, lanes
from heartsay.report.overview import FLOOR
from heartsay.report.palette import styles

STYLE = styles([*EMOTIONS, "not read"])
ANGRY = {name: 0.88 if name == "anger" else 0.02 for name in EMOTIONS}
CLASH = Conflict(kind="k", score=0.8, modalities=["text", "voice"], probability=0.9, flagged=True)


def recorded(*changes: dict[str, Any]) -> Analysis:
    """The small dummy, its first utterances changed."""
    plain = dummies.small()
    turns = [
        u.model_copy(update=changes[k] if k < len(changes) else {}) for k, u in enumerate(plain.utterances)
    ]
    return plain.model_copy(update={"utterances": turns})


def numbers(analysis: Analysis) -> list[str]:
    return [u.id for u in analysis.utterances]


def test_a_lane_for_each_modality_with_what_is_likeliest() -> None:
    analysis = recorded(
        {"by_modality": {"voice": ANGRY}}, {"modality_notes": {"face": "not read: turned away"}}
    )
    found = lanes(analysis, STYLE, numbers(analysis))
    assert found is not None
    words, voice, face = found.rows
    assert [row.name for row in found.rows] == ["words", "voice", "face"]
    (bar,) = voice.bars
    assert (bar.css, bar.open) == (STYLE["anger"].css, False)
    height = (HEIGHT - 2) * (FLOOR + (1 - FLOOR) * 0.88)
    assert bar.path.startswith(f"M0.0 {HEIGHT}v-{height:.1f}h")
    assert sum(b.path.count("M") for b in words.bars) == len(analysis.utterances)
    assert face.bars == []
    assert face.unread.count("M") == len(analysis.utterances)
    assert (found.first, found.last) == (analysis.utterances[0].start, analysis.utterances[-1].end)
    assert found.told == [
        f"The voice was read in 1 of {len(analysis.utterances)} utterances.",
        f"The face was read in 0 of {len(analysis.utterances)} utterances.",
    ]


def test_doubt_is_pale_and_conflicts_are_marked_where_they_are() -> None:
    doubtful = {"by_modality": {"voice": ANGRY}, "modality_notes": {"voice": "left open"}, "conflict": CLASH}
    analysis = recorded({}, doubtful)
    found = lanes(analysis, STYLE, numbers(analysis))
    assert found is not None
    assert [bar.open for bar in found.rows[1].bars] == [True]
    (clash,) = found.clashes
    turn = analysis.utterances[1]
    assert turn.start is not None
    assert turn.end is not None
    middle = ((turn.start + turn.end) / 2 - found.first) / (found.last - found.first)
    assert (clash.text, clash.at) == (turn.id, pytest.approx(100 * middle))
    assert "Conflict in utterance" in render_report(analysis, None)


def test_what_holds_everywhere_is_said_once() -> None:
    everywhere = {"modality_notes": {"face": "not read: no moving pictures"}, "by_modality": {"voice": ANGRY}}
    analysis = recorded(*[everywhere] * 100)
    found = lanes(analysis, STYLE, numbers(analysis))
    assert found is not None
    assert [row.name for row in found.rows] == ["words", "voice"]
    assert found.told[1] == "The face was not read: no moving pictures."
    page = render_report(analysis, None)
    assert page.count("no moving pictures") == 1
    assert "<dt>face</dt>" not in page


def test_without_voice_and_face_or_without_times_there_are_none() -> None:
    assert lanes(dummies.small(), STYLE, numbers(dummies.small())) is None
    assert 'id="lanes"' not in render_report(dummies.small(), None)
    untimed = dummies.untimed()
    turn = untimed.utterances[0].model_copy(update={"by_modality": {"voice": ANGRY}})
    assert lanes(untimed.model_copy(update={"utterances": [turn]}), STYLE, ["1"]) is None
