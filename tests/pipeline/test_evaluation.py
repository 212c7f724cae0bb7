from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.results import made_up

from heartsay.calibration import (
    AbstentionRule,
    ConformalSets,
    EmotionCalibration,
    LinkRule,
    LogisticCalibration,
    RemovalMixture,
    Temperature,
    temperature_mixture,
)
from heartsay.calibration.bundle import Calibration
from heartsay.calibration.links import LinkSelection
from heartsay.conversation import Conversation, Utterance
from heartsay.evidence.reading import Reading
from heartsay.labels import EMOTIONS
from heartsay.pipeline.diagrams import RISK_POINTS, reliability, risk_coverage
from heartsay.pipeline.evaluation import (
    emotion_metrics,
    floors,
    link_metrics,
    pair_metrics,
)

NEUTRAL, JOY, ANGER = (EMOTIONS.index(name) for name in ("neutral", "joy", "anger"))


def distribution(**shares: float) -> np.ndarray:
    """A distribution over the emotions; what is left is spread evenly over those not named."""
    rest = (1 - sum(shares.values())) / (len(EMOTIONS) - len(shares))
    return np.array([shares.get(name, rest) for name in EMOTIONS])


ALONE = EmotionCalibration(
    modalities=("text",),
    mixture=temperature_mixture(Temperature(1.0)),
    sets=ConformalSets("lac", 9, (0.3, 0.6), (0.45, 0.9)),  # at 90%: labels of probability 0.4 or more
    abstention=AbstentionRule(threshold=0.55, risk=0.3, accepted_share=0.75),
)
CALIBRATION = Calibration(
    emotions=(ALONE,),
    pairs=LogisticCalibration((1.0,), 0.0, ("pair_log_odds",)),
    pair_threshold=0.5,
)
PROBABILITIES = np.stack(
    [
        distribution(neutral=0.9),
        distribution(joy=0.78),
        distribution(joy=0.58),
        distribution(anger=0.5, joy=0.45),
    ]
)
LOG_ODDS = {
    (0, 0): -3.0,
    (0, 1): 3.0,  # surest of all, but the cause comes later
    (0, 2): -3.0,
    (1, 0): 2.0,
    (1, 1): 1.0,
    (1, 2): -3.0,
    (2, 0): -3.0,
    (2, 1): -3.0,
    (2, 2): -1.0,
}
GOLD = {(1, 0), (2, 2), (0, 1)}
CONVERSATIONS = (
    Conversation("a", (Utterance("1", "Ana", "Tea."),), pairs=frozenset()),
    Conversation("b", tuple(Utterance(str(k), "Ana", "More tea.") for k in range(3)), pairs=frozenset(GOLD)),
)


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.fixture(scope="module")
def readings() -> Reading:
    felt, cause = (np.array(column) for column in zip(*LOG_ODDS, strict=True))
    talk, gold = np.ones(len(LOG_ODDS), np.int64), np.array([pair in GOLD for pair in LOG_ODDS])
    return made_up(
        {"full": np.log(PROBABILITIES)},
        [NEUTRAL, ANGER, JOY, JOY],
        [0, 1, 1, 1],
        (talk, felt, cause, np.array(list(LOG_ODDS.values())), gold),
        len(GOLD),
    )


def test_emotions_are_scored_by_the_mixture_where_removals_were_read(readings: Reading) -> None:
    full = readings.logits["full"]
    removed = {"own_context": full, "other_context": 9.0 * np.eye(7)[readings.gold]}
    certain = replace(readings, logits={"full": full, **removed})
    rule = AbstentionRule(threshold=0.99, risk=0.3, accepted_share=0.1)
    mixture = RemovalMixture(("full", *removed), (0.1, 0.0, 0.9), 1.0)
    mixing = replace(CALIBRATION, emotions=(ALONE, replace(ALONE, mixture=mixture, abstention=rule)))
    found = emotion_metrics(certain, mixing)
    assert found["accuracy"] == 100.0
    assert found["accepted"] == 0.0
    assert emotion_metrics(readings, mixing) == emotion_metrics(readings, CALIBRATION)
    assert emotion_metrics(certain, CALIBRATION) == emotion_metrics(readings, CALIBRATION)


