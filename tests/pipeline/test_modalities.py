from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from tests.dummies.experts import RATE, face_expert, tone, voice_expert
from tests.dummies.model import model_folder

from heartsay.analysis import Analysis
from heartsay.calibration import ConflictCalibration, conflict_signs, fit_conflict
from heartsay.conversation import Conversation, Utterance
from heartsay.errors import InputError
from heartsay.formats.analyses.json_document import SCHEMA_PATH
from heartsay.labels import CREMA_D, EMOTIONS, FER_PLUS
from heartsay.media import Signals, Voice, narrow_band
from heartsay.pipeline import analyze
from heartsay.pipeline.modalities import carried, conflict_of
from heartsay.runtime import Bundle, ModalityExperts, load_modality_experts
from heartsay.runtime.experts import Expert

LINES = ("I am so happy that you found the keys!", "She cried when the letter came.", "It was fine.")
CONVERSATION = Conversation(
    "talk",
    tuple(Utterance(str(k), "AB"[k % 2], text, 2.0 * k, 2.0 * k + 1.5) for k, text in enumerate(LINES)),
)


@pytest.fixture(scope="module")
def model() -> Bundle:
    return Bundle.load(model_folder())


@pytest.fixture(scope="module")
def experts(tmp_path_factory: pytest.TempPathFactory) -> ModalityExperts:
    root = tmp_path_factory.mktemp("experts")
    voice_expert(root / "voice")
    face_expert(root / "face")
    return load_modality_experts(weights=root)


def heard(*given: Voice | None) -> Signals:
    return Signals(voices=given)


LOW, HIGH = Voice(tone(300, 1.5), RATE), Voice(tone(3000, 1.5), RATE)


def fitted(readers: tuple[str, str], modalities: tuple[str, str] = ("text", "voice")) -> ConflictCalibration:
    """Conflict is likely where two readings lie far apart."""
    random = np.random.default_rng(0)
    one, two = random.dirichlet(np.full(7, 0.2), (2, 400))
    signs = conflict_signs(one, two, np.ones(7, bool))
    return ConflictCalibration((fit_conflict(modalities, signs, signs[:, 1] > 0.7, "noise", readers),))


def test_the_voice_stands_beside_and_moves_nothing(model: Bundle, experts: ModalityExperts) -> None:
    plain = analyze(CONVERSATION, model=model)
    found = analyze(CONVERSATION, model=model, signals=lambda c: heard(LOW, HIGH, None), experts=experts)
    for before, after in zip(plain.utterances, found.utterances, strict=True):
        assert (after.emotion, after.causes, after.moved_by) == (
            before.emotion,
            before.causes,
            before.moved_by,
        )
        assert before.by_modality is None
    first, second, third = found.utterances
    assert first.by_modality is not None
    assert second.by_modality is not None
    assert list(first.by_modality) == ["text", "voice"]
    assert first.by_modality["text"] == first.emotion.distribution
    assert max(first.by_modality["voice"], key=first.by_modality["voice"].__getitem__) == "anger"
    assert max(second.by_modality["voice"], key=second.by_modality["voice"].__getitem__) == "sadness"
    assert first.by_modality["voice"]["surprise"] == 0
    assert third.by_modality == {"text": third.emotion.distribution}
    assert third.conflict is None
    assert third.modality_notes == {"voice": "not read: no sound of this utterance"}
    (beside,) = found.modality_models or []
    assert (beside.modality, beside.cannot_name, beside.moves_decision) == ("voice", ["surprise"], False)
    assert beside.face_detector is None
    assert plain.modality_models is None


