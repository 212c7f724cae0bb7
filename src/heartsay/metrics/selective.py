"""How well confidence says when not to answer: risk against coverage, and telling right from wrong.

Utterances are answered in order of confidence. Equal confidences cannot be told apart, so they are answered
together, and where a single number averages over orders within a tie, it takes their expectation: the result
never depends on the order of the data.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heartsay.metrics.checks import FloatArray, confidence_and_hits
from heartsay.metrics.ranking import auroc, average_precision, falling


def risk_coverage_curve(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Error rate among the most confident, at each distinct confidence used as a threshold.

    Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks".

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) bool.

    Returns:
        Coverages (D,) rising to 1 and risks (D,) in [0, 1]: share answered and error rate among them.

    Raises:
        ValueError: confidence outside [0, 1], or other lengths.
    """
    answered, errors = _by_threshold(confidence, correct)
    return answered / answered[-1], errors / answered


def aurc(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> float:
    """Area under the risk-coverage curve, in [0, 1], lower is better.

    A confidence that is the same for all gets the error rate.
    Geifman, Uziel and El-Yaniv 2019, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers": the
    mean, over the number answered from 1 to N, of the error rate among those answered.

    Raises:
        ValueError: confidence outside [0, 1], or other lengths.
    """
    answered, errors = _by_threshold(confidence, correct)
    # Inside a tie the expected number of errors grows evenly with the number answered.
    count = np.arange(1, answered[-1] + 1)
    return float((np.interp(count, np.r_[0, answered], np.r_[0, errors]) / count).mean())


def misclassification_auroc(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> float:
    """Probability that a right answer is surer than a wrong one; in [0, 1], chance 0.5, higher is better.

    Hendrycks and Gimpel 2017, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples". Not
    to be confused with one-against-rest AUROC over classes. NaN where all are right or all are wrong.

    Raises:
        ValueError: confidence outside [0, 1], or other lengths.
    """
    return auroc(*confidence_and_hits(confidence, correct))


def misclassification_average_precision(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> float:
    """Average precision of low confidence in finding errors, in [0, 1], higher is better.

    Chance is the error rate. NaN where all are right.

    Raises:
        ValueError: confidence outside [0, 1], or other lengths.
    """
    conf, hit = confidence_and_hits(confidence, correct)
    return average_precision(-conf, ~hit)


def _by_threshold(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """How many are answered, and how many of them are wrong, at each distinct confidence from the highest."""
    conf, hit = confidence_and_hits(confidence, correct)
    order, last = falling(conf)
    return (last + 1).astype(np.float64), np.cumsum(~hit[order], dtype=np.float64)[last]
