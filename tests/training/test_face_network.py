from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from heartsay.corpora.ferplus import Faces, Pools
from heartsay.models.face_network import FaceNetwork, embed_faces
from heartsay.training import face_network as module
from heartsay.training.face_network import FaceTraining, face_features, targets, train_face_network

SETTINGS = FaceTraining(epochs=3, batch=16, rate=2e-3)


def faces(count: int, seed: int, prefix: str) -> Faces:
    """Bright above is joy, bright below is sadness; noise else."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 160, (count, 48, 48))
    joy = random.random(count) < 0.5
    image[joy, :24] += 60
    image[~joy, 24:] += 60
    votes = np.zeros((count, 10), np.uint8)
    votes[np.arange(count), np.where(joy, 1, 3)] = 10
    return Faces(image.astype(np.uint8), votes, np.array([f"{prefix}{k}" for k in range(count)]))


def test_single_votes_are_noise_and_unknown_faces_are_no_target() -> None:
    votes = np.zeros((3, 10), np.uint8)
    votes[0, [0, 1, 2]] = 6, 3, 1
    votes[1, [0, 8]] = 4, 6
    votes[2, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]] = 1
    usable, shares = targets(Faces(np.zeros((3, 48, 48), np.uint8), votes, np.array(["a", "b", "c"])))
    assert usable.tolist() == [True, False, False]
    assert shares[0, :3].tolist() == pytest.approx([2 / 3, 1 / 3, 0])


def test_it_learns_and_a_kill_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training, unseen = faces(160, 0, "a"), faces(60, 1, "b")
    network = train_face_network(training, tmp_path / "whole", SETTINGS)
    logits, embedding = embed_faces(network, unseen.image)
    assert (logits.argmax(1) == unseen.emotion).mean() > 0.9

    epoch = module._epoch

    def killed(*arguments: object) -> float:
        if arguments[-1] == 2:
            raise KeyboardInterrupt
        return epoch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        train_face_network(training, tmp_path / "halves", SETTINGS)
    monkeypatch.undo()
    torch.manual_seed(99)
    resumed = train_face_network(training, tmp_path / "halves", SETTINGS)
    assert np.array_equal(embed_faces(resumed, unseen.image)[1], embedding)
    names = {path.name for path in (tmp_path / "halves").iterdir()}
    assert names == {"face-network.safetensors", "face-network.jsonl"}

    monkeypatch.setattr(module, "_epoch", killed)  # training again would be interrupted
    again = train_face_network(training, tmp_path / "halves", SETTINGS)
    assert np.array_equal(embed_faces(again, unseen.image)[1], embedding)
    with pytest.raises(KeyboardInterrupt):
        train_face_network(training, tmp_path / "halves", FaceTraining(epochs=3, batch=16, seed=2))


def test_features_are_kept_for_exactly_these_faces(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, other = FaceNetwork(), FaceNetwork()
    pools = Pools(*(faces(4, k, name) for k, name in enumerate("ntdx")), removed={})
    made = face_features(first, pools, tmp_path / "f.npz")
    kept = face_features(other, pools, tmp_path / "f.npz")
    assert np.array_equal(kept["dev"].embedding, made["dev"].embedding)
    assert made["dev"].name.tolist() == ["d0", "d1", "d2", "d3"]
    changed = Pools(pools.network, pools.train, pools.dev, faces(5, 9, "y"), removed={})
    assert not np.array_equal(
        face_features(other, changed, tmp_path / "f.npz")["dev"].embedding, made["dev"].embedding
    )
