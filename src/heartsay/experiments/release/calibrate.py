"""Fitting all calibrators of a model on its readings of development conversations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from heartsay.calibration import (
    PAIR_FEATURES,
    Calibration,
    EmotionCalibration,
    LinkSelection,
    ProjectData,
    ProjectLabels,
    RemovalMixture,
    Sureness,
    Temperature,
    decide,
    filled,
    fit_abstention,
    fit_decision,
    fit_link_selection,
    fit_logistic_calibration,
    fit_precision_threshold,
    fit_removal_mixture,
    fit_sets,
    fit_shift,
    fit_slope,
    fit_sureness,
    fit_temperature,
    link_features,
    pair_features,
    shifted,
    temperature_mixture,
)
from heartsay.corpora import get, load, relabelled
from heartsay.errors import ModelError
from heartsay.evidence.reading import UNLABELLED, Reading
from heartsay.evidence.views import FULL
from heartsay.experiments.release.manifest import replace_file
from heartsay.experiments.release.other_projects import HOME, read_other_projects
from heartsay.labels import LabelSpace
from heartsay.metrics import top_label
from heartsay.metrics.pair_decoding import best_threshold
from heartsay.pipeline.evaluation import emotion_logits, neutral_probability, past_pairs, read_split
from heartsay.progress import Report, silent
from heartsay.runtime import Bundle
from heartsay.training.run_folder import RunFolder

ACCEPTED_RISK = 1 / 3
"""Highest error rate among readings that are not abstained from. Asking for one in four would leave more
than half of MELD's development utterances open; one in three leaves a third. Where other projects' labels
count too, on which the model is wrong more often, one in three leaves more open."""

FELT_PRECISION = 0.8
"""Of the utterances found to be felt, so many shall be: one false find in five is what a person who goes
through them is asked to bear."""


def fit_calibration(
    meld: Reading,
    ecf: Reading,
    others: Mapping[str, Reading] | None = None,
    felt_share: float | None = None,
) -> Calibration:
    """Fit confidence and choice of emotions, sets and abstention on MELD, those of pairs and links on ECF.

    Where there are readings of other projects' talk, `calibration.projects` says what is fitted to them:
    confidence is softened and sets are widened, as far as home's own calibration allows. The mark to abstain
    by is then fitted to MELD and to each of them together.

    Confidence is fitted on all of ECF's conversations. The selection of links, which gives a guarantee,
    shares nothing with it but the readings: every fourth conversation, counted in the order of the split,
    fits a score of its own, the others calibrate its threshold (`calibration.links` says why). What remains
    is that the epoch was chosen by its scores on the same conversations.

    Args:
        meld: of MELD's development conversations; read under views too, the calibration gets a part for what
            they say together.
        ecf: of ECF's development conversations.
        others: of training conversations of other projects, by corpus.
        felt_share: share of felt utterances for which the probability of a feeling is to be right; None
            leaves it at what neutral leaves.
    """
    abroad = others or {}
    labelled = meld.rows(meld.gold != UNLABELLED)
    temperature = fit_temperature(labelled.logits[FULL.name], labelled.gold)
    mixtures = [temperature_mixture(temperature)]
    if len(labelled.logits) > 1:
        mixtures.append(fit_removal_mixture(filled(labelled.logits), labelled.gold))
    readings = [meld, ecf, *abroad.values()]
    emotions = tuple(
        _fit_emotions(mixture, readings[:2], readings[2:], temperature, felt_share) for mixture in mixtures
    )
    projects = [
        ProjectData(corpus, split, len(reading.conversations), int((reading.gold != UNLABELLED).sum()), role)
        for corpus, split, role, reading in zip(
            (*HOME, *abroad),
            ("dev", "dev", *["train"] * len(abroad)),
            ("home", "home", *["other"] * len(abroad)),
            readings,
            strict=True,
        )
    ]
    calibration = Calibration(emotions, projects=tuple(projects if abroad else projects[:1]))
    table = ecf.annotated_pairs()
    past = past_pairs(ecf)
    features = pair_features(
        table.log_odds, neutral_probability(ecf, calibration), table.emotion - table.cause
    )[past]
    pairs = fit_logistic_calibration(features, table.gold[past], PAIR_FEATURES)
    _, threshold = best_threshold(pairs.apply(features), table.gold[past], table.gold_pairs)
    return replace(calibration, pairs=pairs, pair_threshold=threshold, links=_fit_links(ecf))


def _fit_emotions(
    mixture: RemovalMixture,
    home: Sequence[Reading],
    others: Sequence[Reading],
    temperature: Temperature,
    felt_share: float | None,
) -> EmotionCalibration:
    """Caution, decision, sets and abstention for what a mixture makes of readings of several projects."""
    usual = fit_sureness(
        np.concatenate([r.logits[FULL.name] for r in home]),
        np.concatenate([r.conversation + n * len(home[0].conversations) for n, r in enumerate(home)]),
        temperature.value,
    )
    own, abroad = ([_labels(reading, usual) for reading in readings] for readings in (home, others))
    rough = np.array(fit_decision(own[0].probabilities(mixture, usual)))
    sureness = fit_slope(mixture, usual, lambda rows: decide(rows, rough), own, abroad)
    neutral = home[0].classes.index("neutral")
    sets = fit_sets(mixture, sureness, neutral, own, abroad)

    judged = [own[0], *abroad]
    probabilities = [part.probabilities(mixture, sureness) for part in judged]
    weights = fit_decision(probabilities[0])
    hits = [
        top_label(rows, part.gold, decide(rows, np.array(weights)))
        for rows, part in zip(probabilities, judged, strict=True)
    ]
    confidence, correct = (np.concatenate(column) for column in zip(*hits, strict=True))
    felt = own[0].gold != neutral
    feeling = 1.0 - probabilities[0][:, neutral]
    shift = None if felt_share is None else fit_shift(feeling, felt, felt_share)
    conversation = np.concatenate([[f"{n} {c}" for c in p.conversation] for n, p in enumerate(judged)])
    return EmotionCalibration(
        home[0].modalities,
        mixture,
        sets,
        fit_abstention(confidence, correct, conversation, risk=ACCEPTED_RISK),
        decision=weights,
        felt_threshold=fit_precision_threshold(shifted(feeling, shift), felt, precision=FELT_PRECISION),
        sureness=sureness if sureness.slope else None,
        felt_shift=shift,
    )


def _labels(reading: Reading, sureness: Sureness) -> ProjectLabels:
    """The labelled rows of a Reading, and how much surer than usual the model is of their conversations."""
    excess = sureness.excess(reading.logits[FULL.name], reading.conversation)
    labelled = reading.gold != UNLABELLED
    rows = reading.rows(labelled)
    return ProjectLabels(filled(rows.logits), rows.gold, rows.conversation, excess[labelled])


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
    paths = [run.readings(f"{corpus}-dev") for corpus in HOME]
    if not all(path.exists() for path in paths):
        raise ModelError(f"{run.path} holds no readings of development data yet; finish `heartsay train`.")
    meld, ecf = (Reading.load(path) for path in paths)
    return fit_calibration(meld, ecf)


def felt_share(labels: LabelSpace) -> float:
    """The share of felt utterances in all of MELD's labelled talk that is no test.

    The development split alone is a tenth of that, and its share is off by two hundredths at least.

    Args:
        labels: what the model tells apart, neutral among them.

    Raises:
        InputError: the corpus is not there.
    """
    own = get(HOME[0]).labels
    talk = (relabelled(c, own, labels) for split in ("train", "dev") for c in load(HOME[0], split))
    emotions = [u.emotion for conversation in talk for u in conversation.utterances if u.emotion is not None]
    return 1.0 - emotions.count("neutral") / len(emotions)


def calibrate_exported(folder: Path, report: Report = silent, keep: Path | None = None) -> Calibration:
    """Fit an exported model's calibration on its own readings, and store it there.

    It reads development data of MELD and ECF and, where they are there, training talk of other projects that
    nobody holds out. Storing weights as integers moves the scores a little, so what was fitted to the
    checkpoint is fitted anew.

    Args:
        folder: of the exported model.
        report: progress callback.
        keep: folder in which readings are kept, and looked for first.

    Raises:
        InputError: the corpora are not there.
        ModelError: this is not the folder of an exported model.
    """
    model = Bundle.load(folder)
    meld, ecf = (read_split(model, corpus, "dev", report, keep)[0] for corpus in HOME)
    others = read_other_projects(model, report, keep=keep)
    calibration = fit_calibration(meld, ecf, others, felt_share(model.labels))
    replace_file(folder, "calibration.json", json.dumps(calibration.to_dict(), indent=1) + "\n")
    return calibration
