"""A bundle that reads voices beside words: what is absent or hidden cannot move it, what is there can."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.dummies.conversations import make_conversation
from tests.dummies.model import LONGEST, build_calibration, model_folder
from torch import Tensor, nn

from heartsay.analysis import Emotion, MovedBy
from heartsay.calibration import RemovalMixture
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.tokens import TokenSettings
from heartsay.evidence.views import OWN_CONTEXT, without
from heartsay.labels import LabelSpace
from heartsay.pipeline.emotions import calibrate, distributions, emotions, moved_by
from heartsay.runtime import Bundle

LABELS = LabelSpace(("calm", "merry", "cross"), neutral=0)
WIDTH, VOICE = 6, 4
TALK = make_conversation("t", ("A", "Help me."), ("B", "Fine."), ("A", "What happened?"), ("B", "Nothing."))
VOICES = np.random.default_rng(1).normal(size=(4, VOICE)).astype(np.float32)
HEARD = np.array([True, True, False, True])
FILL = (0.5, -0.5, 0.25, 0.0, 1.0, -1.0)


class Words(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary, WIDTH)

    def forward(self, tokens: Tensor, owner: Tensor, speaker: Tensor) -> Tensor:
        rows = torch.arange(speaker.shape[1])
        member = (owner[:, None, :] == rows[None, :, None]).float()
        means: Tensor = member @ self.table(tokens) / member.sum(-1, keepdim=True).clamp(min=1)
        return means


class Fusion(nn.Module):
    """Every row draws on the mean of all; it is told what is present and what may be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.joint, self.marks = nn.Linear(2 * WIDTH, len(LABELS)), nn.Linear(2, len(LABELS))
        self.alone = nn.Linear(WIDTH, len(LABELS))

    def forward(self, text: Tensor, voice: Tensor, present: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        both = torch.cat([text, voice], -1)
        seen = visible.float()
        context = seen @ both / seen.sum(-1, keepdim=True)
        return self.joint(both + context) + self.marks(present.float()), self.alone(voice)


def write_graph(module: nn.Module, inputs: dict[str, Tensor], outputs: tuple[str, ...], path: Path) -> None:
    length = {name: {1: "length"} for name in ("tokens", "owner")}
    rows = {name: {1: "rows"} for name in inputs} | {"visible": {1: "rows", 2: "rows"}}
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={name: (rows | length)[name] for name in inputs},
        opset_version=18,
        dynamo=False,
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("voices")
    shutil.copy(model_folder() / "tokenizer.json", root)
    tokens = torch.tensor([[2, 7, 8, 3, 7, 3]])
    owner, speaker = torch.tensor([[-1, 0, 0, 0, 1, 1]]), torch.tensor([[0, 1]])
    packed = {"tokens": tokens, "owner": owner, "speaker": speaker}
    write_graph(Words(300), packed, ("vectors",), root / "words.onnx")
    hear = nn.Sequential(nn.Linear(VOICE, WIDTH), nn.Tanh())
    write_graph(hear, {"voice": torch.ones(1, 2, VOICE)}, ("vectors",), root / "voice.onnx")
    vectors = torch.ones(1, 2, WIDTH)
    seen = {"present": torch.ones(1, 2, 2).bool(), "visible": torch.ones(1, 2, 2).bool()}
    fused = {"text": vectors, "voice": vectors, **seen}
    write_graph(Fusion(), fused, ("emotion", "emotion_voice"), root / "fusion.onnx")
    (text,) = build_calibration().emotions
    mixture = RemovalMixture(("full", "without_voice"), (0.5, 0.5), 1.0)
    both = replace(text, modalities=("text", "voice"), mixture=mixture)
    fitted = [text, both, replace(text, modalities=("voice",))]
    calibration = replace(build_calibration(), emotions=tuple(fitted), pairs=None, links=None)
    (root / "calibration.json").write_text(json.dumps(calibration.to_dict()))
    graphs = {role: f"{role}.onnx" for role in ("words", "voice", "fusion")}
    files = (*graphs.values(), "tokenizer.json", "calibration.json")
    facts = {
        "format": 2,
        "name": "voices",
        "version": "0",
        "labels": list(LABELS),
        "neutral": LABELS.neutral,
        "tokens": TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=LONGEST).to_dict(),
        "graphs": graphs,
        "modalities": {"text": {"width": WIDTH}, "voice": {"width": VOICE, "fill": FILL}},
        "sha256": {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in files},
    }
    (root / "model.json").write_text(json.dumps(facts))
    return Bundle.load(root)


