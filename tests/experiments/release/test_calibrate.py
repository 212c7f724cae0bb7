from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.results import TALKS, simulated

from heartsay.calibration import (
    PAIR_FEATURES,
    ProjectData,
    fit_conformal,
    fit_logistic_calibration,
    pair_features,
)
from heartsay.calibration.bundle import Calibration
from heartsay.calibration.softmax import softmax
from heartsay.conversation import Conversation
from heartsay.errors import ModelError
from heartsay.evidence.reading import Reading
from heartsay.experiments.release.calibrate import calibrate_run, fit_calibration
from heartsay.metrics import expected_calibration_error, negative_log_likelihood
from heartsay.pipeline.evaluation import (
    emotion_metrics,
    labelled_probabilities,
    link_metrics,
    neutral_probability,
    pair_confidence,
)
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import begin_or_continue


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return fit_calibration(simulated(0), simulated(0))


def whole_only(reading: Reading) -> Reading:
    return replace(reading, logits={"full": reading.logits["full"]})


def test_the_overconfidence_is_found(calibration: Calibration) -> None:
    honest = np.random.default_rng(3).normal(size=(50, 7))
    np.testing.assert_allclose(
        calibration.emotions[0].apply({"full": 2 * honest}), softmax(honest), atol=0.05
    )


def test_what_was_fitted_on_some_conversations_calibrates_others(calibration: Calibration) -> None:
    fresh = simulated(1)
    found = emotion_metrics(fresh, calibration)
    assert found["ece"] < 10 < found["uncalibrated_ece"]
    assert found["coverage_by_conversation"] == pytest.approx(90, abs=5)
    assert found["accepted_accuracy"] > found["accuracy"]
    pairs = fresh.annotated_pairs()
    raw = 1 / (1 + np.exp(-pairs.log_odds))
    calibrated = pair_confidence(fresh, calibration)
    assert expected_calibration_error(calibrated, pairs.gold) < 0.04
    assert expected_calibration_error(raw, pairs.gold) > 0.08


def test_the_pair_threshold_is_chosen_on_past_and_self_pairs() -> None:
    plain = simulated(0)
    assert plain.pairs is not None
    assert plain.pairs.gold is not None
    past = plain.pairs.cause <= plain.pairs.emotion
    # Causes that come later are all gold: a threshold chosen with them would be another one.
    gold = plain.pairs.gold | ~past
    development = replace(plain, pairs=replace(plain.pairs, gold=gold, gold_pairs=int(gold.sum())))
    calibration = fit_calibration(plain, development)
    confidence = pair_confidence(development, calibration)

    def f1(threshold: float) -> float:
        decoded = past & (confidence >= threshold)
        return float(2 * gold[decoded].sum() / (decoded.sum() + gold.sum()))

    best = max(f1(float(threshold)) for threshold in np.unique(confidence[past]))
    assert f1(calibration.pair_threshold) == pytest.approx(best)


def test_a_calibration_survives_json(calibration: Calibration) -> None:
    loaded = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))
    assert loaded == calibration
    fresh = simulated(2)
    np.testing.assert_array_equal(pair_confidence(fresh, loaded), pair_confidence(fresh, calibration))
    assert emotion_metrics(fresh, loaded) == emotion_metrics(fresh, calibration)


@pytest.mark.parametrize("part", ["emotions", "pair_threshold"])
def test_a_calibration_without_one_of_its_parts_is_refused(calibration: Calibration, part: str) -> None:
    saved = calibration.to_dict()
    del saved[part]
    with pytest.raises(ValueError, match=rf"missing: {part}$"):
        Calibration.from_dict(saved)


@pytest.mark.parametrize("part", ["pairs", "links"])
def test_what_was_not_fitted_is_absent(calibration: Calibration, part: str) -> None:
    saved = calibration.to_dict()
    del saved[part]
    without = Calibration.from_dict(saved)
    assert without == replace(calibration, **{part: None})  # type: ignore[arg-type]
    assert without.to_dict() == saved


@pytest.mark.parametrize("part", ["pairs", "links"])
def test_a_calibration_with_a_part_of_another_kind_is_refused(calibration: Calibration, part: str) -> None:
    saved = {**calibration.to_dict(), part: {"method": "magic"}}
    with pytest.raises(ValueError, match="magic"):
        Calibration.from_dict(saved)


def test_a_run_is_calibrated_from_the_readings_it_kept(tmp_path: Path, calibration: Calibration) -> None:
    run = begin_or_continue(tmp_path, Configuration(name="tiny"), 1, {})
    with pytest.raises(ModelError, match="no readings of development data yet"):
        calibrate_run(run)
    for corpus in ("meld", "ecf"):
        whole_only(simulated(0)).save(run.readings(f"{corpus}-dev"))
    # A run reads development data whole only.
    assert calibrate_run(run) == replace(calibration, emotions=calibration.emotions[:1])


