import numpy as np
import pytest
import sklearn.metrics as oracle

from heartsay.metrics import silhouette


def blobs(n=300, width=8, classes=7, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    return rng.normal(size=(classes, width))[labels] * 2 + rng.normal(size=(n, width)), labels


@pytest.mark.parametrize("block", [1, 64, 1000])
def test_agrees_with_scikit_learn_whatever_the_block(monkeypatch, block):
    monkeypatch.setattr(silhouette, "BLOCK", block)
    vectors, labels = blobs()
    np.testing.assert_allclose(
        silhouette.silhouette_samples(vectors, labels), oracle.silhouette_samples(vectors, labels), atol=1e-9
    )
    assert silhouette.silhouette_score(vectors, labels) == pytest.approx(
        oracle.silhouette_score(vectors, labels)
    )


def test_far_from_the_origin_and_with_duplicates():
    vectors, labels = blobs(80)
    vectors = np.repeat(vectors, 2, axis=0) + 1e5
    labels = np.repeat(labels, 2)
    np.testing.assert_allclose(
        silhouette.silhouette_samples(vectors, labels),
        oracle.silhouette_samples(vectors - 1e5, labels),
        atol=1e-6,
    )


def test_singletons_and_classes_by_name():
    vectors = np.array([[0.0], [1.0], [10.0]])
    samples = silhouette.silhouette_samples(vectors, ["joy", "joy", "fear"])
    np.testing.assert_allclose(samples, [0.9, 8 / 9, 0.0])


def test_what_is_undefined():
    assert np.isnan(silhouette.silhouette_score(np.eye(3), [1, 1, 1]))
    assert silhouette.silhouette_samples(np.zeros((4, 2)), [0, 0, 1, 1]).tolist() == [0.0] * 4
    assert silhouette.silhouette_samples(np.eye(3), [0, 1, 2]).tolist() == [0.0] * 3


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="one length"):
        silhouette.silhouette_score(np.eye(3), [0, 1])
    with pytest.raises(ValueError, match="NaN"):
        silhouette.silhouette_score([[np.nan], [0.0]], [0, 1])
