import json
import math
from dataclasses import replace

import numpy as np
import pytest
from tests.dummies.model import VIEWS, build_calibration, with_removals

from heartsay.calibration import LogisticCalibration, ProjectData, Sureness, Temperature
from heartsay.calibration.bundle import Calibration, filled


def reloaded(calibration):
    return Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))


def format_1(calibration):
    """The calibration as it was saved before any but words were read."""
    saved = calibration.to_dict()
    alone, *mixed = saved.pop("emotions")
    del saved["format"], alone["modalities"]
    mixture = alone.pop("mixture")
    old = {**saved, **alone, "emotion": {"method": "temperature", "value": mixture["temperature"]}}
    for part in mixed:
        names = ["full", "own", "other"]
        old["removals"] = {**part, "mixture": {**part["mixture"], "views": names}}
        del old["removals"]["modalities"]
    return {name: value for name, value in old.items() if value is not None}


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("removals", [True, False])
def test_what_was_saved_is_read_back_in_either_format(links, removals):
    calibration = build_calibration() if links else replace(build_calibration(), links=None)
    calibration = with_removals(calibration) if removals else calibration
    assert reloaded(calibration) == calibration
    assert Calibration.from_dict(format_1(calibration)) == calibration


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="format 3"):
        Calibration.from_dict({**build_calibration().to_dict(), "format": 3})


def test_without_links_none_can_be_shown():
    plain = replace(build_calibration(), links=None)
    with pytest.raises(ValueError, match="no rule"):
        plain.show_links([9.0], np.zeros((1, 7)), [0], 0.3, 0)


def test_links_that_are_something_else_are_refused():
    saved = {**build_calibration().to_dict(), "links": {"method": "magic"}}
    with pytest.raises(ValueError, match="magic"):
        Calibration.from_dict(saved)


def test_links_over_the_threshold_are_shown_unless_the_cause_comes_later():
    calibration = build_calibration()  # from a score of 0.6 at a level of 0.1, of 0.2 at 0.3
    log_odds = np.log([0.95, 0.5, 0.5, 0.1, 0.99]) - np.log([0.05, 0.5, 0.5, 0.9, 0.01])
    distance = [0, 1, 5, 0, -1]
    shown = {
        level: calibration.show_links(log_odds, np.zeros((5, 7)), distance, level, 0) for level in (0.1, 0.3)
    }
    assert shown[0.1].tolist() == [True, False, False, False, False]
    assert shown[0.3].tolist() == [True, True, True, False, False]


def test_a_curve_reads_the_signs_that_it_was_fitted_to():
    calibration = build_calibration()
    log_odds, neutral, distance = np.array([0.5, -1.0]), np.array([0.2, 0.9]), np.array([0, 1])
    logit = 1.0 * log_odds + 0.5 * np.log((1 - neutral) / neutral) + np.array([0.6, 0.3]) - 1.5
    np.testing.assert_allclose(
        calibration.pair_confidence(log_odds, neutral, distance), 1 / (1 + np.exp(-logit))
    )
    swapped = LogisticCalibration((0.3, 1.0), 0.0, ("is_previous", "pair_log_odds"))
    np.testing.assert_allclose(
        replace(calibration, pairs=swapped).pair_confidence(log_odds, neutral, distance),
        1 / (1 + np.exp(-log_odds - [0.0, 0.3])),
    )


@pytest.mark.parametrize("part", ["pairs", "links"])
def test_signs_that_nobody_knows_are_refused(part):
    saved = build_calibration().to_dict()
    curve = saved["pairs"] if part == "pairs" else saved["links"]["score"]
    curve["feature_names"] = ["pair_log_odds", "non_neutral_log_odds", "is_self", "is_tuesday"]
    with pytest.raises(ValueError, match="no sign is_tuesday"):
        Calibration.from_dict(saved)


def test_a_mixture_serves_only_where_its_views_were_read():
    calibration = with_removals(build_calibration())
    alone, mixed = calibration.emotions
    logits = dict(zip(VIEWS, np.random.default_rng(1).normal(size=(3, 5, 7)), strict=True))
    assert calibration.for_reading(["text"]) is alone
    assert calibration.for_reading(["text"], VIEWS) is mixed
    np.testing.assert_array_equal(
        alone.apply(logits), Temperature(alone.mixture.temperature).apply(logits["full"])
    )
    np.testing.assert_array_equal(mixed.apply(logits), mixed.mixture.apply(logits))


def test_the_nearest_smaller_set_serves_where_nothing_was_fitted_for_exactly_that():
    (text,) = build_calibration().emotions
    both, voice = replace(text, modalities=("text", "voice")), replace(text, modalities=("voice",))
    calibration = Calibration((text, both, voice))
    assert calibration.for_reading(["text", "voice", "face"]) is both
    assert calibration.for_reading(["text", "face"], VIEWS) is text
    assert calibration.for_modality("voice") is voice
    assert calibration.for_modality("face") is None
    with pytest.raises(ValueError, match="not fitted for face"):
        calibration.for_reading(["face"])


