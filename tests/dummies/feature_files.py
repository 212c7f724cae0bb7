"""Small files with the structure of the field's four feature files, filled with noise of our own.

Every builder gives the items as a list, so that a test can spoil one before writing.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

MELD_DIALOGUES = (118, 3)
"""Dialogues listed as training, of which the last 114 are development, and as test."""

IEMOCAP_TRAINING = ("Ses01F_impro01", "Ses01M_script02", "Ses02F_impro01", "Ses03M_impro04", "Ses04F_impro02")
IEMOCAP_TEST = ("Ses05F_impro01", "Ses05M_script01")


def write(path: Path, items: Sequence[Any], protocol: int = 2) -> Path:
    """Pickle the items as one list."""
    path.write_bytes(pickle.dumps(list(items), protocol=protocol))
    return path


def meld_items(widths: tuple[int, int, int] = (6, 3, 4)) -> list[Any]:
    """The ten items of `MELD_features_raw1.pkl`; two utterances per dialogue and three in the first."""
    random = np.random.default_rng(0)
    training, test = MELD_DIALOGUES
    keys = list(range(training + test))
    lengths = {key: 3 if key == 0 else 2 for key in keys}
    return [
        {key: [str(k) for k in range(n)] for key, n in lengths.items()},
        {key: [one_hot(8 - k % 2) for k in range(n)] for key, n in lengths.items()},
        {key: [int(random.integers(7)) for _ in range(n)] for key, n in lengths.items()},
        *(
            {key: list(random.normal(size=(n, width)).astype(np.float32)) for key, n in lengths.items()}
            for width in widths
        ),
        {key: [f"Sentence {k} of {key}." for k in range(n)] for key, n in lengths.items()},
        keys[:training],
        keys[training:],
        {},
    ]


def iemocap_items(widths: tuple[int, int, int] = (5, 7, 4)) -> list[Any]:
    """The nine items of `IEMOCAP_features.pkl`; three utterances per dialogue, vectors of 64 bits."""
    random = np.random.default_rng(1)
    keys = [*IEMOCAP_TRAINING, *IEMOCAP_TEST]
    return [
        {key: [f"{key}_{sex}00{k}" for k, sex in enumerate("FMF")] for key in keys},
        {key: ["F", "M", "F"] for key in keys},
        {key: [int(random.integers(6)) for _ in range(3)] for key in keys},
        *({key: [random.normal(size=width) for _ in range(3)] for key in keys} for width in widths),
        {key: [f"Line {k} of {key}." for k in range(3)] for key in keys},
        list(IEMOCAP_TRAINING),
        list(IEMOCAP_TEST),
    ]


def meld_roberta_items(width: int = 4) -> list[Any]:
    """The eleven items of `meld_features_roberta.pkl`, of the dialogues and labels of `meld_items`."""
    ids, speakers, labels, *_ = meld_items()
    random = np.random.default_rng(2)
    keys = list(ids)
    sentiments = {key: [0] * len(ids[key]) for key in keys}
    training = MELD_DIALOGUES[0] - 114
    return [
        speakers,
        labels,
        sentiments,
        *_layers(ids, width, random),
        {key: ["Words."] * len(ids[key]) for key in keys},
        keys[:training],
        keys[MELD_DIALOGUES[0] :],
        keys[training : MELD_DIALOGUES[0]],
    ]


def iemocap_roberta_items(width: int = 4) -> list[Any]:
    """The ten items of `iemocap_features_roberta.pkl`, of the dialogues and labels of `iemocap_items`."""
    ids, speakers, labels, *_ = iemocap_items()
    return [
        speakers,
        labels,
        *_layers(ids, width, np.random.default_rng(3)),
        {key: ["Words."] * 3 for key in ids},
        list(IEMOCAP_TRAINING[:4]),
        list(IEMOCAP_TEST),
        list(IEMOCAP_TRAINING[4:]),
    ]


def one_hot(speaker: int) -> np.ndarray[Any, Any]:
    """A speaker of nine."""
    return np.asarray(np.eye(9, dtype=np.int64)[speaker])


def _layers(ids: dict[Any, list[str]], width: int, random: np.random.Generator) -> list[dict[Any, Any]]:
    return [
        {key: list(random.normal(size=(len(row), width)).astype(np.float32)) for key, row in ids.items()}
        for _ in range(4)
    ]
