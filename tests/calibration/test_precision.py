import numpy as np
import pytest

from heartsay.calibration import fit_precision_threshold


def test_the_lowest_threshold_that_keeps_the_precision_is_found():
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    correct = [True, False, True, True, True, False]
    # Precision from the surest: 1, 1/2, 2/3, 3/4, 4/5, 4/6.
    assert fit_precision_threshold(confidence, correct, 0.8) == 0.5
    assert fit_precision_threshold(confidence, correct, 0.9) == 0.9
    assert fit_precision_threshold(confidence, correct, 0.5) == 0.4


def test_equal_confidences_are_found_together():
    # The right one alone would do, but whatever reaches it brings the two wrong ones along.
    assert fit_precision_threshold([0.9, 0.9, 0.9, 0.2], [True, False, False, True], 0.6) is None


def test_a_precision_that_is_never_reached_has_no_threshold():
    assert fit_precision_threshold([0.9, 0.8], [False, True], 0.8) is None
    with pytest.raises(ValueError, match="precision"):
        fit_precision_threshold([0.9], [True], 0.0)


def test_the_threshold_keeps_the_precision_on_the_data_it_was_fitted_on():
    draw = np.random.default_rng(0)
    confidence = draw.random(500)
    correct = draw.random(500) < confidence
    threshold = fit_precision_threshold(confidence, correct, 0.8)
    assert threshold is not None
    assert correct[confidence >= threshold].mean() >= 0.8
    lower = np.unique(confidence[confidence < threshold])[-60:]
    assert all(correct[confidence >= t].mean() < 0.8 for t in lower)
