"""Rows of one label each: what labels are measured on, one for an utterance or some for its annotators."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.evidence.reading import UNLABELLED, Reading

COPIES = 12
"""Rows that stand for an utterance of several annotators, dealt out by their shares; one to four annotators,
and six, divide it."""


class Labels(NamedTuple):
    """M labels of rows of a Reading.

    Attributes:
        row: place of the utterance in the Reading, (M,), ascending; several times where there are several.
        label: class index, (M,).
    """

    row: NDArray[np.int64]
    label: NDArray[np.int64]

    @property
    def utterances(self) -> int:
        """How many utterances they are of."""
        return len(np.unique(self.row))

    def taken(self, chosen: NDArray[np.bool_]) -> Labels:
        """Some of them, bool (M,)."""
        return Labels(self.row[chosen], self.label[chosen])


def gold_labels(reading: Reading) -> Labels:
    """The gold label of each row that has one."""
    rows = np.flatnonzero(reading.gold != UNLABELLED)
    return Labels(rows, reading.gold[rows])


def annotator_labels(shares: NDArray[np.float64]) -> Labels:
    """One label of each row or, if annotators differ anywhere, `COPIES` by their shares; none without shares.

    Measures that are means over labels then are means over utterances of what holds for a random annotator.

    Args:
        shares: how annotators chose, (N, C), as `read_labelled` gives them; rows of zeros have no label.
    """
    known = shares.sum(axis=1) > 0
    copies = 1 if bool((shares.max(axis=1) > 1 - 1e-6)[known].all()) else COPIES
    whole = np.floor(shares * copies + 1e-6).astype(np.int64)
    missing = np.where(known, copies - whole.sum(axis=1), 0)
    for row in np.flatnonzero(missing):
        largest = np.argsort(whole[row] - shares[row] * copies, kind="stable")[: missing[row]]
        whole[row, largest] += 1
    rows, labels = np.nonzero(whole)
    times = whole[rows, labels]
    return Labels(np.repeat(rows, times), np.repeat(labels, times))