def test_what_was_filled_in_before_a_voice_was_read_is_said(
    model: Bundle, experts: ModalityExperts, tmp_path: Path
) -> None:
    weights = np.zeros((narrow_band.INPUTS, narrow_band.OUTPUTS), np.float32)
    filling = replace(experts, experts={"voice": Expert.load(voice_expert(tmp_path / "voice", weights))})
    assert filling.fingerprint != replace(experts, experts={"voice": experts.experts["voice"]}).fingerprint
    found = analyze(CONVERSATION, model=model, signals=lambda c: heard(LOW, None, None), experts=filling)
    note = (found.utterances[0].modality_notes or {})["voice"]
    assert note.startswith("it came over a narrow line: what that cut off, above 3,400 Hz")
    assert list(found.utterances[0].by_modality or {}) == ["text", "voice"]


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        (Voice(np.zeros(2 * RATE, np.float32), RATE), "silence"),
        (Voice(tone(300, 0.05), RATE), "50 ms of sound"),
        (Voice(np.zeros(0, np.float32), RATE), "0 ms of sound"),
    ],
)
def test_what_cannot_be_heard_has_no_reading(
    model: Bundle, experts: ModalityExperts, sound: Voice, why: str
) -> None:
    found = analyze(CONVERSATION, model=model, signals=lambda c: heard(sound, LOW, LOW), experts=experts)
    assert why in (found.utterances[0].modality_notes or {})["voice"]
    assert list(found.utterances[0].by_modality or {}) == ["text"]
    assert found.utterances[0].conflict is None


def test_faces_are_averaged_over_those_that_can_be_read(model: Bundle, experts: ModalityExperts) -> None:
    grain = np.random.default_rng(0).integers(0, 40, (48, 48))
    bright, dark = (np.asarray(grain + base, np.uint8) for base in (200, 10))
    tiny, middle = np.asarray(grain[:12, :12], np.uint8), np.asarray(grain + 100, np.uint8)
    faces = Signals(faces=[[bright, bright, tiny], [tiny], [middle]])
    found = analyze(CONVERSATION, model=model, signals=lambda c: faces, experts=experts)
    first, second, third = found.utterances
    assert first.by_modality is not None
    assert first.by_modality["face"]["joy"] > 0.9
    assert "12x12 pixels" in (second.modality_notes or {})["face"]
    assert "face" not in (second.by_modality or {})
    assert "left open" in (third.modality_notes or {})["face"]
    alone = analyze(
        CONVERSATION, model=model, signals=lambda c: Signals(faces=[[bright], [dark], []]), experts=experts
    )
    assert alone.utterances[0].by_modality == first.by_modality
    assert (alone.utterances[2].modality_notes or {})["face"] == "not read: no face in this utterance"


def test_why_there_is_no_face_and_what_is_doubtful_of_one_is_said(
    model: Bundle, experts: ModalityExperts
) -> None:
    grain = np.asarray(np.random.default_rng(0).integers(100, 140, (48, 48)), np.uint8)
    notes = {"face": {0: "one of 2 faces", 1: "no face was found"}, "voice": {2: "no times"}}
    given = Signals(voices=[LOW, LOW, None], faces=[[grain], [], []], notes=notes)
    found = analyze(CONVERSATION, model=model, signals=lambda c: given, experts=experts)
    first, second, third = (u.modality_notes or {} for u in found.utterances)
    assert first["face"].startswith("one of 2 faces; left open")
    assert second["face"] == "not read: no face was found"
    assert third == {"voice": "not read: no times", "face": "not read: no face in this utterance"}
    assert not any(beside.face_detector for beside in found.modality_models or [])
    found = analyze(
        CONVERSATION, model=model, signals=lambda c: replace(given, face_detector="MTCNN"), experts=experts
    )
    by_name = {beside.modality: beside.face_detector for beside in found.modality_models or []}
    assert by_name == {"voice": None, "face": "MTCNN"}
    tiny = replace(given, faces=[[grain[:12, :12]], [], []])
    found = analyze(CONVERSATION, model=model, signals=lambda c: tiny, experts=experts)
    assert "a face of 12x12 pixels" in (found.utterances[0].modality_notes or {})["face"]
    nothing = replace(given, faces=())
    found = analyze(CONVERSATION, model=model, signals=lambda c: nothing, experts=experts)
    assert (found.utterances[1].modality_notes or {})["face"] == "not read: no face was found"


