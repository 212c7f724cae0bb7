"""What a calibration makes of a reading: labels, prediction sets, abstention and how sure it is."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.dummies.conversations import make_conversation, random_conversation
from tests.dummies.model import build_calibration, model_folder, recalibrated, with_removals

from heartsay.calibration import ConformalSets, EmotionCalibration, ProjectData, Sureness
from heartsay.errors import InputError
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.labels import EMOTIONS
from heartsay.pipeline import analyze, load_model
from heartsay.pipeline.emotions import UNLIKE, calibrate, round_distribution
from heartsay.runtime import Bundle, read_conversations


def answering_over(threshold: float) -> EmotionCalibration:
    (alone,) = build_calibration().emotions
    return replace(alone, abstention=replace(alone.abstention, threshold=threshold))


def test_a_higher_coverage_never_takes_an_emotion_out(model: Bundle) -> None:
    conversation = random_conversation(2, 20)
    before: list[set[str]] = [set() for _ in conversation.utterances]
    for coverage in (0.3, 0.6, 0.8, 0.9, 0.95):
        analysis = analyze(conversation, model=model, coverage=coverage)
        sets = [set(u.emotion.set) for u in analysis.utterances]
        assert all(small <= large for small, large in zip(before, sets, strict=True))
        assert analysis.coverage == coverage
        before = sets
    assert analysis.warnings == []


def test_a_coverage_that_cannot_be_promised_warns_and_leaves_nothing_out(model: Bundle) -> None:
    analysis = analyze(random_conversation(2, 3), model=model, coverage=0.99)  # 40 conversations: 40/41
    assert all(len(u.emotion.set) == 7 for u in analysis.utterances)
    assert "40 conversations" in analysis.warnings[-1]
    assert "97.6%" in analysis.warnings[-1]


def test_what_sets_of_an_adapted_model_can_hold_is_called_an_estimate(model: Bundle) -> None:
    sets = ConformalSets("lac", 10, (0.5,), (20 / 21,), expected=10)
    emotions = tuple(replace(e, sets=sets) for e in model.calibration.emotions)
    own = model.adapted(model.folder, replace(model.calibration, emotions=emotions), "0" * 64)
    (warning,) = analyze(random_conversation(2, 3), model=own, coverage=0.99).warnings
    assert "the 10 labelled conversations that the model was adapted to" in warning
    assert "95.2% at most be estimated" in warning


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 90, math.nan, "0.9"])
def test_a_coverage_out_of_range_is_refused(model: Bundle, coverage: float) -> None:
    with pytest.raises(InputError, match="coverage"):
        analyze(random_conversation(0, 1), model=model, coverage=coverage)


def test_a_label_is_decided_by_weights_and_its_confidence_is_its_probability(tmp_path: Path) -> None:
    conversation = random_conversation(4, 40)
    plain = recalibrated(tmp_path / "plain", emotions=(answering_over(0.5),))
    fear = EMOTIONS.index("fear")
    weights = tuple(1.5 if k == fear else 0.0 for k in range(len(EMOTIONS)))
    deciding = replace(answering_over(0.5), decision=weights)
    model = recalibrated(tmp_path / "weighed", emotions=(deciding,))
    before, after = (analyze(conversation, model=m, evidence="always") for m in (plain, model))
    moved = 0
    for then, now in zip(before.utterances, after.utterances, strict=True):
        assert now.emotion.distribution == then.emotion.distribution
        weighed = {
            n: p * np.exp(w) for (n, p), w in zip(now.emotion.distribution.items(), weights, strict=True)
        }
        assert now.emotion.label == max(weighed, key=weighed.get)
        assert now.emotion.confidence == now.emotion.distribution[now.emotion.label]
        assert now.emotion.label in now.emotion.set
        assert set(now.emotion.set) == {*then.emotion.set, now.emotion.label}
        assert now.emotion.abstain == (now.emotion.confidence <= 0.5)
        if now.emotion.label == then.emotion.label:
            assert now.moved_by == then.moved_by
        else:
            moved += 1
            assert now.emotion.label == "fear"
            assert now.emotion.abstain  # a label that is not the most probable cannot be over a half
    assert 0 < moved < len(conversation)


def test_an_unsure_reading_abstains_and_says_why(tmp_path: Path) -> None:
    model = recalibrated(tmp_path, emotions=(answering_over(0.5),))
    for utterance in analyze(random_conversation(4, 40), model=model).utterances:
        assert utterance.emotion.abstain == (utterance.emotion.confidence <= 0.5)
        if utterance.emotion.abstain:
            assert utterance.emotion.abstain_reason == "the model is not sure enough of it"
            assert "is not over 50.0%" in str(utterance.emotion.abstain_figures)
            assert "at most 30%" in str(utterance.emotion.abstain_figures)


@pytest.mark.parametrize("text", ["Я так счастлив!", "我好开心啊", "είμαι καλά", "もう無理 ok"])
def test_other_scripts_abstain(model: Bundle, text: str) -> None:
    utterance = analyze(make_conversation("c", ("A", text)), model=model).utterances[0]
    assert "outside the English vocabulary" in str(utterance.emotion.abstain_reason)


@pytest.mark.parametrize("text", ["Leave me alone, this is awful.", "Café at the river", "?!", "3.50"])
def test_english_does_not_abstain_for_its_script(tmp_path: Path, text: str) -> None:
    model = recalibrated(tmp_path, emotions=(answering_over(0.0),))
    utterance = analyze(make_conversation("Nora", ("Nora", text)), model=model).utterances[0]
    assert utterance.emotion.abstain_reason is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=7).filter(lambda p: sum(p) > 1e-3))
def test_rounding_keeps_sum_and_order(values: list[float]) -> None:
    probabilities = np.array(values) / sum(values)
    rounded = round_distribution(probabilities, digits=4)
    assert round(sum(rounded) * 10_000) == 10_000
    np.testing.assert_allclose(rounded, probabilities, atol=1.01e-4)
    for i, j in itertools.permutations(range(len(values)), 2):
        # What differs by the rounding of floats alone has no order to keep.
        assert not (probabilities[i] > probabilities[j] + 1e-12 and rounded[i] < rounded[j])


def test_without_its_views_a_conversation_keeps_the_rules_of_the_full_reading(tmp_path: Path) -> None:
    mixing = recalibrated(tmp_path, emotions=with_removals(build_calibration()).emotions)
    conversation = random_conversation(11, 5)
    with_views, without = (analyze(conversation, model=mixing, evidence=e) for e in ("always", "never"))
    plain = analyze(conversation, model=load_model(model_folder()), evidence="never")
    assert [u.emotion for u in without.utterances] == [u.emotion for u in plain.utterances]
    # The mixture's own mark for answering is higher in this calibration.
    assert sum(u.emotion.abstain for u in with_views.utterances) > sum(
        u.emotion.abstain for u in without.utterances
    )
    assert [u.causes for u in with_views.utterances] == [u.causes for u in without.utterances]


def test_what_context_moved_is_counted_from_the_full_reading(tmp_path: Path) -> None:
    mixing = recalibrated(tmp_path, emotions=with_removals(build_calibration()).emotions)
    conversation = random_conversation(12, 5)
    analysis = analyze(conversation, model=mixing, evidence="always")
    ((_, evidence, reading),) = read_conversations(mixing, [conversation], views=mixing.views)
    found = calibrate(reading, evidence, mixing.calibration)
    other = found.views["other_context"]
    for t, utterance in enumerate(analysis.utterances):
        k = EMOTIONS.index(utterance.emotion.label)
        moved = utterance.moved_by.other_context
        assert moved == pytest.approx(other[t, k] - found.whole[t, k], abs=1e-4)


def test_a_conversation_that_is_surer_than_usual_is_read_less_surely_and_called_unlike(
    tmp_path: Path, model: Bundle
) -> None:
    conversation = random_conversation(0, 8)
    before = analyze(conversation, model=model, evidence="never")
    assert before.calibration is None
    assert "calibration" not in json.loads(before.model_dump_json())
    projects = (
        ProjectData("meld", "dev", 113, 1092, "home"),
        ProjectData("reccon", "train", 120, 1258, "other"),
    )
    (alone,) = build_calibration().emotions
    usual = Sureness(1.0, mean=0.01, spread=0.01, weight=0.0, slope=0.1, unlike=3.0)
    for unlike, sureness in ((True, usual), (False, replace(usual, mean=1.0))):
        emotions = (replace(alone, sureness=sureness),)
        found = analyze(
            conversation,
            model=recalibrated(tmp_path / str(unlike), emotions=emotions, projects=projects),
            evidence="never",
        )
        note = found.calibration
        assert note is not None
        assert [(p.corpus, p.role) for p in note.projects] == [("meld", "home"), ("reccon", "other")]
        assert note.unlike is unlike
        assert (UNLIKE in found.warnings) is unlike
        assert note.surer == (pytest.approx(note.surer) if unlike else 0.0)
        for old, new in zip(before.utterances, found.utterances, strict=True):
            assert old.emotion.label == new.emotion.label
            sure, now = old.emotion.confidence or 0.0, new.emotion.confidence or 0.0
            assert now < sure if unlike else now == sure
        Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).validate(
            json.loads(found.model_dump_json())
        )
