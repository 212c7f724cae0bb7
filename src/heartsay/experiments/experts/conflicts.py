"""The probability that two modalities disagree: fitted on development data, measured on test data.

Voice against face is fitted on CREMA-D's development actors: what people heard in the voice alone and saw in
the face alone, read from the recording and from a photograph of FER+ whose votes are like the face's. Words
against voice and against face are fitted on composed conversations of MELD's development words. Nobody of
these was trained on by the experts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heartsay import metrics
from heartsay.calibration import FLAG, ConflictCalibration, PairConflict, conflict_signs, fit_conflict
from heartsay.conversation import Conversation
from heartsay.corpora import crema_d, ferplus, load
from heartsay.corpora.casting import LabelledFaces, Recipe, choose
from heartsay.corpora.conflict import crema_d_conflict
from heartsay.corpora.conflict.matched import match_faces
from heartsay.corpora.crema_d import Clip
from heartsay.corpora.ferplus import Faces
from heartsay.experiments.experts.voice import FRAMES, split_clips
from heartsay.labels import EMOTIONS, FER_PLUS
from heartsay.metrics.checks import BoolArray, FloatArray
from heartsay.metrics.ranking import auroc
from heartsay.pipeline.emotions import calibrate
from heartsay.pipeline.modalities import SHOWN, carried
from heartsay.progress import Report, silent, track
from heartsay.runtime import Bundle, read_conversations
from heartsay.runtime.experts import Expert

MOST_SPEAKERS = 4
"""Of a conversation that is composed: the development actors are four of one gender and five of the other."""

RECIPE = Recipe(seed=0)

CREMA_D_CLIPS = (
    "CREMA-D's development actors, whose voices and faces people rated apart (a photograph of FER+ with the"
    " same ratings stands for the face)"
)
COMPOSED = "composed conversations (MELD's words, CREMA-D's voices, FER+'s faces, paired by rule)"
NO_SURPRISE = ", without surprise, which nobody could name in a voice"


@dataclass(frozen=True)
class Judged:
    """Two readings of N utterances, and whether people named different emotions.

    Attributes:
        first: distributions of the one modality over `EMOTIONS`, (N, 7).
        second: of the other.
        conflict: (N,).
        group: what belongs together, (N,).
    """

    first: FloatArray
    second: FloatArray
    conflict: BoolArray
    group: NDArray[np.str_]


def fit_and_measure(
    model: Bundle, voice: Expert, face: Expert, cache: Path, report: Report = silent
) -> tuple[ConflictCalibration, list[dict[str, Any]]]:
    """Fit a curve for each pair of modalities, and measure each on test data.

    Args:
        model: reads words.
        voice: expert of the voice.
        face: expert of the face.
        cache: folder of the voices' frames.
        report: progress callback.

    Returns:
        The curves, and a row per pair and corpus in percent.

    Raises:
        InputError: a corpus is absent or damaged.
    """
    readers = {"text": model.stamp.sha256, "voice": voice.sha256, "face": face.sha256}
    nameable = {
        "text": np.ones(len(EMOTIONS), np.bool_),
        "voice": carried(voice.labels, EMOTIONS).sum(0) > 0,
        "face": carried(face.labels, EMOTIONS).sum(0) > 0,
    }
    data = {
        split: {
            ("voice", "face", "crema-d"): crema_d_clips(voice, face, split, cache, report),
            **composed(model, voice, face, split, cache, report),
        }
        for split in ("dev", "test")
    }
    curves: dict[tuple[str, str], PairConflict] = {}
    rows = []
    for (one, two, corpus), judged in data["dev"].items():
        if (one, two) not in curves:
            said = CREMA_D_CLIPS if corpus == "crema-d" else COMPOSED
            said += NO_SURPRISE if corpus != "crema-d" and "voice" in (one, two) else ""
            signs = conflict_signs(judged.first, judged.second, nameable[one] & nameable[two])
            curves[one, two] = fit_conflict(
                (one, two), signs, judged.conflict, said, (readers[one], readers[two])
            )
        test = data["test"][one, two, corpus]
        found = curves[one, two].probability(test.first, test.second, nameable[one] & nameable[two])
        rows.append({"first": one, "second": two, "corpus": corpus, **scores(found, test)})
    return ConflictCalibration(tuple(curves.values())), rows


def scores(probability: FloatArray, judged: Judged) -> dict[str, Any]:
    """How well a probability tells conflicts from what is none, in percent."""
    conflict = judged.conflict
    flagged = probability >= FLAG
    interval = metrics.bootstrap_interval(metrics.resampled_auroc(probability, conflict), judged.group)
    confidence = np.maximum(probability, 1 - probability)
    return {
        "n": len(conflict),
        "conflicts": 100 * float(conflict.mean()),
        "auroc": 100 * auroc(probability, conflict),
        "auroc_interval": [100 * interval.low, 100 * interval.high],
        "ece": 100 * float(metrics.expected_calibration_error(confidence, flagged == conflict)),
        "flagged": 100 * float(flagged.mean()),
        "flagged_right": 100 * float(conflict[flagged].mean()) if flagged.any() else None,
        "auroc_of_labels": 100 * auroc(judged.first.argmax(1) != judged.second.argmax(1), conflict),
    }


def crema_d_clips(voice: Expert, face: Expert, split: str, cache: Path, report: Report = silent) -> Judged:
    """Clips of a split's actors of whose voice and of whose face most raters say one thing."""
    clips = {clip.id: clip for clip in split_clips(voice.fold)[split]}
    items = [i for i in crema_d_conflict().items if i.id in clips and None not in (i.voice, i.face)]
    photographs = _faces(split)
    rows = match_faces(items, photographs.votes, RECIPE.seed)
    return Judged(
        voice_readings(voice, [clips[item.id] for item in items], cache, report),
        face_readings(face, photographs.image[rows]),
        np.array([item.voice != item.face for item in items]),
        np.array([item.speaker for item in items]),
    )


