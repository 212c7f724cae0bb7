from __future__ import annotations

import numpy as np
import pytest

from heartsay.corpora.conflict.silver import against, decided, out_of_fold, silver
from heartsay.corpora.conflict.subsets import ConflictBenchmark, ConflictItem
from heartsay.errors import InputError
from heartsay.labels import LabelSpace

LABELS = LabelSpace(("joy", "neutral", "sad"), 1)
HUMAN = ConflictBenchmark(
    "people",
    LABELS,
    (
        ConflictItem("a", "s", "joy", "joy", "joy"),
        ConflictItem("b", "s", "joy", "neutral", "joy"),
        ConflictItem("c", "t", "sad", "sad", "joy"),
        ConflictItem("d", "t", "sad", None, "sad"),
    ),
)
JOY, SAD, UNSURE = np.array([0.8, 0.1, 0.1]), np.array([0.1, 0.2, 0.7]), np.array([0.5, 0.4, 0.1])


def test_what_models_are_sure_of_stands_in_for_people() -> None:
    made = silver(HUMAN, {"a": JOY, "b": JOY, "c": SAD}, {"a": JOY, "b": JOY, "c": UNSURE, "d": SAD})
    assert made.silver
    assert not HUMAN.silver
    assert [i.subset for i in made.items] == ["consistent", "consistent", "undecided", "undecided"]
    assert made.facts["without predictions"].startswith("1 of 4")


@pytest.mark.parametrize(
    ("row", "label"), [(JOY, "joy"), (UNSURE, None), (np.array([0.45, 0.2, 0.35]), None)]
)
def test_a_label_needs_a_probability_and_a_margin(row: np.ndarray, label: str | None) -> None:
    assert decided(row, LABELS.names, 0.5, 0.2) == label


def test_what_is_no_distribution_over_the_labels_is_refused() -> None:
    with pytest.raises(InputError, match="voice of a: expected a distribution"):
        silver(HUMAN, {"a": np.array([2.0, -1.0, 0.5])}, {})
    with pytest.raises(InputError, match="3 probabilities, found 2"):
        silver(HUMAN, {}, {"a": np.array([0.5, 0.5])})


def test_precision_and_recall_are_over_what_people_decided() -> None:
    made = silver(HUMAN, {"a": JOY, "b": JOY, "c": SAD, "d": JOY}, {"a": JOY, "b": JOY, "c": JOY, "d": SAD})
    found = against(made, HUMAN)
    assert found["consistent"] == (0.5, 1.0, 2, 1)
    assert found["voice_aligned"] == (1.0, 1.0, 1, 1)
    assert found["face_aligned"].recall == 0.0
    assert np.isnan(found["face_aligned"].precision), "d is undecided by people and does not count"
    with pytest.raises(InputError, match="no a"):
        against(ConflictBenchmark("other", LABELS, HUMAN.items[1:]), HUMAN)


def test_no_model_reads_a_group_that_it_was_trained_or_scaled_on() -> None:
    random = np.random.default_rng(0)
    group = np.repeat([f"s{k}" for k in range(10)], 8)
    labels = random.integers(0, 3, 80)
    features = np.concatenate(
        [np.eye(3)[labels] * 2 + random.normal(0, 0.5, (80, 3)), np.arange(80)[:, None]], 1
    )
    seen: list[set[str]] = []
    read: list[set[str]] = []

    def fit(x: np.ndarray, y: np.ndarray) -> object:
        seen.append({group[int(k)] for k in x[:, 3]})

        def logits(z: np.ndarray) -> np.ndarray:
            read.append({group[int(k)] for k in z[:, 3]})
            return z[:, :3]

        return logits

    found = out_of_fold(features, labels, group, fit, folds=5)
    assert found.sum(1) == pytest.approx(1)
    assert (found.argmax(1) == labels).mean() > 0.9
    assert len(seen) == 5
    for k in range(5):
        scaled, tested = read[2 * k : 2 * k + 2]
        assert not seen[k] & scaled
        assert not seen[k] & tested
        assert not scaled & tested
    assert set().union(*read[1::2]) == set(group)
    for folds in (2, 11):
        with pytest.raises(InputError, match="three folds"):
            out_of_fold(features, labels, group, fit, folds=folds)
