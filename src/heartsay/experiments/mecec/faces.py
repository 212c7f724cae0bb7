"""Faces for ECEM's clips, whose video is not here: composed from FER+, and called so wherever they are shown.

A face of FER+ shows the clip's emotion at the rate of the composed corpus and otherwise another one. DDAMFN
reads it: it was trained on FER+'s training split, so that clips for training and development are given faces
of FER+'s development split, and test clips those of its test split; it has seen none of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from heartsay.corpora.casting import Recipe, drawn_emotions
from heartsay.corpora.ecem import Ecem, Explained
from heartsay.corpora.ferplus import EMOTIONS as SEEN
from heartsay.corpora.ferplus import Faces
from heartsay.experiments.configurations import load
from heartsay.experiments.experts.face import load_faces, train_face_expert
from heartsay.metrics import accuracy
from heartsay.models.ddamfn import load_ddamfn
from heartsay.models.face_network import embed_faces
from heartsay.pipeline.expert_evaluation import evaluate_expert
from heartsay.progress import Report, silent
from heartsay.runtime.experts import Expert
from heartsay.runtime.shipped import WEIGHTS
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.face_network import FaceTraining


class Face(NamedTuple):
    """What DDAMFN says of the face of a clip.

    Attributes:
        emotion: the likeliest.
        features: (1, D), as many as its last map has channels.
    """

    emotion: str
    features: torch.Tensor


def train(folder: Path, seed: int, report: Report = silent) -> RunFolder:
    """Train DDAMFN on FER+, or go on where it was killed: about 100 minutes of one core."""
    settings = load("ddamfn")
    assert isinstance(settings, FaceTraining)
    return train_face_expert(settings, folder, seed=seed, report=report)


def chosen_faces(rows: Sequence[Explained], faces: Faces, recipe: Recipe) -> list[int]:
    """Which face each clip is given, as an index; the choice for one clip does not hang on the others."""
    by_emotion = {name: np.flatnonzero(faces.emotion == k) for k, name in enumerate(SEEN)}
    found = []
    for row in rows:
        random = np.random.default_rng([recipe.seed, zlib.crc32(row.clip.encode())])
        [emotion] = drawn_emotions([row.emotion], recipe.face_rate, random)
        found.append(int(random.choice(by_emotion[emotion])))
    return found


def read_faces(data: Ecem, weights: Path) -> dict[str, Face]:
    """What DDAMFN says of the face of every clip, by clip.

    Args:
        data: the clips.
        weights: of DDAMFN.
    """
    network, faces, recipe = load_ddamfn(weights), load_faces(), Recipe()
    found: dict[str, Face] = {}
    for rows, split in (((*data.train, *data.dev), "dev"), (data.test, "test")):
        logits, features = embed_faces(network, faces[split].image)
        for row, k in zip(rows, chosen_faces(rows, faces[split], recipe), strict=True):
            found[row.clip] = Face(SEEN[int(logits[k].argmax())], torch.from_numpy(features[k : k + 1]))
    return found


def measured(weights: Path) -> dict[str, Any]:
    """How often DDAMFN says what most people saw in FER+'s test faces, beside the expert that is shipped.

    Args:
        weights: of DDAMFN.
    """
    faces = load_faces()["test"]
    known = faces.emotion >= 0
    logits, _ = embed_faces(load_ddamfn(weights), faces.image[known])
    gold = faces.emotion[known]
    shipped = evaluate_expert(Expert.load(WEIGHTS / "face"), "test")
    return {
        "faces": int(known.sum()),
        "ddamfn": 100 * accuracy(gold, logits.argmax(1), len(SEEN)),
        "commonest": 100 * float(np.bincount(gold).max() / len(gold)),
        "shipped expert": shipped["accuracy"],
    }
