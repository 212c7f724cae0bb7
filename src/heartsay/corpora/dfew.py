"""DFEW: clips of faces from films with one of seven emotions, in five published folds.

Jiang et al., "DFEW: A Large-Scale Database for Recognizing Dynamic Facial Expressions in the Wild", ACM MM
2020, doi:10.1145/3394171.3413620. For research, under an agreement with its makers:
https://dfew-dataset.github.io. As published: 16,372 clips, of which those with one clear emotion are in the
folds.

Files: `EmoLabel_DataSplit/{train,test}(single-labeled)/set_K.csv`, K from 1 to 5, with the columns video_name
and label, 1 to 7.
"""

from __future__ import annotations

from pathlib import Path

from heartsay.corpora.refusal import refuse
from heartsay.corpora.tables import read_table
from heartsay.labels import LabelSpace
from heartsay.metrics import accuracy, unweighted_average_recall
from heartsay.metrics.checks import IntArray

LABELS = LabelSpace(("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear"), neutral=2)
"""In the order of the published numbers, which start at 1."""

FOLDS = 5
DO = "give the folder that holds EmoLabel_DataSplit, as its makers hand it out"


def read_dfew(folder: Path, split: str, fold: int) -> dict[str, str]:
    """The emotion of each clip of a fold's split, by the clip's name.

    Args:
        folder: that holds `EmoLabel_DataSplit`.
        split: `train` or `test`.
        fold: from 1 to 5, as published.

    Raises:
        InputError: no such split, fold or table, a column is missing, a clip twice, a label that is none, or
            a clip that the fold trains and tests on.
    """
    if split not in ("train", "test"):
        refuse("split of DFEW", "train or test", repr(split), "choose one of these")
    if fold not in range(1, FOLDS + 1):
        refuse("fold of DFEW", f"a number from 1 to {FOLDS}", str(fold), "choose one of the published folds")
    parts = {name: _read(folder, name, fold) for name in ("train", "test")}
    both = sorted(set(parts["train"]) & set(parts["test"]))
    if both:
        refuse(folder, f"no clip in both splits of fold {fold}", f"{both[0]} in both", DO)
    return parts[split]


def dfew_score(emotion: IntArray, prediction: IntArray) -> dict[str, float]:
    """The field's two scores in [0, 1]: `uar`, the mean recall of the classes, and `war`, the accuracy.

    Raises:
        ValueError: indices out of range or of different length.
    """
    return {
        "uar": unweighted_average_recall(emotion, prediction, len(LABELS)),
        "war": accuracy(emotion, prediction, len(LABELS)),
    }


def _read(folder: Path, split: str, fold: int) -> dict[str, str]:
    path = folder / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / f"set_{fold}.csv"
    found: dict[str, str] = {}
    emotions = {str(number): emotion for number, emotion in enumerate(LABELS.names, 1)}
    for row in read_table(path, ("video_name", "label"), DO):
        name, label = row["video_name"], row["label"]
        if name in found:
            refuse(f"{path}, clip {name}", "each clip once", "it twice", DO)
        if label not in emotions:
            refuse(f"{path}, clip {name}", f"a label from 1 to {len(LABELS)}", repr(label), DO)
        found[name] = emotions[label]
    return found
