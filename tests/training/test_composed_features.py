from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tests.dummies.runs import faces

from heartsay.corpora.ferplus import Pools
from heartsay.models.face_network import FaceNetwork
from heartsay.training.composed_features import face_features


def test_features_are_kept_for_exactly_these_faces_and_this_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, other = FaceNetwork(), FaceNetwork()
    pools = Pools(*(faces(4, k, name) for k, name in enumerate("ntdx")), removed={})
    made = face_features(first, pools, tmp_path / "f.npz")
    written = (tmp_path / "f.npz").stat().st_mtime_ns
    kept = face_features(first, pools, tmp_path / "f.npz")
    assert (tmp_path / "f.npz").stat().st_mtime_ns == written
    assert np.array_equal(kept["dev"], made["dev"])
    assert not np.array_equal(face_features(other, pools, tmp_path / "f.npz")["dev"], made["dev"])
    changed = Pools(pools.network, pools.train, pools.dev, faces(5, 9, "y"), removed={})
    assert face_features(first, changed, tmp_path / "f.npz")["test"].shape == (5, 96)
