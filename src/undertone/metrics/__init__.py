"""How good a reading is, as pure functions on numpy arrays, one file per family.

Labels right (`classification`), confidence that means what it says (`calibration_error`), knowing when not
to answer (`selective`), sets that hold the truth (`prediction_sets`), emotion-cause pairs (`pairs`) and
whether a difference is more than luck (`bootstrap`). Every function returns fractions, states its range and
direction, and refuses what it cannot score: confidence must be a probability and is never made one here.
"""

from undertone.metrics.bootstrap import BootstrapDifference, paired_bootstrap, paired_bootstrap_indices
from undertone.metrics.calibration_error import (
    ReliabilityBins,
    adaptive_calibration_error,
    binary_brier_score,
    binary_negative_log_likelihood,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    reliability_bins,
    top_label,
)
from undertone.metrics.classification import (
    accuracy,
    confusion_matrix,
    f1_from_confusion,
    macro_f1,
    majority_class_floor,
    per_class_f1,
    weighted_f1,
    weighted_f1_from_confusion,
)
from undertone.metrics.pairs import (
    PrecisionRecallF1,
    cause_utterances,
    emotion_utterances,
    f1_from_counts,
    non_neutral_precision_recall_f1,
    pair_average_precision,
    pair_counts,
    pair_precision_recall_f1,
    pair_projected_cause,
    pair_projected_emotion,
    self_pair_floor,
    self_pairs,
    utterance_precision_recall_f1,
)
from undertone.metrics.prediction_sets import (
    coverage,
    coverage_per_class,
    coverage_per_conversation,
    mean_set_size,
)
from undertone.metrics.ranking import auroc, average_precision
from undertone.metrics.selective import (
    aurc,
    excess_aurc,
    misclassification_auroc,
    misclassification_average_precision,
    risk_coverage_curve,
)

__all__ = [
    "BootstrapDifference",
    "PrecisionRecallF1",
    "ReliabilityBins",
    "accuracy",
    "adaptive_calibration_error",
    "aurc",
    "auroc",
    "average_precision",
    "binary_brier_score",
    "binary_negative_log_likelihood",
    "brier_score",
    "cause_utterances",
    "classwise_calibration_error",
    "confusion_matrix",
    "coverage",
    "coverage_per_class",
    "coverage_per_conversation",
    "emotion_utterances",
    "excess_aurc",
    "expected_calibration_error",
    "f1_from_confusion",
    "f1_from_counts",
    "macro_f1",
    "majority_class_floor",
    "mean_set_size",
    "misclassification_auroc",
    "misclassification_average_precision",
    "negative_log_likelihood",
    "non_neutral_precision_recall_f1",
    "pair_average_precision",
    "pair_counts",
    "pair_precision_recall_f1",
    "pair_projected_cause",
    "pair_projected_emotion",
    "paired_bootstrap",
    "paired_bootstrap_indices",
    "per_class_f1",
    "reliability_bins",
    "risk_coverage_curve",
    "self_pair_floor",
    "self_pairs",
    "top_label",
    "utterance_precision_recall_f1",
    "weighted_f1",
    "weighted_f1_from_confusion",
]
