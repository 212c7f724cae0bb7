"""Small runs of every kind of task, a few epochs of a few batches each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.dummies.encoder import CAUSED, FELT, configuration, encoder_folder, training_data
from tests.dummies.evidence import feature_corpus
from tests.dummies.pairs import pair_corpus

from heartsay.corpora.ferplus import Faces
from heartsay.labels import EMOTIONS
from heartsay.objectives.rpcl import ARMS
from heartsay.training.feature_configuration import FeatureConfiguration
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.backbone import train_backbone
from heartsay.training.tasks.face_network import FaceTraining, train_face_network
from heartsay.training.tasks.packed_dialogue import train_packed_dialogue
from heartsay.training.tasks.pair_scorer import PairConfiguration, train_pairs
from heartsay.training.tasks.utterance_encoder import FineTuning, LabelledUtterances, fine_tune
from heartsay.training.tasks.voice_network import Voices, VoiceTraining, train_voice_network

SEED = 7
NEVER, ALWAYS = 1e9, 1e-9
"""Seconds between saved states."""


class Killed(BaseException):
    """Stands for a kill that a process cannot refuse."""


def kill_at(epoch: int, step: int | None, messages: int = 0) -> Callable[[dict[str, Any]], None]:
    """Kill there, at the end of the epoch if no step is given, once so many messages have come."""
    come: list[str] = []

    def report(row: dict[str, Any]) -> None:
        come.extend([row["message"]] if "message" in row else [])
        if (row.get("epoch"), row.get("step")) == (epoch, step) and len(come) >= messages:
            raise Killed

    return report


def contents(run: RunFolder) -> dict[str, bytes]:
    """Every file of a run."""
    return {str(p.relative_to(run.path)): p.read_bytes() for p in run.path.rglob("*") if p.is_file()}


def backbone_configuration(objective: str = "base", **changes: Any) -> FeatureConfiguration:
    """Settings of a tiny backbone."""
    values: dict[str, Any] = {
        "name": "tiny",
        "corpus": "dummy",
        "backbone": {"name": "evidence-attention", "settings": {"width": 8, "layers": 1, "heads": 2}},
        "objective": {"name": objective},
        "epochs": 3,
        "batch_size": 4,
        "learning_rate": 0.01,
    }
    return FeatureConfiguration.model_validate({**values, **changes})


def pair_configuration(arm: str = "rpcl", **changes: Any) -> PairConfiguration:
    """Settings of a small pair scorer."""
    settings: dict[str, Any] = {
        "scorer": {"width": 16, "pair_width": 8},
        "epochs": 4,
        "batch_size": 8,
        "learning_rate": 5e-3,
    }
    return PairConfiguration(name=arm, objective=ARMS[arm], **{**settings, **changes})


def fine_tuning(encoder: Path | None = None, **changes: Any) -> FineTuning:
    """Settings of a short fine-tuning."""
    rates = {"encoder_learning_rate": 1e-2, "head_learning_rate": 1e-2}
    return FineTuning(encoder=str(encoder or encoder_folder()), **{"batch_tokens": 96, **rates, **changes})


def face_training(**changes: Any) -> FaceTraining:
    """Settings of a short training of the face network."""
    return FaceTraining(**{"epochs": 3, "batch_size": 16, "learning_rate": 2e-3, **changes})


def utterances() -> LabelledUtterances:
    """The utterances of our labelled conversations, by themselves."""
    spoken = [(f"{c.id}_{u.id}", u) for c in (*CAUSED, *FELT) for u in c.utterances]
    emotion = tuple(EMOTIONS.index(u.emotion or "") for _, u in spoken)
    return LabelledUtterances({id_: u.text or "" for id_, u in spoken}, emotion, len(EMOTIONS))


def faces(count: int = 60, seed: int = 0, prefix: str = "a") -> Faces:
    """Bright above is joy, bright below is sadness; noise else."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 160, (count, 48, 48))
    joy = random.random(count) < 0.5
    image[joy, :24] += 60
    image[~joy, 24:] += 60
    votes = np.zeros((count, 10), np.uint8)
    votes[np.arange(count), np.where(joy, 1, 3)] = 10
    return Faces(image.astype(np.uint8), votes, np.array([f"{prefix}{k}" for k in range(count)]))


def voice_training(**changes: Any) -> VoiceTraining:
    """Settings of a short training of a small voice network."""
    settings = {"epochs": 3, "batch_size": 16, "learning_rate": 5e-3, "channels": (4, 6, 8), "dropout": 0.1}
    return VoiceTraining(**{**settings, "bfloat16": False, **changes})


def voices(count: int = 48, seed: int = 0, prefix: str = "a") -> Voices:
    """Loud high bands are anger, loud low bands sadness, as acted and as heard; noise else."""
    random = np.random.default_rng(seed)
    acted = np.where(random.random(count) < 0.5, 0, 5)
    frames = []
    for emotion in acted:
        rows = random.normal(-40, 6, (int(random.integers(20, 45)), 64))
        rows[:, 40:] += 25 * (emotion == 0)
        rows[:, :24] += 25 * (emotion == 5)
        frames.append(rows.astype(np.float16))
    heard = np.full((count, 6), 0.04, np.float32)
    heard[np.arange(count), acted] = 0.8
    return Voices(tuple(f"{prefix}{k}" for k in range(count)), tuple(frames), heard, acted)


def all_voices() -> dict[str, Voices]:
    """Voices to train on and others to evaluate on."""
    return {"train": voices(), "dev": voices(20, 1, "b")}


KINDS = ("packed dialogue", "backbone", "pair scorer", "utterance encoder", "face network", "voice network")
RATES: dict[str, tuple[str, ...]] = {
    "packed dialogue": ("encoder_learning_rate", "head_learning_rate"),
    "utterance encoder": ("encoder_learning_rate", "head_learning_rate"),
}
"""Names of the learning rates, `learning_rate` if not told."""


def train_tiny(
    kind: str,
    folder: Path,
    *,
    encoder: Path | None = None,
    seed: int = SEED,
    changes: Any = None,
    **options: Any,
) -> RunFolder:
    """Train a small run of a kind of task, with other settings where `changes` has them."""
    changes = changes or {}
    if kind == "packed dialogue":
        train_packed_dialogue(configuration(encoder, **changes), seed, training_data(), folder, **options)
    elif kind == "backbone":
        corpus = feature_corpus(sizes=(12, 5, 5), lengths=(1, 7), seed=0)
        train_backbone(backbone_configuration(**changes), corpus, seed, folder, **options)
    elif kind == "pair scorer":
        train_pairs(pair_configuration(**changes), pair_corpus(), seed, folder, **options)
    elif kind == "utterance encoder":
        fine_tune(utterances(), fine_tuning(encoder, **changes), folder, seed=seed, **options)
    elif kind == "voice network":
        train_voice_network(all_voices(), folder, voice_training(**changes), seed=seed, **options)
    else:
        train_face_network(faces(), folder, face_training(**changes), seed=seed, **options)
    return RunFolder(folder)
