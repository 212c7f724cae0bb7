"""Fitting all calibrators of a model on its readings of development conversations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from heartsay.calibration import (
    PAIR_FEATURES,
    REMOVAL_VIEWS,
    AbstentionRule,
    Calibration,
    ConformalSets,
    LinkSelection,
    RemovalCalibration,
    Temperature,
    fit_abstention,
    fit_conformal,
    fit_link_selection,
    fit_logistic_calibration,
    fit_removal_mixture,
    fit_temperature,
    link_features,
    pair_features,
)
from heartsay.errors import ModelError
from heartsay.evidence import Readings
from heartsay.experiments.release.evaluate import read_split
from heartsay.experiments.release.manifest import replace_file
from heartsay.metrics import top_label
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.runtime import ExportedModel
from heartsay.training.run_folder import RunFolder

ACCEPTED_RISK = 1 / 3
"""Highest error rate among readings that are not abstained from. Asking for one in four would leave more
than half of MELD's development utterances open; one in three leaves a third."""

FUTURE_THRESHOLD = 0.5
"""A cause that comes later is shown only if it is likelier than not: 4% of ECF's pairs are of this kind,
too few on development data to choose a threshold by."""


def fit_calibration(meld: Readings, ecf: Readings) -> Calibration:
    """Fit emotion calibration, sets and abstention on MELD, pair confidence and choice of links on ECF.

    Confidence is fitted on all of ECF's conversations. The selection of links, which gives a guarantee,
    shares nothing with it but the readings: every fourth conversation, counted in the order of the split,
    fits a score of its own, the others calibrate its threshold (`calibration.links` says why). What remains
    is that the epoch was chosen by its scores on the same conversations.

    Args:
        meld: readings of MELD's development conversations; with `removed`, the calibration gets its part for
            readings without context.
        ecf: readings of ECF's development conversations.
    """
    emotion = fit_temperature(meld.logits, meld.emotion)
    sets, abstention = _fit_rules(emotion.apply(meld.logits), meld)
    features = readings_features(ecf, emotion)
    pairs = fit_logistic_calibration(features, ecf.pair, PAIR_FEATURES)
    decodable = ecf.pair_cause <= ecf.pair_emotion
    _, threshold = best_threshold(pairs.apply(features)[decodable], ecf.pair[decodable], ecf.gold_pairs)
    return Calibration(
        emotion=emotion,
        sets=sets,
        abstention=abstention,
        pairs=pairs,
        pair_threshold=threshold,
        future_threshold=FUTURE_THRESHOLD,
        links=_fit_links(ecf),
        removals=None if meld.removed is None else _fit_removals(meld, meld.removed),
    )


def _fit_removals(meld: Readings, removed: Mapping[str, NDArray[np.float64]]) -> RemovalCalibration:
    logits = {REMOVAL_VIEWS[0]: meld.logits, **removed}
    mixture = fit_removal_mixture({view: logits[view] for view in REMOVAL_VIEWS}, meld.emotion)
    return RemovalCalibration(mixture, *_fit_rules(mixture.apply(logits), meld))


def _fit_rules(probabilities: NDArray[np.float64], meld: Readings) -> tuple[ConformalSets, AbstentionRule]:
    """Prediction sets and abstention for calibrated distributions (N, 7) of the rows of the readings."""
    confidence, correct = top_label(probabilities, meld.emotion)
    return (
        fit_conformal(probabilities, meld.emotion, meld.conversation),
        fit_abstention(confidence, correct, meld.conversation, risk=ACCEPTED_RISK),
    )


def _fit_links(ecf: Readings) -> LinkSelection:
    past = ecf.pair_cause <= ecf.pair_emotion
    features = link_features(ecf.pair_log_odds, ecf.pair_logits, ecf.pair_emotion - ecf.pair_cause)
    return fit_link_selection(features[past], ecf.pair[past], ecf.pair_conversation[past], PAIR_FEATURES)


def readings_features(readings: Readings, emotion: Temperature) -> NDArray[np.float64]:
    """The features of every pair that was read, (P, 5)."""
    neutral = emotion.apply(readings.pair_logits)[:, 0]
    return pair_features(readings.pair_log_odds, neutral, readings.pair_emotion - readings.pair_cause)


def calibrate_run(run: RunFolder) -> Calibration:
    """Fit the calibration of a run's checkpoint on the development readings that the run kept.

    Raises:
        ModelError: the run has none yet, or was killed while it wrote them.
    """
    paths = [run.readings(f"{corpus}-dev") for corpus in ("meld", "ecf")]
    if not all(path.exists() for path in paths):
        raise ModelError(f"{run.path} holds no readings of development data yet; finish `heartsay train`.")
    try:
        meld, ecf = (Readings.load(path) for path in paths)
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelError(
            f"{run.path} holds readings of development data that cannot be read ({error}); finish "
            "`heartsay train`."
        ) from error
    return fit_calibration(meld, ecf)


def calibrate_exported(folder: Path) -> Calibration:
    """Fit an exported model's calibration on its own readings of development data, and store it there.

    Storing weights as int8 moves the scores a little, so what was fitted to the checkpoint is fitted anew.

    Raises:
        InputError: the corpora are not there.
        ModelError: this is not the folder of an exported model.
    """
    model = ExportedModel.load(folder)
    meld, ecf = (read_split(model, corpus, "dev")[0] for corpus in ("meld", "ecf"))
    calibration = fit_calibration(meld, ecf)
    replace_file(folder, "calibration.json", json.dumps(calibration.to_dict(), indent=1) + "\n")
    return calibration
