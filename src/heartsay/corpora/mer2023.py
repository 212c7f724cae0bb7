"""MER2023: clips of Chinese films and series with one of six emotions and a valence.

Lian et al., "MER 2023: Multi-label Learning, Modality Robustness, and Semi-Supervised Learning", ACM MM 2023,
doi:10.1145/3581783.3612836. For research, under an agreement with its makers: http://merchallenge.cn. As
published: 3,373 clips to train on, and tests of 411 (MULTI), 412 (NOISE) and 834 (SEMI).

Files: `train-label.csv`, `test1-label.csv`, `test2-label.csv` and `test3-label.csv` with the columns name,
discrete and, but for test3, valence; in the folder itself or in one of its folders. No folds are published:
`folds` deals the training clips out to five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heartsay.corpora.refusal import refuse
from heartsay.corpora.tables import read_table
from heartsay.labels import LabelSpace
from heartsay.metrics import weighted_f1
from heartsay.metrics.checks import FloatArray, IntArray, finite, same_length

LABELS = LabelSpace(("neutral", "angry", "happy", "sad", "worried", "surprise"), neutral=0)

SPLITS = ("train", "test1", "test2", "test3")
"""The training clips, and the tests MULTI, NOISE and SEMI."""

EXPECTED = {"train": 3_373, "test1": 411, "test2": 412, "test3": 834}
NO_VALENCE = -10.0
"""What stands in published tables where nobody rated the valence."""

DO = "give the folder with the tables as the challenge's makers hand them out"


@dataclass(frozen=True, slots=True)
class RatedClip:
    """One clip: its name, its emotion out of `LABELS`, and its valence if it was rated."""

    name: str
    emotion: str
    valence: float | None


def read_mer2023(folder: Path, split: str) -> list[RatedClip]:
    """The clips of a split in the order of its table.

    Raises:
        InputError: no such split or table, a column is missing, a clip twice, or a label that is none.
    """
    if split not in SPLITS:
        refuse("split of MER2023", ", ".join(SPLITS), repr(split), "choose one of these")
    paths = sorted(folder.rglob(f"{split}-label.csv"))
    if len(paths) != 1:
        found = "none" if not paths else " and ".join(str(path.relative_to(folder)) for path in paths)
        refuse(folder, f"one {split}-label.csv", found, DO)
    clips: dict[str, RatedClip] = {}
    for row in read_table(paths[0], ("name", "discrete"), DO):
        where = f"{paths[0]}, clip {row['name']}"
        if row["name"] in clips:
            refuse(where, "each clip once", "it twice", DO)
        if row["discrete"] not in LABELS.names:
            refuse(where, f"an emotion out of {', '.join(LABELS)}", repr(row["discrete"]), DO)
        clips[row["name"]] = RatedClip(row["name"], row["discrete"], _valence(row.get("valence", ""), where))
    return list(clips.values())


def folds(clips: Sequence[RatedClip], count: int = 5, seed: int = 0) -> IntArray:
    """The fold of each clip, (N,), from 0; the sizes differ by one at most."""
    order = np.random.default_rng(seed).permutation(len(clips))
    fold = np.empty(len(clips), np.int64)
    fold[order] = np.arange(len(clips)) % count
    return fold


def mer2023_score(
    emotion: IntArray, prediction: IntArray, valence: FloatArray, valence_prediction: FloatArray
) -> float:
    """The challenge's score of MULTI and NOISE: weighted F1 less a quarter of the valence's squared error.

    At most 1, higher is better, and below 0 where valence is far off. SEMI is scored by weighted F1 alone.

    Args:
        emotion: index in `LABELS` of each clip, (N,).
        prediction: the same as predicted.
        valence: as rated, (N,).
        valence_prediction: as predicted.

    Raises:
        ValueError: other lengths, indices out of range, or a valence that nobody rated.
    """
    rated = finite(valence, "valence", dimensions=1)
    guessed = finite(valence_prediction, "valence_prediction", dimensions=1)
    same_length(emotion=np.asarray(emotion), valence=rated, valence_prediction=guessed)
    if (rated == NO_VALENCE).any():
        raise ValueError("valence holds -10, which stands for none; score such clips by weighted F1 alone")
    return weighted_f1(emotion, prediction, len(LABELS)) - 0.25 * float(np.mean((rated - guessed) ** 2))


def _valence(cell: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        refuse(where, "a valence", repr(cell), DO)
    return None if value == NO_VALENCE else value
