"""How good a reading is, as pure functions on numpy arrays, one file per family.

Labels right (`classification`), classes told apart (`ranking`), confidence that means what it says
(`calibration_error`) and does not rise when evidence is taken away (`confidence_change`), knowing
when not to answer (`selective`), sets that hold the truth (`prediction_sets`), emotion-cause pairs
(`pairs`, with the emotion's category `triples`), true causes above their rivals (`pair_ranking`) and unmoved
by spoilt talk (`pair_stability`), who contributes how much (`contribution`), whom a reading follows where
voice and face disagree (`conflict`, of answers in words `generated`), representations that keep classes
together (`silhouette`) and whether a difference is more than luck (`bootstrap`, made quick by `resampling`).
Every function returns fractions unless it says otherwise, states its range and direction, and
refuses what it cannot score: confidence must be a probability and is never made one here.
"""

from heartsay.metrics.bootstrap import (
    Interval,
    PairedRun,
    bootstrap_interval,
    paired_bootstrap_over_runs,
)
from heartsay.metrics.calibration_error import (
    adaptive_calibration_error,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    negative_log_likelihood,
    perfect_calibration_error,
    reliability_bins,
    top_label,
)
from heartsay.metrics.classification import (
    accuracy,
    macro_f1,
    majority_class_floor,
    per_class_f1,
    unweighted_average_recall,
    weighted_f1,
)
from heartsay.metrics.confidence_change import gold_confidence, summed_confidence_gain
from heartsay.metrics.conflict import ConflictScores, conflict_scores, flip_rate, human_ceiling
from heartsay.metrics.generated import read_answers
from heartsay.metrics.pairs import (
    PrecisionRecallF1,
    f1_from_counts,
    non_neutral_precision_recall_f1,
    pair_average_precision,
    pair_counts,
    pair_precision_recall_f1,
    pair_projected_cause,
    pair_projected_emotion,
    self_pair_floor,
)
from heartsay.metrics.prediction_sets import coverage, coverage_per_conversation, mean_set_size
from heartsay.metrics.ranking import weighted_one_vs_rest_auroc, weighted_one_vs_rest_average_precision
from heartsay.metrics.resampling import (
    ResampledMetric,
    resampled_aurc,
    resampled_auroc,
    resampled_calibration_error,
    resampled_mean,
    resampled_weighted_f1,
)
from heartsay.metrics.selective import (
    aurc,
    misclassification_auroc,
    misclassification_average_precision,
    risk_coverage_curve,
)
from heartsay.metrics.silhouette import silhouette_score
from heartsay.metrics.triples import triple_scores

__all__ = [
    "ConflictScores",
    "Interval",
    "PairedRun",
    "PrecisionRecallF1",
    "ResampledMetric",
    "accuracy",
    "adaptive_calibration_error",
    "aurc",
    "bootstrap_interval",
    "brier_score",
    "classwise_calibration_error",
    "conflict_scores",
    "coverage",
    "coverage_per_conversation",
    "expected_calibration_error",
    "f1_from_counts",
    "flip_rate",
    "gold_confidence",
    "human_ceiling",
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
    "paired_bootstrap_over_runs",
    "per_class_f1",
    "perfect_calibration_error",
    "read_answers",
    "reliability_bins",
    "resampled_aurc",
    "resampled_auroc",
    "resampled_calibration_error",
    "resampled_mean",
    "resampled_weighted_f1",
    "risk_coverage_curve",
    "self_pair_floor",
    "silhouette_score",
    "summed_confidence_gain",
    "top_label",
    "triple_scores",
    "unweighted_average_recall",
    "weighted_f1",
    "weighted_one_vs_rest_auroc",
    "weighted_one_vs_rest_average_precision",
]