def test_emotion_scores_are_those_worked_out_by_hand(readings: Reading) -> None:
    found = emotion_metrics(readings, CALIBRATION)
    assert found["n"] == 4
    # Said: neutral, joy, joy, anger. Right: the first and the third.
    f1 = {"neutral": 100.0, "joy": 50.0, "anger": 0.0}
    assert found["per_class_f1"] == pytest.approx({name: f1.get(name, 0.0) for name in EMOTIONS})
    expected = {
        "weighted_f1": (1 * 100 + 2 * 50 + 1 * 0) / 4,
        "accuracy": 50.0,
        "negative_log_likelihood": -sum(map(math.log, (0.9, 0.22 / 6, 0.58, 0.45))) / 4,
        # Each stands alone in its bin.
        "ece": 100 * ((1 - 0.9) + 0.78 + (1 - 0.58) + 0.5) / 4,
        "uncalibrated_ece": 100 * ((1 - 0.9) + 0.78 + (1 - 0.58) + 0.5) / 4,
        "coverage_requested": 90.0,
        # Sets: neutral; joy, which misses; joy; anger and joy.
        "coverage": 75.0,
        "mean_set_size": 1.25,
        "coverage_by_conversation": 100 * (1 + 2 / 3) / 2,
        # Answered from the surest: 0 of 1, 1 of 2, 1 of 3, 2 of 4 are wrong.
        "aurc": 100 * (0 + 1 / 2 + 1 / 3 + 2 / 4) / 4,
        "misclassification_auroc": 75.0,
        "accepted": 75.0,
        "accepted_accuracy": 100 * 2 / 3,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_a_label_is_what_the_weights_decide_for(readings: Reading) -> None:
    weights = tuple(1.0 if name == "anger" else 0.0 for name in EMOTIONS)
    found = emotion_metrics(readings, replace(CALIBRATION, emotions=(replace(ALONE, decision=weights),)))
    plain = emotion_metrics(readings, CALIBRATION)
    # 45% of joy would have lost to 50% of anger anyway; the others are too sure to be moved.
    assert found["most_probable"] == {n: plain[n] for n in ("weighted_f1", "macro_f1", "accuracy")}
    assert {**found, "most_probable": None} == {**plain, "most_probable": None}
    joyful = tuple(1.0 if name == "joy" else 0.0 for name in EMOTIONS)
    found = emotion_metrics(readings, replace(CALIBRATION, emotions=(replace(ALONE, decision=joyful),)))
    assert found["most_probable"]["accuracy"] == 50.0
    assert found["accuracy"] == 75.0
    # Its confidence is the probability of joy, not that of the most probable emotion.
    assert found["ece"] == pytest.approx(100 * ((1 - 0.9) + 0.78 + (1 - 0.58) + (1 - 0.45)) / 4)
    assert found["mean_set_size"] == 1.25
    assert "most_probable" not in plain


def test_feelings_are_found_at_a_threshold(readings: Reading) -> None:
    def felt(threshold: float) -> dict[str, float | None]:
        fitted = replace(CALIBRATION, emotions=(replace(ALONE, felt_threshold=threshold),))
        return emotion_metrics(readings, fitted)["felt"]

    # Probabilities of a feeling: .1, which is neutral, and three of .93 and over, which are felt.
    assert felt(0.05) == {"precision": 75.0, "recall": 100.0, "found": 100.0}
    assert felt(0.5) == {"precision": 100.0, "recall": 100.0, "found": 75.0}
    assert felt(1.0) == {"precision": None, "recall": 0.0, "found": 0.0}
    assert "felt" not in emotion_metrics(readings, CALIBRATION)


def test_a_label_is_always_in_its_set(readings: Reading) -> None:
    wishful = tuple(9.0 if name == "fear" else 0.0 for name in EMOTIONS)
    deciding = replace(ALONE, decision=wishful)
    sets = deciding.prediction_sets(PROBABILITIES, 0.4)
    assert sets[:, EMOTIONS.index("fear")].all()
    np.testing.assert_array_equal(sets.sum(axis=1), [2, 2, 2, 2])
    assert emotion_metrics(readings, replace(CALIBRATION, emotions=(deciding,)))["coverage"] == 75.0


def test_a_calibrated_score_uses_the_temperature_and_the_uncalibrated_one_does_not(
    readings: Reading,
) -> None:
    hot = replace(ALONE, mixture=temperature_mixture(Temperature(2.0)))
    warm = replace(CALIBRATION, emotions=(hot,))
    before, after = emotion_metrics(readings, CALIBRATION), emotion_metrics(readings, warm)
    assert after["uncalibrated_ece"] == pytest.approx(before["uncalibrated_ece"])
    assert after["ece"] != pytest.approx(before["ece"])


def test_lower_coverage_gives_smaller_sets(readings: Reading) -> None:
    found = emotion_metrics(readings, CALIBRATION, coverage=0.4)
    assert found["coverage_requested"] == 40.0
    assert found["mean_set_size"] == 1.0
    assert found["coverage"] == 50.0


def test_nothing_accepted_has_no_accuracy(readings: Reading) -> None:
    never = replace(ALONE, abstention=AbstentionRule(1.0, 0.3, 0.0))
    strict = replace(CALIBRATION, emotions=(never,))
    found = emotion_metrics(readings, strict)
    assert (found["accepted"], found["accepted_accuracy"]) == (0.0, None)


def test_pair_scores_are_those_worked_out_by_hand(readings: Reading) -> None:
    found = pair_metrics(readings, CALIBRATION, CONVERSATIONS)
    past = {pair: logistic(score) for pair, score in LOG_ODDS.items() if pair[1] <= pair[0]}
    bins: dict[int, list[tuple[float, bool]]] = {}
    for pair, confidence in past.items():
        bins.setdefault(math.ceil(confidence * 15), []).append((confidence, pair in GOLD))
    gaps = [abs(sum(c for c, _ in cells) - sum(g for _, g in cells)) for cells in bins.values()]
    expected = {
        # Decoded: (1, 0), which is gold, and (1, 1), which is not.
        "pair_precision": 100 * 1 / 2,
        "pair_recall": 100 * 1 / 3,
        "pair_f1": 100 * 2 * 1 / (2 + 3),
        # Past candidates by score: gold, other, gold, three others.
        "pair_auprc": 100 * (1 / 2) * (1 + 2 / 3),
        "pair_auprc_all_gold": 100 * (1 / 3) * (1 + 2 / 3),
        "pair_ece": 100 * sum(gaps) / len(past),
        "emotion_f1_of_pairs": 100 * 2 * 1 / (1 + 3),
        "cause_f1_of_pairs": 100 * 2 * 2 / (2 + 3),
        "pairs": 3,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_floors_are_what_needs_no_learning(readings: Reading) -> None:
    found = floors(readings, CONVERSATIONS)
    # Always neutral: precision 1/4, recall 1 on one utterance of four.
    assert found["weighted_f1"] == {"always neutral": pytest.approx(100 * 0.4 / 4)}
    # Four utterances with themselves, one of them gold, three gold pairs.
    assert found["pair_f1"] == {"every utterance with itself": pytest.approx(100 * 2 * 1 / (4 + 3))}
    assert found["pair_auprc"] == {"chance": pytest.approx(100 * 2 / 6)}


def test_a_reliability_diagram_counts_every_prediction_once() -> None:
    confidence = np.array([0.05, 0.5, 0.52, 0.99, 1.0])
    correct = np.array([False, True, False, True, True])
    diagram = reliability(confidence, correct, "meld/test")
    assert diagram.split == "meld/test"
    assert len(diagram.bins) == 15
    assert (diagram.bins[0].lower, diagram.bins[-1].upper) == (0.0, 1.0)
    filled = {k: b for k, b in enumerate(diagram.bins) if b.count}
    assert {k: b.count for k, b in filled.items()} == {0: 1, 7: 2, 14: 2}
    assert (filled[7].confidence, filled[7].accuracy) == (pytest.approx(0.51), 0.5)
    assert (filled[14].confidence, filled[14].accuracy) == (pytest.approx(0.995), 1.0)
    assert all(b.confidence is None and b.accuracy is None for b in diagram.bins if not b.count)


@pytest.mark.parametrize("count", [1, 4, 700])
def test_a_risk_coverage_curve_is_thinned_without_losing_its_ends(count: int) -> None:
    draw = np.random.default_rng(count)
    confidence = draw.permutation(np.linspace(0.2, 0.9, count))
    correct = draw.random(count) < confidence
    curve = risk_coverage(confidence, correct, "meld/test")
    assert len(curve.points) <= min(count, RISK_POINTS)
    assert curve.points[0].coverage == pytest.approx(1 / count)
    assert curve.points[-1].coverage == 1.0
    assert curve.points[-1].risk == pytest.approx(1 - correct.mean())
    surest = correct[np.argsort(-confidence)]
    for point in curve.points:
        kept = round(point.coverage * count)
        assert point.risk == pytest.approx(1 - surest[:kept].mean())


def test_links_under_a_false_discovery_rate_are_those_worked_out_by_hand(readings: Reading) -> None:
    # Scores: 0.88 and 0.73 for (1, 0) and (1, 1), 0.27 for (2, 2), 0.05 for the rest.
    rule = LinkRule(9, (0.2, 0.3, 0.5), (0.8, 0.7, 0.2), (0.5, 1.0, 2.0))
    found = link_metrics(
        readings, replace(CALIBRATION, links=LinkSelection(CALIBRATION.pairs, rule)), CONVERSATIONS
    )
    assert list(found) == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert found["0.1"] == {
        "wrong": 0.0,
        "wrong_standard_error": 0.0,
        "wrong_of_all": None,
        "links_per_conversation": 0.0,
        "conversations_with_links": 0.0,
        "recall": 0.0,
    }
    # Only (1, 0), which is gold. The other conversation has nothing to show and counts as 0.
    assert found["0.2"] == pytest.approx(
        {
            "wrong": 0.0,
            "wrong_standard_error": 0.0,
            "wrong_of_all": 0.0,
            "links_per_conversation": 0.5,
            "conversations_with_links": 50.0,
            "recall": 100 / 3,
        }
    )
    assert found["0.3"] == found["0.4"]
    assert (found["0.3"]["wrong"], found["0.3"]["wrong_of_all"]) == (25.0, 50.0)
    # Shares of a half and of 0: a variance of an eighth, of a mean over two.
    assert found["0.3"]["wrong_standard_error"] == pytest.approx(100 * math.sqrt(1 / 8 / 2))
    # (2, 2), gold, joins. The surest of all, (0, 1), is gold too but comes later.
    assert found["0.5"]["wrong_of_all"] == pytest.approx(100 / 3)
    assert found["0.5"]["recall"] == pytest.approx(200 / 3)
    with pytest.raises(ValueError, match="no rule"):
        link_metrics(readings, CALIBRATION, CONVERSATIONS)


def test_a_single_conversation_tells_no_error_of_the_mean(readings: Reading) -> None:
    links = LinkSelection(CALIBRATION.pairs, LinkRule(9, (0.2,), (0.8,), (0.5,)))
    unannotated = (replace(CONVERSATIONS[0], pairs=None), CONVERSATIONS[1])
    found = link_metrics(readings, replace(CALIBRATION, links=links), unannotated)
    assert found["0.2"]["wrong_standard_error"] is None
