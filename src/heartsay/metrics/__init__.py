"""How good a reading is, as pure functions on numpy arrays, one file per family.

Labels right (`classification`), classes told apart (`ranking`), confidence that means what it says
(`calibration_error`) and does not rise when evidence is taken away (`confidence_change`, `missing_rate`),
knowing when not to answer (`selective`), sets that hold the truth (`prediction_sets`), emotion-cause pairs
(`pairs`, with the emotion's category `triples`), true causes above their rivals (`pair_ranking`) and unmoved
by spoilt talk (`pair_stability`), who contributes how much (`contribution`), representations that keep
classes together (`silhouette`) and whether a difference is more than luck (`bootstrap`, made quick by
`resampling`). Every function returns fractions unless it says otherwise, states its range and direction, and
refuses what it cannot score: confidence must be a probability and is never made one here.
"""

from heartsay.metrics.bootstrap import (
    BootstrapDifference,
    PairedRun,
    paired_bootstrap,
    paired_bootstrap_over_runs,
)
from heartsay.metrics.calibration_error import (
    ReliabilityBins,
    adaptive_calibration_error,
    binary_brier_score,
    brier_score,
    classwise_calibration_error,
    expected_calibration_error,
    maximum_calibration_error,
    negative_log_likelihood,
    reliability_bins,
    root_mean_square_calibration_error,
    top_label,
)
from heartsay.metrics.classification import (
    accuracy,
    confusion_matrix,
    f1_from_confusion,
    macro_f1,
    majority_class_floor,
    per_class_f1,
    weighted_f1,
    weighted_f1_from_confusion,
)
from heartsay.metrics.confidence_change import (
    UncertainShare,
    cel,
    cel_per_utterance,
    confidence_gain,
    gold_confidence,
    removal_unions,
    summed_confidence_gain,
    uncertain_shares,
)
from heartsay.metrics.contribution import coalitions, contribution_shares, shapley_values
from heartsay.metrics.missing_rate import MissingRateCurve, missing_rate_curve
from heartsay.metrics.pair_ranking import (
    MarginViolation,
    PairGaps,
    PairRanking,
    hit_at_1,
    margin_violation,
    pair_gaps,
    pair_ranking,
    row_numbers,
)
from heartsay.metrics.pair_stability import PairF1Change, PairStability, pair_f1_change, pair_stability
from heartsay.metrics.pairs import (
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
from heartsay.metrics.prediction_sets import (
    coverage,
    coverage_per_conversation,
    mean_set_size,
)
from heartsay.metrics.ranking import (
    auroc,
    average_precision,
    weighted_one_vs_rest_auroc,
    weighted_one_vs_rest_average_precision,
)
from heartsay.metrics.resampling import (
    ResampledMetric,
    resampled_aurc,
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
from heartsay.metrics.silhouette import silhouette_samples, silhouette_score
from heartsay.metrics.triples import (
    PairAveragePrecision,
    Triple,
    TripleScores,
    UtteranceScores,
    pair_average_precisions,
    triple_scores,
    utterance_scores,
)

__all__ = [
    "BootstrapDifference",
    "MarginViolation",
    "MissingRateCurve",
    "PairAveragePrecision",
    "PairF1Change",
    "PairGaps",
    "PairRanking",
    "PairStability",
    "PairedRun",
    "PrecisionRecallF1",
    "ReliabilityBins",
    "ResampledMetric",
    "Triple",
    "TripleScores",
    "UncertainShare",
    "UtteranceScores",
    "accuracy",
    "adaptive_calibration_error",
    "aurc",
    "auroc",
    "average_precision",
    "binary_brier_score",
    "brier_score",
    "cause_utterances",
    "cel",
    "cel_per_utterance",
    "classwise_calibration_error",
    "coalitions",
    "confidence_gain",
    "confusion_matrix",
    "contribution_shares",
    "coverage",
    "coverage_per_conversation",
    "emotion_utterances",
    "expected_calibration_error",
    "f1_from_confusion",
    "f1_from_counts",
    "gold_confidence",
    "hit_at_1",
    "macro_f1",
    "majority_class_floor",
    "margin_violation",
    "maximum_calibration_error",
    "mean_set_size",
    "misclassification_auroc",
    "misclassification_average_precision",
    "missing_rate_curve",
    "negative_log_likelihood",
    "non_neutral_precision_recall_f1",
    "pair_average_precision",
    "pair_average_precisions",
    "pair_counts",
    "pair_f1_change",
    "pair_gaps",
    "pair_precision_recall_f1",
    "pair_projected_cause",
    "pair_projected_emotion",
    "pair_ranking",
    "pair_stability",
    "paired_bootstrap",
    "paired_bootstrap_over_runs",
    "per_class_f1",
    "reliability_bins",
    "removal_unions",
    "resampled_aurc",
    "resampled_calibration_error",
    "resampled_mean",
    "resampled_weighted_f1",
    "risk_coverage_curve",
    "root_mean_square_calibration_error",
    "row_numbers",
    "self_pair_floor",
    "self_pairs",
    "shapley_values",
    "silhouette_samples",
    "silhouette_score",
    "summed_confidence_gain",
    "top_label",
    "triple_scores",
    "uncertain_shares",
    "utterance_precision_recall_f1",
    "utterance_scores",
    "weighted_f1",
    "weighted_f1_from_confusion",
    "weighted_one_vs_rest_auroc",
    "weighted_one_vs_rest_average_precision",
]
