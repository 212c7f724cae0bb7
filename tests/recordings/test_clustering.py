from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from heartsay.recordings import clustering
from heartsay.recordings.clustering import cluster, in_order


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
    assert cluster(vectors, 0.45).tolist() == who.tolist()


def test_a_known_number_is_kept() -> None:
    vectors, _ = voices(4, 20, 0.1)
    assert len(set(cluster(vectors, 0.99, number=3).tolist())) == 3
    assert len(set(cluster(vectors, -1.0, number=4).tolist())) == 4
    assert len(set(cluster(vectors[:2], 0.5, number=5).tolist())) <= 2
    assert cluster(vectors[:0], 0.5).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_merges_are_those_of_average_linkage(seed: int) -> None:
    vectors, _ = voices(5, 12, 0.3, seed)
    own = clustering._cut(vectors, np.ones(len(vectors)), 0.4, None)
    oracle = fcluster(linkage(vectors, "average", metric="cosine"), 0.6, "distance")
    assert in_order(own).tolist() == in_order(oracle).tolist()


def test_a_long_recording_is_clustered_in_blocks_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, who = voices(3, 200, 0.1)
    monkeypatch.setattr(clustering, "BLOCK", 100)
    assert cluster(vectors, 0.45).tolist() == who.tolist()