def composed(
    model: Bundle, voice: Expert, face: Expert, split: str, cache: Path, report: Report = silent
) -> dict[tuple[str, str, str], Judged]:
    """Composed conversations of a split, judged by each pair of modalities.

    A recording counts only where people heard in it what it was chosen for; with the voice in the pair,
    utterances that are surprise, or whose voice was to be, are left out.
    """
    talks = [c for c in load("meld", split) if len({u.speaker for u in c.utterances}) <= MOST_SPEAKERS]
    clips, photographs = split_clips(voice.fold)[split], _faces(split)
    nothing: dict[str, Any] = {"train": [], "dev": [], "test": []}
    names = (*FER_PLUS.names, "none")  # the last is where -1 points
    emotion = [names[e] for e in photographs.emotion.tolist()]
    cast = LabelledFaces(photographs.name.tolist(), emotion, np.zeros((len(photographs), 0), np.float32))
    empty = LabelledFaces([], [], np.zeros((0, 0), np.float32))
    faces = {s: cast if s == split else empty for s in nothing}
    parts = choose(nothing | {split: talks}, nothing | {split: clips}, faces, RECIPE)[split]
    chosen = [choice for part in parts for choice in part]
    known = {clip.id: clip for clip in clips}
    used = sorted({choice.clip for choice in chosen})
    heard = dict(zip(used, voice_readings(voice, [known[id_] for id_ in used], cache, report), strict=True))
    read = {
        "text": np.concatenate([p for _, p in word_readings(model, talks, report)]),
        "voice": np.stack([heard[choice.clip] for choice in chosen]),
        "face": face_readings(face, photographs.image[[choice.row for choice in chosen]]),
    }
    said = {
        "text": np.array([choice.emotion for choice in chosen]),
        "voice": np.array([choice.voice for choice in chosen]),
        "face": np.array([choice.face for choice in chosen]),
    }
    group = np.concatenate([[c.id] * len(c) for c in talks])
    sure = np.array([choice.heard for choice in chosen])
    found = {}
    for one, two in (("text", "voice"), ("text", "face"), ("voice", "face")):
        kept = ~np.isnan(read["text"]).any(1)
        if "voice" in (one, two):
            kept &= sure & (said[one] != "surprise") & (said[two] != "surprise")
        found[one, two, "composed"] = Judged(
            read[one][kept], read[two][kept], (said[one] != said[two])[kept], group[kept]
        )
    return found


def word_readings(
    model: Bundle, conversations: Sequence[Conversation], report: Report = silent
) -> list[tuple[str, FloatArray]]:
    """What an analysis says of each conversation from its words, (T, 7) by id."""
    found = read_conversations(model, conversations, views=model.views)
    return [
        (talk.id, calibrate(reading, evidence, model.calibration).probabilities)
        for talk, evidence, reading in track(list(found), "Reading words", report, "conversations")
    ]


def voice_readings(expert: Expert, clips: Sequence[Clip], cache: Path, report: Report = silent) -> FloatArray:
    """What a voice expert hears in recordings, in the emotions of an analysis, (N, 7)."""
    frames = crema_d.voice_frames(clips, cache / FRAMES, report)
    head, rows = SHOWN["voice"], []
    for clip in track(clips, "Reading voices", report, "voices"):
        given = frames[clip.id][None].astype(np.float32)
        logits = expert.logits({"frames": given, "real": np.ones(given.shape[:2], np.bool_)})[head]
        rows.append(expert.calibration[head].apply(logits)[0])
    return _carried(np.stack(rows), expert)


def face_readings(expert: Expert, images: NDArray[np.uint8]) -> FloatArray:
    """What a face expert sees in photographs, in the emotions of an analysis, (N, 7)."""
    head = SHOWN["face"]
    parts = [images[start : start + 64] for start in range(0, len(images), 64)]
    logits = np.concatenate([expert.logits({"images": part})[head] for part in parts])
    return _carried(expert.calibration[head].apply(logits), expert)


def _carried(probabilities: FloatArray, expert: Expert) -> FloatArray:
    there = probabilities @ carried(expert.labels, EMOTIONS)
    return np.asarray(there / there.sum(1, keepdims=True))


def _faces(split: str) -> Faces:
    pools = ferplus.pools()
    return pools.test if split == "test" else pools.dev
