import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

from heartsay.calibration.softmax import sigmoid, softmax


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, (3, 4), elements=st.floats(-1e4, 1e4)))
def test_agree_with_scipy_without_overflow(logits):
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        np.testing.assert_allclose(softmax(logits), scipy_softmax(logits, axis=1), atol=1e-15)
        # Below the smallest normal number digits are lost, and SciPy may give 0 where exp gives more.
        np.testing.assert_allclose(sigmoid(logits), expit(logits), rtol=1e-12, atol=np.finfo(np.float64).tiny)
