"""Teachers: what trained models say of the training talk, and of talk without labels, for a student to learn.

A student of several teachers learns the mean of what they say, which is what their ensemble would say
(Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"). Of talk that has labels in
other names, or none, it learns from the teachers alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from heartsay.atomic import read_arrays, write_arrays
from heartsay.calibration.softmax import softmax
from heartsay.conversation import Conversation
from heartsay.corpora import training_part
from heartsay.errors import DAMAGE, InputError, ModelError
from heartsay.evidence.labels import SoftLabels
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import read_talk
from heartsay.evidence.views import FULL
from heartsay.models.packed_dialogue import PackedDialogueModel
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.progress import Report, silent, track
from heartsay.training.configuration import Configuration, Distillation
from heartsay.training.examples import TrainingData
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.packed_dialogue import load_trained, torch_reader

AT_A_TIME = 64
"""Conversations that a teacher reads between two reports of progress."""


def taught(
    data: TrainingData,
    how: Distillation,
    teachers: Sequence[RunFolder],
    *,
    device: str = "cpu",
    report: Report = silent,
) -> TrainingData:
    """The training data beside what teachers say of it, and further talk that only they label.

    What each teacher says is kept in its folder, for the next student.

    Args:
        data: labelled scenes; the teachers read the first wording of each.
        how: which further talk.
        teachers: finished runs of the packed-dialogue model.
        device: torch device.
        report: progress callback; conversations as they are read.

    Raises:
        InputError: a corpus is absent or not what it claims.
        ModelError: a teacher has no weights yet.
    """
    parts = [[scene[0] for scene in data.scenes]]
    parts += [[without_labels(c) for c in training_part(name).conversations] for name in how.talk]
    soft: list[SoftLabels] = []
    for part in parts:
        each = [labels_of(run, part, device=device, report=report) for run in teachers]
        soft += [mean_labels(same) for same in zip(*each, strict=True)]
    scenes = (*data.scenes, *((c,) for part in parts[1:] for c in part))
    return replace(data, scenes=scenes, soft=tuple(soft))


def check_teachers(configuration: Configuration, teachers: Sequence[object]) -> None:
    """Refuse teachers where the configuration has no distillation, and none where it has.

    Raises:
        InputError: either is so.
    """
    wanted = configuration.distillation is not None
    if wanted != bool(teachers):
        raise InputError(
            expected="one teacher or more" if wanted else "no teacher, since there is no distillation",
            found=str(len(teachers) or "none"),
            where=f"configuration {configuration.name}",
            do="name the folders of finished runs with --teacher" if wanted else "leave --teacher out",
        )


def without_labels(conversation: Conversation) -> Conversation:
    """The words alone."""
    utterances = tuple(replace(u, emotion=None, votes=None) for u in conversation.utterances)
    return replace(conversation, utterances=utterances, pairs=None)


def labels_of(
    run: RunFolder, conversations: Sequence[Conversation], *, device: str = "cpu", report: Report = silent
) -> list[SoftLabels]:
    """What a run's best epoch says of conversations, kept in its folder under a hash of weights and words.

    Raises:
        ModelError: the run has no weights yet, or what it kept cannot be read.
    """
    model = load_trained(run).to(device)
    digest = hashlib.sha256(run.weights.read_bytes())
    for c in conversations:
        digest.update(repr([(u.speaker, u.text) for u in c.utterances]).encode("utf-8", "replace"))
    kept = run.path / f"soft-labels-{digest.hexdigest()[:16]}.npz"
    if not kept.exists():
        _save(_read(run, model, conversations, device, report), kept)
    return _load(kept, [len(c) for c in conversations])


def mean_labels(labels: Sequence[SoftLabels]) -> SoftLabels:
    """What several teachers say together of one conversation; NaN where any of them does not know."""
    emotion, pair = (np.mean([getattr(one, name) for one in labels], axis=0) for name in ("emotion", "pair"))
    return SoftLabels(emotion, pair)


def soft_labels(reading: Reading, lengths: Sequence[int]) -> list[SoftLabels]:
    """Probabilities, at a temperature of 1, of a Reading of whole conversations.

    Args:
        reading: with pairs, one row for each utterance that was read.
        lengths: utterances of each of its conversations.
    """
    emotions = softmax(np.asarray(reading.logits[FULL.name], np.float64))
    pairs = reading.pairs
    if pairs is None:
        raise ValueError("a teacher's reading must have pairs")
    labels = [
        SoftLabels(
            np.full((n, len(reading.classes)), np.nan, np.float32), np.full((n, n), np.nan, np.float32)
        )
        for n in lengths
    ]
    for k, soft in enumerate(labels):
        rows, cells = reading.conversation == k, pairs.conversation == k
        soft.emotion[reading.position[rows]] = emotions[rows]
        likely = 1 / (1 + np.exp(-np.asarray(pairs.log_odds[FULL.name][cells], np.float64)))
        soft.pair[pairs.emotion[cells], pairs.cause[cells]] = likely
    return labels


def _read(
    run: RunFolder,
    model: PackedDialogueModel,
    conversations: Sequence[Conversation],
    device: str,
    report: Report,
) -> list[SoftLabels]:
    configuration = run.configuration(Configuration)
    tokenizer, settings = encoder_tokenizer(configuration.encoder)
    reader = torch_reader(model, settings, torch.device(device), configuration.bfloat16)
    # Similar lengths together: each batch is padded to its longest.
    order = sorted(range(len(conversations)), key=lambda k: _words(conversations[k]))
    groups = [order[k : k + AT_A_TIME] for k in range(0, len(order), AT_A_TIME)]
    found: dict[int, SoftLabels] = {}
    for group in track(groups, f"{run.path.name} reads the talk that it teaches", report, "groups"):
        given = [conversations[k] for k in group]
        labels = soft_labels(read_talk(reader, given, tokenizer, settings), [len(c) for c in given])
        found |= dict(zip(group, labels, strict=True))
    return [found[k] for k in range(len(conversations))]


def _words(conversation: Conversation) -> int:
    return sum(len((u.text or "").split()) for u in conversation.utterances)


def _save(labels: Sequence[SoftLabels], path: Path) -> None:
    emotion = np.concatenate([soft.emotion for soft in labels])
    write_arrays(path, {"emotion": emotion, "pair": np.concatenate([soft.pair.ravel() for soft in labels])})


def _load(path: Path, lengths: Sequence[int]) -> list[SoftLabels]:
    try:
        stored = read_arrays(path)
        emotion, pair = stored["emotion"], stored["pair"]
        emotions = np.split(emotion, np.cumsum(lengths)[:-1])
        pairs = np.split(pair, np.cumsum(np.square(lengths))[:-1])
        return [SoftLabels(e, p.reshape(n, n)) for e, p, n in zip(emotions, pairs, lengths, strict=True)]
    except DAMAGE as error:
        first = str(error).split("\n")[0]
        raise ModelError(
            f"{path} holds no soft labels ({first}); remove it, to have them made again."
        ) from error
