"""What is done after training so that confidence means what it says, with numpy alone.

A `fit_...` function looks at data the model was not trained on and returns a frozen object that can only
exist fitted; its `apply` (or `sets`) maps raw outputs to promises, and `to_dict`/`from_dict` carry it in a
model's `calibration.json`: a temperature for emotions, a logistic curve for pairs, conformal prediction sets,
the confidence below which to abstain, weights by which rare emotions are named, the score from which links
between emotion and cause are shown, a mixture of what a model says with and without each piece of evidence,
how much less sure to be of talk of which the model is surer than usual, judged by the labels of several
projects, how probable it is that there is a feeling at all, and how probable that two modalities of an
utterance disagree. `Calibration` holds all that
was fitted for one model of talk, and chooses by what was read. An ensemble has nothing to fit:
`ensemble_probabilities` averages what its members say.
"""

from heartsay.calibration.bundle import Calibration, EmotionCalibration, filled, temperature_mixture
from heartsay.calibration.conflict import (
    FLAG,
    ConflictCalibration,
    PairConflict,
    conflict_signs,
    divergence,
    fit_conflict,
)
from heartsay.calibration.conformal import ConformalSets, fit_conformal
from heartsay.calibration.decision import decide, fit_decision
from heartsay.calibration.ensemble import ensemble_probabilities
from heartsay.calibration.expert import ExpertCalibration, fit_expert
from heartsay.calibration.feeling import fit_shift, shifted
from heartsay.calibration.links import LinkSelection, fit_link_selection
from heartsay.calibration.logistic import LogisticCalibration, fit_logistic_calibration
from heartsay.calibration.pair_features import PAIR_FEATURES, link_features, pair_features
from heartsay.calibration.precision import fit_precision_threshold
from heartsay.calibration.projects import ProjectData, ProjectLabels, fit_sets, fit_slope
from heartsay.calibration.removal_mixture import RemovalMixture, fit_removal_mixture
from heartsay.calibration.risk_control import LinkRule, fit_link_rule
from heartsay.calibration.selective import AbstentionRule, fit_abstention
from heartsay.calibration.sureness import Sureness, fit_sureness
from heartsay.calibration.temperature import Temperature, fit_temperature

__all__ = [
    "FLAG",
    "PAIR_FEATURES",
    "AbstentionRule",
    "Calibration",
    "ConflictCalibration",
    "ConformalSets",
    "EmotionCalibration",
    "ExpertCalibration",
    "LinkRule",
    "LinkSelection",
    "LogisticCalibration",
    "PairConflict",
    "ProjectData",
    "ProjectLabels",
    "RemovalMixture",
    "Sureness",
    "Temperature",
    "conflict_signs",
    "decide",
    "divergence",
    "ensemble_probabilities",
    "filled",
    "fit_abstention",
    "fit_conflict",
    "fit_conformal",
    "fit_decision",
    "fit_expert",
    "fit_link_rule",
    "fit_link_selection",
    "fit_logistic_calibration",
    "fit_precision_threshold",
    "fit_removal_mixture",
    "fit_sets",
    "fit_shift",
    "fit_slope",
    "fit_sureness",
    "fit_temperature",
    "link_features",
    "pair_features",
    "shifted",
    "temperature_mixture",
]
