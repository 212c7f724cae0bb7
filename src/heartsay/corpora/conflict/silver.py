"""A silver conflict benchmark: what each modality shows is what a model of that modality alone says.

The models must not have seen the clip: probabilities are out of fold (`out_of_fold`) and temperature-scaled
on clips that neither trained the model nor are labelled by it. A modality has a label only where the model is
sure enough and by a margin. Such a set says where unimodal models disagree with the whole, which is often
their weakness and not a conflict; `against` says how far it can be trusted where people's labels are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.calibration import fit_temperature
from heartsay.calibration.softmax import softmax
from heartsay.corpora.conflict.subsets import SUBSETS, ConflictBenchmark
from heartsay.corpora.refusal import refuse
from heartsay.metrics.checks import FloatArray, IntArray, group_numbers, probability_rows

SURE, MARGIN = 0.5, 0.2
"""How probable the leading label must be, and how far ahead of the next, to count."""

Fit = Callable[[NDArray[np.floating], IntArray], Callable[[NDArray[np.floating]], FloatArray]]
"""From features (N, D) and labels (N,) to what gives logits (M, C) of features (M, D)."""


class Agreement(NamedTuple):
    """How a silver subset compares with people's, in [0, 1]; NaN where one of them is empty.

    Attributes:
        precision: share of the silver subset's clips that people put there too.
        recall: share of people's subset that the silver one holds.
        silver: clips in the silver subset, of those that people decided.
        human: clips in people's subset.
    """

    precision: float
    recall: float
    silver: int
    human: int


def silver(
    benchmark: ConflictBenchmark,
    voice: Mapping[str, FloatArray],
    face: Mapping[str, FloatArray],
    *,
    sure: float = SURE,
    margin: float = MARGIN,
) -> ConflictBenchmark:
    """The benchmark with what models say in place of people's labels of voice and face.

    Args:
        benchmark: whose clips and whole labels are kept.
        voice: distribution over the labels, (C,), by clip; a clip without one is undecided.
        face: the same of the face.
        sure: least probability of a label.
        margin: least distance to the next.

    Raises:
        InputError: a distribution is none, or of other labels.
    """
    named = {
        channel: {
            id_: decided(row, benchmark.labels.names, sure, margin, f"{channel} of {id_}")
            for id_, row in rows.items()
        }
        for channel, rows in (("voice", voice), ("face", face))
    }
    items = tuple(
        replace(i, voice=named["voice"].get(i.id), face=named["face"].get(i.id)) for i in benchmark.items
    )
    lacking = sum(i.id not in voice or i.id not in face for i in items)
    facts = {
        "labels": "of the whole clip as before; of voice and face what unimodal models say with a "
        f"probability of {sure:g} or more, {margin:g} ahead of the next",
        "without predictions": f"{lacking} of {len(items)} clips, which are undecided",
    }
    return ConflictBenchmark(f"{benchmark.name}-silver", benchmark.labels, items, silver=True, facts=facts)


def decided(
    row: FloatArray, names: tuple[str, ...], sure: float, margin: float, where: str = "a distribution"
) -> str | None:
    """The label that a distribution, (C,), is sure of, if any.

    Raises:
        InputError: it is none over these labels.
    """
    try:
        shares = probability_rows(np.asarray(row)[None])[0]
    except ValueError as error:
        refuse(where, "a distribution over the labels", str(error), "give calibrated probabilities")
    if len(shares) != len(names):
        refuse(where, f"{len(names)} probabilities", str(len(shares)), "give one for each label")
    second, first = np.sort(shares)[-2:]
    return names[int(shares.argmax())] if first >= sure and first - second >= margin else None


def against(made: ConflictBenchmark, human: ConflictBenchmark) -> dict[str, Agreement]:
    """How each silver subset compares with people's, over the clips that people decided.

    Raises:
        InputError: the two have other clips.
    """
    theirs = {item.id: item.subset for item in human.items if item.subset != "undecided"}
    ours = {item.id: item.subset for item in made.items}
    if not set(theirs) <= set(ours):
        lacking = min(set(theirs) - set(ours))
        refuse(made.name, f"the clips of {human.name}", f"no {lacking}", "make both of the same clips")
    found: dict[str, Agreement] = {}
    for subset in SUBSETS[:-1]:
        silver_ids = {id_ for id_ in theirs if ours[id_] == subset}
        human_ids = {id_ for id_, other in theirs.items() if other == subset}
        both = len(silver_ids & human_ids)
        found[subset] = Agreement(
            both / len(silver_ids) if silver_ids else float("nan"),
            both / len(human_ids) if human_ids else float("nan"),
            len(silver_ids),
            len(human_ids),
        )
    return found


def out_of_fold(
    features: NDArray[np.floating], labels: IntArray, group: NDArray[np.str_], fit: Fit, folds: int = 5
) -> FloatArray:
    """Calibrated probabilities, (N, C), of models that have not seen the clip, nor anybody of its group.

    Each fold is read by a model that was trained on all others but one; that one fits its temperature.

    Args:
        features: of one modality, (N, D).
        labels: what the models learn, (N,).
        group: speaker or dialogue of each clip, (N,).
        fit: trains one model.
        folds: how many, three at least.

    Raises:
        InputError: fewer than three folds, or fewer groups than folds.
    """
    number = group_numbers(group)
    groups = int(number.max()) + 1
    if folds < 3 or groups < folds:
        expected = f"three folds at least, and no more than the {groups} groups"
        refuse("out-of-fold predictions", expected, str(folds), "choose another number of folds")
    fold_of = np.random.default_rng(0).permutation(np.arange(groups) % folds)[number]
    probabilities = np.empty((len(labels), 0))
    for fold in range(folds):
        held = (fold + 1) % folds
        trained = (fold_of != fold) & (fold_of != held)
        logits = fit(features[trained], labels[trained])
        temperature = fit_temperature(logits(features[fold_of == held]), labels[fold_of == held])
        read = softmax(np.asarray(logits(features[fold_of == fold]), np.float64) / temperature.value)
        if not probabilities.shape[1]:
            probabilities = np.empty((len(labels), read.shape[1]))
        probabilities[fold_of == fold] = read
    return probabilities
