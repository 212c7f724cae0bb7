"""Fitting all calibrators of a model on its readings of development conversations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from heartsay.calibration import (
    PAIR_FEATURES,
    Calibration,
    EmotionCalibration,
    LinkSelection,
    RemovalMixture,
    decide,
    filled,
    fit_abstention,
    fit_conformal,
    fit_decision,
    fit_link_selection,
    fit_logistic_calibration,
    fit_precision_threshold,
    fit_removal_mixture,
    fit_temperature,
    link_features,
    pair_features,
    temperature_mixture,
)
from heartsay.errors import ModelError
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.views import FULL
from heartsay.experiments.release.manifest import replace_file
from heartsay.metrics import top_label
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.pipeline.evaluation import emotion_logits, neutral_probability, past_pairs, read_split
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle
from heartsay.training.run_folder import RunFolder

ACCEPTED_RISK = 1 / 3
"""Highest error rate among readings that are not abstained from. Asking for one in four would leave more
than half of MELD's development utterances open; one in three leaves a third."""

FELT_PRECISION = 0.8
"""Of the utterances found to be felt, so many shall be: one false find in five is what a person who goes
through them is asked to bear."""


def fit_calibration(meld: Reading, ecf: Reading) -> Calibration:
    """Fit confidence and choice of emotions, sets and abstention on MELD, those of pairs and links on ECF.

    Confidence is fitted on all of ECF's conversations. The selection of links, which gives a guarantee,
    shares nothing with it but the readings: every fourth conversation, counted in the order of the split,
    fits a score of its own, the others calibrate its threshold (`calibration.links` says why). What remains
    is that the epoch was chosen by its scores on the same conversations.

    Args:
        meld: of MELD's development conversations; read under views too, the calibration gets a part for what
            they say together.
        ecf: of ECF's development conversations.
    """
    labelled = meld.rows(meld.gold != UNLABELLED)
    temperature = fit_temperature(labelled.logits[FULL.name], labelled.gold)
    emotions = [_fit_emotions(labelled, temperature_mixture(temperature))]
    if len(labelled.logits) > 1:
        emotions.append(_fit_emotions(labelled, fit_removal_mixture(filled(labelled.logits), labelled.gold)))
    calibration = Calibration(tuple(emotions))
    table = ecf.annotated_pairs()
    past = past_pairs(ecf)
    features = pair_features(
        table.log_odds, neutral_probability(ecf, calibration), table.emotion - table.cause
    )[past]
    pairs = fit_logistic_calibration(features, table.gold[past], PAIR_FEATURES)
    _, threshold = best_threshold(pairs.apply(features), table.gold[past], table.gold_pairs)
    return replace(calibration, pairs=pairs, pair_threshold=threshold, links=_fit_links(ecf))


def _fit_emotions(labelled: Reading, mixture: RemovalMixture) -> EmotionCalibration:
    """Decision, prediction sets and abstention for what a mixture makes of the rows of a Reading."""
    probabilities = mixture.apply(filled(labelled.logits))
    weights = fit_decision(probabilities)
    decided = decide(probabilities, np.array(weights))
    confidence, correct = top_label(probabilities, labelled.gold, decided)
    sets = fit_conformal(probabilities, labelled.gold, labelled.conversation)
    abstention = fit_abstention(confidence, correct, labelled.conversation, risk=ACCEPTED_RISK)
    neutral = labelled.classes.index("neutral")
    felt = fit_precision_threshold(
        1.0 - probabilities[:, neutral], labelled.gold != neutral, precision=FELT_PRECISION
    )
    return EmotionCalibration(
        labelled.modalities, mixture, sets, abstention, decision=weights, felt_threshold=felt
    )


def _fit_links(ecf: Reading) -> LinkSelection:
    table, past = ecf.annotated_pairs(), past_pairs(ecf)
    logits, neutral = emotion_logits(ecf), ecf.classes.index("neutral")
    features = link_features(table.log_odds, logits, table.emotion - table.cause, neutral)
    return fit_link_selection(features[past], table.gold[past], table.conversation[past], PAIR_FEATURES)


def calibrate_run(run: RunFolder) -> Calibration:
    """Fit the calibration of a run's checkpoint on the development readings that the run kept.

    Raises:
        ModelError: the run has none yet, or was killed while it wrote them.
    """
    paths = [run.readings(f"{corpus}-dev") for corpus in ("meld", "ecf")]
    if not all(path.exists() for path in paths):
        raise ModelError(f"{run.path} holds no readings of development data yet; finish `heartsay train`.")
    meld, ecf = (Reading.load(path) for path in paths)
    return fit_calibration(meld, ecf)


def calibrate_exported(folder: Path, report: Report = silent) -> Calibration:
    """Fit an exported model's calibration on its own readings of development data, and store it there.

    Storing weights as integers moves the scores a little, so what was fitted to the checkpoint is fitted
    anew.

    Raises:
        InputError: the corpora are not there.
        ModelError: this is not the folder of an exported model.
    """
    model = Bundle.load(folder)
    meld, ecf = (read_split(model, corpus, "dev", report)[0] for corpus in ("meld", "ecf"))
    calibration = fit_calibration(meld, ecf)
    replace_file(folder, "calibration.json", json.dumps(calibration.to_dict(), indent=1) + "\n")
    return calibration
