"""What is done after training so that confidence means what it says, with numpy alone.

A `fit_...` function looks at data the model was not trained on and returns a frozen object that can only
exist fitted; its `apply` (or `sets`) maps raw outputs to promises, and `to_dict`/`from_dict` carry it in a
model's card: temperature and vector scaling for emotions, logistic curves for pairs, conformal prediction
sets, and the confidence below which to abstain.
"""

from undertone.calibration.conformal import ConformalSets, fit_conformal
from undertone.calibration.platt import (
    LogisticCalibration,
    PairCalibration,
    fit_logistic_calibration,
    fit_pair_calibration,
)
from undertone.calibration.selective import AbstentionRule, fit_abstention
from undertone.calibration.temperature import Temperature, fit_temperature
from undertone.calibration.vector_scaling import VectorScaling, fit_vector_scaling

__all__ = [
    "AbstentionRule",
    "ConformalSets",
    "LogisticCalibration",
    "PairCalibration",
    "Temperature",
    "VectorScaling",
    "fit_abstention",
    "fit_conformal",
    "fit_logistic_calibration",
    "fit_pair_calibration",
    "fit_temperature",
    "fit_vector_scaling",
]