def with_voices(
    bundle: Bundle, voices: np.ndarray = VOICES, heard: np.ndarray = HEARD, talk: Conversation = TALK
) -> Evidence:
    return bundle.evidence(talk, {"voice": voices}, {"voice": heard})


def test_the_folder_says_what_it_reads(bundle: Bundle) -> None:
    assert bundle.labels == LABELS
    assert list(bundle.modalities) == ["text", "voice"]
    names = [view.name for view in bundle.views(with_voices(bundle))]
    assert names == ["without_text", "without_voice", "own_context", "other_context"]
    assert [view.name for view in bundle.views(bundle.evidence(TALK))] == ["own_context", "other_context"]


def test_a_voice_moves_the_reading_and_an_absent_one_cannot(bundle: Bundle) -> None:
    def full(voices: np.ndarray) -> np.ndarray:
        return np.asarray(bundle.read([with_voices(bundle, voices)]).logits["full"])

    before = full(VOICES)
    noise = np.where(HEARD[:, None], VOICES, 99.0).astype(np.float32)
    np.testing.assert_array_equal(full(noise), before)
    other = VOICES.copy()
    other[0] += 1.0
    assert (full(other) != before).all()  # every row draws on the mean


def test_without_voices_it_reads_as_where_there_are_none(bundle: Bundle) -> None:
    view = without("voice")
    removed = bundle.read([with_voices(bundle)], [view]).logits[view.name]
    none = bundle.read([bundle.evidence(TALK)]).logits["full"]
    np.testing.assert_allclose(removed, none, atol=1e-6)


def test_context_is_hidden_with_its_voice(bundle: Bundle) -> None:
    def own(voices: np.ndarray) -> np.ndarray:
        return np.asarray(bundle.read([with_voices(bundle, voices)], [OWN_CONTEXT]).logits["own_context"])

    other = VOICES.copy()
    other[0] += 9.0  # of the speaker of the third utterance too
    before, after = own(VOICES), own(other)
    np.testing.assert_array_equal(before[2], after[2])
    assert (before[1] != after[1]).all()


def described(
    bundle: Bundle, evidence: Evidence, talk: Conversation = TALK
) -> tuple[list[Emotion], list[Any], list[MovedBy]]:
    reading = bundle.read([evidence], bundle.views(evidence))
    found = calibrate(reading, evidence, bundle.calibration)
    rows = range(len(talk))
    alone = [distributions(LABELS.names, found.by_modality, t) for t in rows]
    return emotions(bundle, talk, evidence, found, 0.9), alone, [moved_by(found, t) for t in rows]


def test_each_modality_alone_and_what_it_moved_are_told(bundle: Bundle) -> None:
    found, alone, moved = described(bundle, with_voices(bundle))
    assert [sorted(part or ()) for part in alone] == [["voice"], ["voice"], [], ["voice"]]
    assert all(emotion.label in LABELS.names for emotion in found)
    assert [part.without_voice is None for part in moved] == [False] * 4  # the third draws on the others
    assert moved[2].without_text is None  # nothing would be left of it
    assert moved[0].without_text is not None


def test_an_utterance_without_words_is_read_by_its_voice_or_not_at_all(bundle: Bundle) -> None:
    turns = enumerate(TALK.utterances)
    talk = replace(TALK, utterances=tuple(replace(u, text=None) if t in (1, 2) else u for t, u in turns))
    found, _, _ = described(bundle, with_voices(bundle, talk=talk), talk)
    assert found[1].label in LABELS.names
    assert (found[2].label, found[2].abstain_reason) == (None, "no words were given for this utterance")


def test_what_was_calibrated_for_less_is_said(bundle: Bundle) -> None:
    (_, both, voice) = bundle.calibration.emotions
    evidence = with_voices(bundle)
    reading = bundle.read([evidence])
    alone = replace(both, modalities=("text",), mixture=voice.mixture)
    fitted = replace(bundle.calibration, emotions=(alone,))
    found = calibrate(reading, evidence, fitted)
    assert found.warnings == ("confidence was fitted for text alone, not for text and voice: it may be off",)


def test_features_of_another_width_are_refused(bundle: Bundle) -> None:
    with pytest.raises(InputError, match="4 numbers per utterance of voice"):
        with_voices(bundle, np.zeros((4, 9), np.float32))
