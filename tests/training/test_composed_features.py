from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.runs import faces

from heartsay.corpora.casting import Choice, Recipe
from heartsay.corpora.ferplus import Pools
from heartsay.models.face_network import FaceNetwork
from heartsay.training import composed_features
from heartsay.training.composed_features import composed_sides, face_features


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


def test_sides_are_what_was_cast_and_are_kept_for_one_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = Pools(*(faces(4, k, name) for k, name in enumerate("ntdx")), removed={})
    cast: list[Recipe] = []

    def choose(*given: object) -> dict[str, list[list[Choice]]]:
        recipe = given[-1]
        assert isinstance(recipe, Recipe)
        cast.append(recipe)
        one = Choice("u1", "joy", "anger" if recipe.seed else "joy", "c1", True, "joy", 0)
        return {"train": [[one]], "dev": [], "test": [[Choice("u2", "joy", "joy", "c2", False, "fear", 1)]]}

    monkeypatch.setattr(composed_features.ferplus, "pools", lambda: pools)
    monkeypatch.setattr(composed_features.crema_d, "read_clips", lambda: [])
    monkeypatch.setattr(composed_features, "split_actors", lambda clips, seed: {})
    monkeypatch.setattr(composed_features, "load", lambda name, split: [])
    monkeypatch.setattr(composed_features, "choose", choose)
    wanted = {"u1": ("joy", "joy"), "u2": ("joy", "fear")}
    assert composed_sides(tmp_path, Recipe(seed=0)) == wanted
    assert composed_sides(tmp_path, Recipe(seed=0)) == wanted
    assert len(cast) == 1
    assert composed_sides(tmp_path, Recipe(seed=1))["u1"] == ("anger", "joy")
    assert len(cast) == 2