def test_where_a_view_hid_nothing_the_full_reading_stands():
    full, own = np.zeros((2, 3)), np.array([[1.0, 2.0, 3.0], [np.nan] * 3])
    np.testing.assert_array_equal(
        filled({"full": full, "own_context": own})["own_context"], [[1, 2, 3], [0, 0, 0]]
    )


def test_a_part_that_is_missing_is_named():
    saved = with_removals(build_calibration()).to_dict()
    del saved["emotions"][1]["sets"]
    with pytest.raises(ValueError, match="sets"):
        Calibration.from_dict(saved)
    old = format_1(build_calibration())
    del old["sets"]
    with pytest.raises(ValueError, match="sets"):
        Calibration.from_dict(old)


@pytest.mark.parametrize("data", [[1], "text", None])
def test_what_is_no_mapping_is_no_calibration(data):
    with pytest.raises(ValueError, match="expected a saved calibration, a mapping"):
        Calibration.from_dict(data)


def test_a_decision_is_saved_only_where_there_is_one():
    plain = build_calibration()
    assert "decision" not in plain.to_dict()["emotions"][0]
    weights = (0.0, 0.5, 1.25, 0.5, 0.5, 1.5, 0.5)
    (alone,) = plain.emotions
    deciding = replace(plain, emotions=(replace(alone, decision=weights),))
    assert reloaded(deciding) == deciding
    assert reloaded(deciding).emotions[0].decision == weights
    saved = deciding.to_dict()
    saved["emotions"][0]["decision"] = None
    assert Calibration.from_dict(saved) == plain
    with pytest.raises(ValueError, match="finite"):
        replace(alone, decision=(0.0, float("nan")))


def test_a_decision_moves_the_label_and_no_probability():
    (alone,) = build_calibration().emotions
    deciding = replace(alone, decision=(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0))
    logits = {"full": np.log([[0.5, 0.1, 0.2, 0.05, 0.05, 0.05, 0.05], [0.1, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1]])}
    np.testing.assert_array_equal(deciding.apply(logits), alone.apply(logits))
    rows = np.array([[0.5, 0.1, 0.2, 0.05, 0.05, 0.05, 0.05], [0.1, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1]])
    assert alone.decide(rows).tolist() == [0, 1]
    assert deciding.decide(rows).tolist() == [2, 1]


def test_a_prior_weighs_every_class_and_is_absent_where_there_is_none():
    plain = build_calibration().emotions[0]
    logits = {"full": np.array([[2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]])}
    weighed = replace(plain, prior=(0.0, math.log(4.0), 0.0, 0.0, 0.0, 0.0, 0.0))
    before, after = plain.apply(logits)[0], weighed.apply(logits)[0]
    assert after[1] / after[0] == pytest.approx(4.0 * before[1] / before[0])
    assert after.sum() == pytest.approx(1.0)
    assert "prior" not in plain.to_dict()
    assert type(plain).from_dict(weighed.to_dict()) == weighed
    assert type(plain).from_dict(plain.to_dict()) == plain


def test_a_prior_of_other_classes_or_without_end_is_refused():
    plain = build_calibration().emotions[0]
    with pytest.raises(ValueError, match="7"):
        replace(plain, prior=(0.0, 1.0)).apply({"full": np.zeros((1, 7))})
    with pytest.raises(ValueError, match="finite"):
        replace(plain, prior=(0.0,) * 6 + (math.inf,))


def test_confidence_is_softened_where_a_conversation_is_surer_than_usual():
    plain = build_calibration()
    (alone,) = plain.emotions
    careful = replace(alone, sureness=Sureness(1.0, 0.3, 0.1, 0.0, slope=0.4, unlike=2.0))
    logits = {"full": np.array([[3.0, 0, 0, 0, 0, 0, 0], [2.0, 0, 0, 0, 0, 0, 0], [0.5] + [0.0] * 6])}
    talk = ["sure", "sure", "unsure"]
    excess = careful.sureness.excess(logits["full"], talk)
    assert excess[0] == excess[1] > 2.0
    assert excess[2] == 0.0
    before, after = alone.apply(logits), careful.apply(logits, talk)
    assert (after[:2].max(axis=1) < before[:2].max(axis=1)).all()
    np.testing.assert_array_equal(after[2], before[2])
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    with pytest.raises(ValueError, match="say which one each row is of"):
        careful.apply(logits)
    noted = replace(plain, emotions=(careful,), projects=(ProjectData("meld", "dev", 3, 9, "home"),))
    assert reloaded(noted) == noted
    assert not {"sureness", "projects"} & {*plain.to_dict(), *plain.to_dict()["emotions"][0]}
