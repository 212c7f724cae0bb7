"""What teachers say becomes the targets of a student: read once, kept, averaged, and mixed with the gold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.encoder import (
    CAUSED,
    FELT,
    HELD_BACK,
    configuration,
    roberta_folder,
    tokenizer_and_settings,
    training_data,
)
from tests.dummies.runs import contents

from heartsay.corpora.leaks import Cleaned
from heartsay.errors import InputError, ModelError
from heartsay.evidence.labels import SoftLabels, label_packs, soften
from heartsay.evidence.readings import read_talk
from heartsay.labels import EMOTIONS
from heartsay.training import distillation
from heartsay.training.batches import gold_tensors
from heartsay.training.configuration import Distillation
from heartsay.training.distillation import check_teachers, labels_of, mean_labels, taught, without_labels
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.packed_dialogue import PackedDialogueTask, load_trained, torch_reader
from heartsay.training.tasks.packed_dialogue import train_packed_dialogue as train


@pytest.fixture(scope="module")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> list[RunFolder]:
    """Two teachers, one with an encoder of another kind."""
    root = tmp_path_factory.mktemp("teachers")
    settings = (configuration(epochs=1), configuration(roberta_folder(), epochs=1))
    return [train(s, 1, training_data(), root / str(k)) for k, s in enumerate(settings)]


def softly(length: int, seed: int = 0) -> SoftLabels:
    random = np.random.default_rng(seed)
    emotion = random.dirichlet(np.ones(len(EMOTIONS)), length).astype(np.float32)
    return SoftLabels(emotion, random.random((length, length), dtype=np.float32))


def test_a_teacher_says_what_its_model_reads(teachers: list[RunFolder]) -> None:
    given = [HELD_BACK[0], CAUSED[0]]  # the first is too long for one window
    labels = labels_of(teachers[0], given)
    tokenizer, settings = tokenizer_and_settings()
    reader = torch_reader(load_trained(teachers[0]), settings, torch.device("cpu"))
    reading = read_talk(reader, [CAUSED[0]], tokenizer, settings)
    expected = np.exp(reading.logits["full"] - reading.logits["full"].max(1, keepdims=True))
    np.testing.assert_allclose(labels[1].emotion, expected / expected.sum(1, keepdims=True), atol=1e-4)
    assert reading.pairs is not None
    odds = reading.pairs.log_odds["full"].reshape(len(CAUSED[0]), -1)
    np.testing.assert_allclose(labels[1].pair, 1 / (1 + np.exp(-odds)), atol=1e-4)
    assert labels[0].emotion.shape == (len(HELD_BACK[0]), len(EMOTIONS))
    assert np.isfinite(labels[0].emotion).all()
    assert np.isnan(labels[0].pair[0, -1])  # no window shows the first and the last together
    assert np.isfinite(np.diagonal(labels[0].pair)).all()


def test_what_a_teacher_says_is_read_once_and_anew_of_other_words(
    teachers: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = labels_of(teachers[0], FELT)
    kept = len(list(teachers[0].path.glob("soft-labels-*")))
    with monkeypatch.context() as patch:
        patch.setattr(distillation, "torch_reader", None)
        again = labels_of(teachers[0], [without_labels(c) for c in FELT])
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.emotion, other.emotion)
        np.testing.assert_array_equal(one.pair, other.pair)
    labels_of(teachers[0], FELT[:1])
    assert len(list(teachers[0].path.glob("soft-labels-*"))) == kept + 1


def test_soft_labels_that_were_cut_short_are_named(teachers: list[RunFolder]) -> None:
    labels_of(teachers[1], FELT[1:])
    (path,) = set(teachers[1].path.glob("soft-labels-*"))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelError, match=f"{path.name} holds no soft labels"):
        labels_of(teachers[1], FELT[1:])
    path.unlink()


def test_a_teacher_without_weights_is_refused(teachers: list[RunFolder], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no trained weights"):
        labels_of(RunFolder(tmp_path), FELT)


def test_several_teachers_say_their_mean_and_nothing_where_one_is_silent() -> None:
    one, other = softly(3, 1), softly(3, 2)
    other.pair[0, 2] = np.nan
    mean = mean_labels([one, other])
    np.testing.assert_allclose(mean.emotion, (one.emotion + other.emotion) / 2)
    assert np.isnan(mean.pair[0, 2])
    assert np.isnan(mean.pair).sum() == 1
    np.testing.assert_allclose(mean.emotion.sum(1), 1, atol=1e-6)


def test_targets_are_the_shares_of_gold_and_teacher() -> None:
    tokenizer, settings = tokenizer_and_settings()
    (item,) = label_packs(CAUSED[0], tokenizer, settings)
    soft = softly(len(CAUSED[0]))
    mixed = soften(item, soft, emotions=0.6, pairs=0.25)
    onehot = np.eye(len(EMOTIONS))[item.emotion]
    assert mixed.shares is not None
    assert mixed.pair is not None
    assert item.pair is not None
    np.testing.assert_allclose(mixed.shares, 0.4 * onehot + 0.6 * soft.emotion, atol=1e-6)
    np.testing.assert_allclose(mixed.pair, 0.75 * item.pair + 0.25 * soft.pair, atol=1e-6)
    assert mixed.paired is item.paired


def test_without_gold_the_teacher_stands_alone_and_where_it_is_silent_the_gold_does() -> None:
    tokenizer, settings = tokenizer_and_settings()
    soft = softly(len(FELT[0]))
    soft.emotion[1], soft.pair[2, 3] = np.nan, np.nan
    (unlabelled,) = label_packs(without_labels(FELT[0]), tokenizer, settings)
    alone = soften(unlabelled, soft, 0.5, 0.5)
    assert alone.shares is not None
    assert alone.pair is not None
    np.testing.assert_array_equal(alone.shares[[0, 2, 3]], soft.emotion[[0, 2, 3]])
    assert not alone.shares[1].any()
    gold = gold_tensors([alone], torch.device("cpu"))
    assert gold.pair_known[0, 2, 3] == 0
    assert gold.pair_known.sum() == len(FELT[0]) ** 2 - 1
    assert torch.isfinite(gold.pair).all()
    (labelled,) = label_packs(FELT[0], tokenizer, settings)
    mixed = soften(labelled, soft, 0.5, 0.5)
    assert mixed.shares is not None
    assert mixed.shares[1].argmax() == labelled.emotion[1]
    assert mixed.shares[1].max() == 1


def test_a_student_learns_the_scenes_and_talk_that_only_teachers_label(
    teachers: list[RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = tuple(replace(c, id=f"more-{c.id}") for c in FELT)
    monkeypatch.setattr(distillation, "training_part", lambda name: Cleaned(talk, {}))
    how, data = Distillation(talk=("other",)), training_data()
    given = taught(data, how, teachers)
    assert [s[0].id for s in given.scenes] == [s[0].id for s in data.scenes] + [c.id for c in talk]
    assert all(u.emotion is None for (c,) in given.scenes[-len(talk) :] for u in c.utterances)
    assert given.soft is not None
    assert [len(s.emotion) for s in given.soft] == [len(scene[0]) for scene in given.scenes]
    assert given.fingerprint() != data.fingerprint()
    settings = configuration(distillation=how.model_dump(), epochs=1)
    task = PackedDialogueTask(settings, 1, given, torch.device("cpu"))
    assert all(p.shares is not None for scene in task.wordings for packs in scene for p in packs)
    run = train(settings, 1, given, tmp_path / "student")
    plain = train(configuration(epochs=1), 1, data, tmp_path / "plain")
    assert contents(run)["model.safetensors"] != contents(plain)["model.safetensors"]


@pytest.mark.parametrize("teachers_given", [0, 2])
def test_teachers_and_distillation_belong_together(teachers_given: int) -> None:
    settings = configuration(**({} if teachers_given else {"distillation": {}}))
    with pytest.raises(InputError, match="--teacher"):
        check_teachers(settings, range(teachers_given))
    check_teachers(configuration(**({"distillation": {}} if teachers_given else {})), range(teachers_given))
