from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from heartsay.recordings import clustering
from heartsay.recordings.clustering import centres, cluster, in_order

TIMES = 10 * np.arange(1000.0)


def voices(
    speakers: int, each: int, spread: float, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    homes = random.standard_normal((speakers, 32))
    homes /= np.linalg.norm(homes, axis=1, keepdims=True)
    who = random.permutation(np.repeat(np.arange(speakers), each))
    found = homes[who] + spread * random.standard_normal((len(who), 32))
    return found / np.linalg.norm(found, axis=1, keepdims=True), in_order(who)


@pytest.mark.parametrize("speakers", [1, 2, 4, 12])
def test_groups_and_their_number_are_found(speakers: int) -> None:
    vectors, who = voices(speakers, 30, 0.1)
    assert cluster(vectors, TIMES[: len(who)], 0.2).tolist() == who.tolist()


def test_a_known_number_is_kept() -> None:
    vectors, _ = voices(4, 20, 0.1)
    times = TIMES[: len(vectors)]
    assert len(set(cluster(vectors, times, 0.99, number=3).tolist())) == 3
    assert len(set(cluster(vectors, times, -1.0, number=4).tolist())) == 4
    assert len(set(cluster(vectors[:2], times[:2], 0.5, number=5).tolist())) <= 2
    assert cluster(vectors[:0], times[:0], 0.5).tolist() == []


def test_what_is_said_within_seconds_makes_no_group() -> None:
    """Each second has a sound of its own, over four overlapping windows; there is one speaker."""
    random = np.random.default_rng(1)
    home, sounds = random.standard_normal(32), random.standard_normal((12, 32))
    vectors = np.repeat(home + 0.8 * sounds, 4, axis=0) + 0.05 * random.standard_normal((48, 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert cluster(vectors, np.repeat(np.arange(12.0), 4), 0.2).max() == 0
    assert cluster(vectors, 100 * np.arange(48.0), 0.2).max() > 0


@pytest.mark.parametrize("seed", range(3))
def test_divisions_are_as_good_as_those_of_a_library(seed: int) -> None:
    vectors, _ = voices(5, 12, 0.3, seed)
    own = cluster(vectors, TIMES[: len(vectors)], 0.0, number=5)
    oracle = KMeans(5, n_init=50, random_state=0).fit_predict(vectors)

    def likeness(group: NDArray[np.int64]) -> float:
        return float((vectors @ centres(vectors, group).T).max(1).sum())

    assert likeness(own) >= 0.98 * likeness(oracle)


def test_a_long_recording_is_divided_by_a_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, who = voices(3, 200, 0.1)
    monkeypatch.setattr(clustering, "COMPARED", 100)
    assert cluster(vectors, TIMES[: len(who)], 0.2).tolist() == who.tolist()
