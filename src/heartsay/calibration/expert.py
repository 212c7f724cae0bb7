"""What turns the scores of an expert of one modality into confidences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heartsay.calibration.saved import Saved
from heartsay.calibration.selective import AbstentionRule, fit_abstention
from heartsay.calibration.temperature import Temperature, fit_temperature
from heartsay.metrics import top_label
from heartsay.metrics.checks import FloatArray


@dataclass(frozen=True, slots=True)
class ExpertCalibration(Saved):
    """Fitted calibrators of one head.

    Attributes:
        temperature: what logits are divided by.
        abstention: when not to use a reading without a look at the recording.
    """

    temperature: Temperature
    abstention: AbstentionRule

    def apply(self, logits: npt.ArrayLike) -> FloatArray:
        """Calibrated distributions (N, C) from logits (N, C).

        Raises:
            ValueError: another shape, NaN or infinity.
        """
        return self.temperature.apply(logits)


def fit_expert(
    logits: FloatArray, votes: npt.NDArray[np.integer], group: npt.ArrayLike, risk: float
) -> ExpertCalibration:
    """Fit to what people said, each person counting by himself.

    With several people per row, confidence is the probability that one of them says so; with one vote per row
    it is that of the gold label.

    Args:
        logits: of data that the expert was not trained on, (N, C).
        votes: how many people chose each label, (N, C).
        group: id of who speaks, or of what else belongs together, (N,).
        risk: highest error rate among readings that are not abstained from.

    Raises:
        ValueError: shapes that do not fit, or no vote at all.
    """
    row, label = np.nonzero(votes)
    times = votes[row, label]
    row, label = np.repeat(row, times), np.repeat(label, times)
    temperature = fit_temperature(logits[row], label)
    confidence, correct = top_label(temperature.apply(logits[row]), label)
    return ExpertCalibration(temperature, fit_abstention(confidence, correct, np.asarray(group)[row], risk))