def test_removals_are_fitted_to_the_mixture_and_leave_the_rest_alone(calibration: Calibration) -> None:
    development = simulated(0)
    plain, removed = calibration.emotions
    assert fit_calibration(whole_only(development), development) == replace(calibration, emotions=(plain,))
    mixed, gold = labelled_probabilities(development, calibration)
    assert removed.sets == fit_conformal(mixed, gold, development.conversation)
    alone, _ = labelled_probabilities(whole_only(development), calibration)
    assert negative_log_likelihood(mixed, gold) <= negative_log_likelihood(alone, gold) + 1e-6


def test_links_are_selected_for_conversations_that_are_new(calibration: Calibration) -> None:
    fresh = simulated(1)
    conversations = [
        Conversation(
            str(k), (), pairs=frozenset(zip(*(column[mine].tolist() for column in columns), strict=True))
        )
        for pairs in [fresh.annotated_pairs()]
        for columns in [(pairs.emotion, pairs.cause)]
        for k in range(TALKS)
        for mine in [(pairs.conversation == k) & pairs.gold]
    ]
    found = link_metrics(fresh, calibration, conversations)
    for rate in ("0.2", "0.3", "0.4", "0.5"):
        figures = {name: value or 0.0 for name, value in found[rate].items()}
        assert figures["wrong"] <= 100 * float(rate) + 2 * figures["wrong_standard_error"]
    assert (found["0.3"]["links_per_conversation"] or 0) > 0.2
    assert calibration.links is not None
    assert calibration.links.rule.conversations == TALKS - TALKS // 4


def test_the_selection_of_links_leaves_the_confidence_alone() -> None:
    development = simulated(0)
    calibration = fit_calibration(development, development)
    pairs = development.pairs
    assert pairs is not None
    assert pairs.gold is not None
    neutral = neutral_probability(development, calibration)
    past = pairs.cause <= pairs.emotion
    features = pair_features(pairs.log_odds["full"], neutral, pairs.emotion - pairs.cause)
    assert calibration.pairs == fit_logistic_calibration(features[past], pairs.gold[past], PAIR_FEATURES)
    # Later causes take no part in either.
    flipped = replace(pairs, gold=pairs.gold ^ ~past)
    other = fit_calibration(development, replace(development, pairs=flipped))
    assert (other.links, other.pairs) == (calibration.links, calibration.pairs)


def test_rare_emotions_are_named_more_readily_and_found_feelings_are_mostly_felt(
    calibration: Calibration,
) -> None:
    fresh = simulated(1)
    probabilities, gold = labelled_probabilities(fresh, calibration)
    fitted = calibration.for_reading(fresh.modalities, fresh.logits)
    assert fitted.decision is not None
    share = labelled_probabilities(simulated(0), calibration)[0].mean(axis=0)
    assert np.argsort(fitted.decision).tolist() == np.argsort(-share).tolist()
    named = np.bincount(fitted.decide(probabilities), minlength=7)
    rarest = int(np.argmax(fitted.decision))
    assert named[rarest] >= np.bincount(probabilities.argmax(axis=1), minlength=7)[rarest]
    assert fitted.felt_threshold is not None
    felt = 1 - probabilities[:, fresh.classes.index("neutral")] >= fitted.felt_threshold
    assert (gold[felt] != fresh.classes.index("neutral")).mean() > 0.75


def relabelled_by_others(seed: int, share: float) -> Reading:
    """Talk whose labels are, by that share, those of people who agree with nobody."""
    reading, draw = simulated(seed), np.random.default_rng(seed)
    gold = np.where(draw.random(len(reading)) < share, draw.integers(0, 7, len(reading)), reading.gold)
    return replace(reading, gold=gold)


def test_other_projects_lower_confidence_and_widen_sets_within_homes_budget() -> None:
    home = simulated(0)
    alone = fit_calibration(home, home)
    assert alone.projects == (ProjectData("meld", "dev", TALKS, len(home), "home"),)
    assert all(emotion.sureness is None for emotion in alone.emotions)
    others = {"emorynlp": relabelled_by_others(1, 0.4), "reccon": simulated(2)}
    several = fit_calibration(home, home, others)
    assert [(p.corpus, p.split, p.role) for p in several.projects or ()] == [
        ("meld", "dev", "home"),
        ("ecf", "dev", "home"),
        ("emorynlp", "train", "other"),
        ("reccon", "train", "other"),
    ]
    for before, after in zip(alone.emotions, several.emotions, strict=True):
        assert after.mixture == before.mixture
        assert after.sureness is not None
        assert after.sureness.slope > 0.0
        assert after.sets.threshold(0.9) > before.sets.threshold(0.9)
        assert after.abstention.threshold > before.abstention.threshold
    new, fresh = relabelled_by_others(3, 0.4), simulated(4)
    old, now = (emotion_metrics(new, calibration) for calibration in (alone, several))
    assert old["coverage"] < 85 < now["coverage"]
    assert now["ece"] < old["ece"]
    assert emotion_metrics(fresh, several)["ece"] < emotion_metrics(fresh, alone)["ece"] + 3
    pairs = pair_confidence(fresh, several)
    assert expected_calibration_error(pairs, fresh.annotated_pairs().gold) < 0.04
