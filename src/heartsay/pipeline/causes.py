"""From a Reading to causes: which pairs of utterances are listed, and how sure each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heartsay.conversation import Conversation
from heartsay.evidence.reading import Reading
from heartsay.evidence.readings import utterance_means
from heartsay.evidence.views import FULL
from heartsay.explanation import CitedUtterance
from heartsay.pipeline.emotions import CHANGE_DIGITS
from heartsay.runtime import Bundle

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Pairs(NamedTuple):
    """The pairs of one conversation that were seen together, each once, ascending.

    Attributes:
        emotion: index of the utterance with the emotion, (P,).
        cause: index of the utterance that may be its cause, (P,).
        log_odds: uncalibrated, (P,); a mean over the windows that show the pair.
    """

    emotion: IntArray
    cause: IntArray
    log_odds: FloatArray


def mean_pairs(reading: Reading, length: int) -> Pairs:
    """The pairs of one conversation of `length` utterances, weighted by what each window reads of them."""
    table = reading.pairs
    if table is None or table.weight is None:
        none = np.zeros(0, np.int64)
        return Pairs(none, none, np.zeros(0))
    keys, place = np.unique(table.emotion * length + table.cause, return_inverse=True)
    total = np.bincount(place, weights=table.weight)
    mean = np.bincount(place, weights=table.weight * table.log_odds[FULL.name]) / total
    return Pairs(keys // length, keys % length, mean)


def likely_causes(
    model: Bundle,
    conversation: Conversation,
    reading: Reading,
    false_discovery_rate: float | None,
    felt: Sequence[bool] | None = None,
) -> list[list[CitedUtterance]]:
    """The likely causes of each utterance, surest first.

    That the emotion may be neutral has gone into the confidence of the pair, which is best for the F1 of
    pairs. A person who reads of a cause takes a feeling for granted, so `analyze` shows causes only of
    utterances in which a feeling is found. A rule for the false discovery rate chooses for itself: fewer
    links than it lets through would no longer be those that it makes its promise of.

    Args:
        model: what read it.
        conversation: what was read.
        reading: what came of it.
        false_discovery_rate: by which links are chosen; None for the likely ones.
        felt: of each utterance whether a feeling is found in it; None takes no account of that.

    Utterances that come later are never listed. 3% of the causes in ECF's development conversations do, and
    the surest 25 of such pairs held 4 right ones in one trained model and none in another.
    """
    causes: list[list[CitedUtterance]] = [[] for _ in conversation.utterances]
    calibration, neutral = model.calibration, model.labels.neutral
    i, j, log_odds = mean_pairs(reading, len(conversation))
    past = j <= i
    i, j, log_odds = i[past], j[past], log_odds[past]
    if not len(i) or calibration.pairs is None or neutral is None:
        return causes
    try:
        emotion = calibration.for_reading(reading.modalities)  # what the curve of pairs was fitted beside
    except ValueError:
        return causes  # nothing was fitted for what there was to read
    logits = utterance_means(reading, np.asarray(reading.logits[FULL.name]), len(conversation))
    read = ~np.isnan(logits).any(axis=1)
    unfelt = np.full(len(conversation), np.nan)
    unfelt[read] = emotion.apply({FULL.name: logits[read]}, np.zeros(read.sum(), np.int64))[:, neutral]
    confidence = calibration.pair_confidence(log_odds, unfelt[i], i - j)
    if false_discovery_rate is None:
        likely = confidence >= calibration.pair_threshold
        if felt is not None:
            likely &= np.asarray(felt, np.bool_)[i]
    else:
        likely = calibration.show_links(log_odds, logits[i], i - j, false_discovery_rate, neutral)
    chosen = np.nonzero(likely)[0]
    for k in chosen[np.argsort(-confidence[chosen], kind="stable")].tolist():
        of, by = int(i[k]), int(j[k])
        cause = conversation.utterances[by]
        direction: Literal["past", "self"] = "self" if by == of else "past"
        sure = round(float(confidence[k]), CHANGE_DIGITS)
        causes[of].append(CitedUtterance(cause.id, cause.speaker, cause.text or "", sure, direction))
    return causes