def test_a_conflict_has_a_probability_where_that_was_fitted(model: Bundle, experts: ModalityExperts) -> None:
    readers = (model.stamp.sha256, experts.experts["voice"].sha256)
    with_curve = replace(experts, conflicts=fitted(readers))
    found = analyze(CONVERSATION, model=model, signals=lambda c: heard(LOW, HIGH, None), experts=with_curve)
    plain = analyze(CONVERSATION, model=model, signals=lambda c: heard(LOW, HIGH, None), experts=experts)
    for one, other in zip(found.utterances[:2], plain.utterances[:2], strict=True):
        assert one.conflict is not None
        assert other.conflict is not None
        assert one.conflict.probability is not None
        assert one.conflict.flagged == (one.conflict.probability >= 0.5)
        assert (other.conflict.probability, other.conflict.flagged) == (None, None)
        assert one.conflict.score == other.conflict.score > 0
        assert one.conflict.follows in ("text", "voice")
        label, by = one.emotion.label, one.by_modality
        assert label is not None
        assert by is not None
        gap = abs(by["text"][label] - by["voice"][label])
        assert one.conflict.follows_by == pytest.approx(gap, abs=1e-4)
    (fit,) = found.conflict_fits or []
    assert (fit.utterances, fit.same_readers, fit.fitted_on) == (400, True, "noise")
    assert plain.conflict_fits is None
    other_reader = replace(experts, conflicts=fitted(("another", readers[1])))
    doubtful = analyze(
        CONVERSATION, model=model, signals=lambda c: heard(LOW, LOW, LOW), experts=other_reader
    )
    assert not (doubtful.conflict_fits or [fit])[0].same_readers
    document = json.loads(found.model_dump_json())
    assert Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8"))).is_valid(document)
    assert Analysis.model_validate(document) == found


def test_the_likeliest_conflict_of_three_comes_first() -> None:
    everything = np.ones(7, np.bool_)
    rows = {"text": np.eye(7)[4] * 0.94 + 0.06 / 7, "voice": np.full(7, 1 / 7), "face": np.eye(7)[6]}
    found = conflict_of(rows, dict.fromkeys(rows, everything), None, 4)
    assert found is not None
    assert found.modalities == ["text", "face"]
    assert [pair.score for pair in found.pairs or []] == sorted(
        (pair.score for pair in found.pairs or []), reverse=True
    )
    assert (found.follows, found.follows_by) == ("text", pytest.approx(rows["text"][4] - 1 / 7, abs=1e-4))
    known = conflict_of(rows, dict.fromkeys(rows, everything), fitted(("a", "b")), 4)
    assert known is not None
    assert known.modalities == ["text", "voice"], "what was fitted goes before what was not"


def test_labels_without_a_counterpart_are_left_out() -> None:
    voice, face = carried(CREMA_D, EMOTIONS), carried(FER_PLUS, EMOTIONS)
    assert voice.sum(1).tolist() == [1] * 6
    assert not voice[:, EMOTIONS.index("surprise")].any()
    assert face.sum(1).tolist() == [1] * 7 + [0]


def test_what_is_missing_is_said(model: Bundle) -> None:
    nobody = ModalityExperts({})
    found = analyze(CONVERSATION, model=model, signals=lambda c: heard(LOW, HIGH, LOW), experts=nobody)
    assert found.warnings == ["the voice was not read: no expert of the voice is installed"]
    assert found.modality_models is None
    with pytest.raises(ValueError, match="2 utterances with a voice, of 3"):
        analyze(CONVERSATION, model=model, signals=lambda c: heard(LOW, HIGH), experts=nobody)


def test_experts_in_place_of_those_that_come_along(tmp_path: Path) -> None:
    mine = voice_expert(tmp_path / "mine")
    assert load_modality_experts({"voice": mine}, tmp_path / "none").experts["voice"].name == "dummy voice"
    with pytest.raises(InputError, match="expected an expert of the face, found one of the voice"):
        load_modality_experts({"face": mine})
    with pytest.raises(InputError, match="no such folder"):
        load_modality_experts({"voice": tmp_path / "absent"})
