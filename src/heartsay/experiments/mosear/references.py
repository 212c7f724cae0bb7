"""What arms are read against: the commonest class, a regression, and what knowing both sides gives."""

from __future__ import annotations

import numpy as np

from heartsay.evidence.corpus import EvidenceCorpus
from heartsay.evidence.evidence import IntArray
from heartsay.evidence.reading import UNLABELLED
from heartsay.experiments.cmerc.floors import regression
from heartsay.experiments.mosear.work import Sides, side_classes

MAJORITY, REGRESSION, SIDES_KNOWN = "majority", "logistic regression", "sides known"


def predictions(
    corpus: EvidenceCorpus, modalities: tuple[str, ...], known: Sides
) -> dict[str, dict[str, int]]:
    """The class of each labelled test utterance, by its id, by what says it.

    `majority` is the commonest class of the development split; `logistic regression` reads the vectors of
    single utterances. `sides known` is no reader but a reference for those that read voice and face and no
    words, and is left out where there are words: it is told what voice and face show, and says what was the
    commonest label of such utterances in training. That is about the best for accuracy on single utterances,
    and no bound of other scores, nor of what context can add.

    Args:
        corpus: standardised.
        modalities: that the regression is given.
        known: what voice and face show.
    """
    utterances, gold = _labelled(corpus, "test")
    _, development = _labelled(corpus, "dev")
    commonest = int(np.bincount(development).argmax())
    said = {
        MAJORITY: np.full(len(gold), commonest),
        REGRESSION: regression(corpus, modalities),
    }
    if "text" not in modalities:
        said[SIDES_KNOWN] = _by_sides(corpus, utterances, known)
    return {name: dict(zip(utterances, map(int, guesses), strict=True)) for name, guesses in said.items()}


def _by_sides(corpus: EvidenceCorpus, utterances: list[str], known: Sides) -> IntArray:
    classes = len(corpus.classes)
    trained_on, gold = _labelled(corpus, "train")
    counts = np.zeros((classes + 1, classes + 1, classes))  # the last of a side is one that is not known
    np.add.at(counts, (*side_classes(known, trained_on, corpus.classes), gold), 1)
    # Of sides that never came together, and of equals, the commoner label.
    counts += np.bincount(gold, minlength=classes) / (len(gold) + 1)
    return np.asarray(counts[side_classes(known, utterances, corpus.classes)].argmax(-1))


def _labelled(corpus: EvidenceCorpus, split: str) -> tuple[list[str], IntArray]:
    """Ids and labels of the labelled utterances of a split."""
    parts = corpus.splits[split]
    gold = np.concatenate([c.emotion for c in parts])
    ids = [u for c in parts for u in c.evidence.utterances]
    return [u for u, label in zip(ids, gold, strict=True) if label != UNLABELLED], gold[gold != UNLABELLED]
