from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from heartsay.corpora import ferplus
from heartsay.corpora.ferplus import Faces
from heartsay.errors import InputError


def blobs(count: int, seed: int) -> NDArray[np.uint8]:
    """Smooth pictures, each unlike the others."""
    coarse = np.random.default_rng(seed).integers(30, 220, (count, 12, 12))
    return np.kron(coarse, np.ones((4, 4), int)).astype(np.uint8)


def write(root: Path, split: str, images: NDArray[np.uint8]) -> None:
    (root / "ferplus").mkdir(exist_ok=True)
    votes = np.tile(np.array([6, 2, 1, 0, 0, 0, 0, 0, 1, 0], np.uint8), (len(images), 1))
    names = np.array([f"{split}{k}" for k in range(len(images))])
    np.savez(root / "ferplus" / f"{split}.npz", image=images, votes=votes, name=names)


def test_the_emotion_is_what_got_most_votes() -> None:
    votes = np.zeros((5, 10), np.uint8)
    votes[0, [0, 4]] = 4, 6  # anger
    votes[1, [0, 4]] = 5, 5  # level
    votes[2, [1, 8]] = 4, 6  # unknown
    votes[3, [2, 3, 6]] = 4, 3, 3  # surprise, by less than half
    votes[4, 9] = 10
    faces = Faces(blobs(5, 0), votes, np.arange(5).astype(str))
    assert faces.emotion.tolist() == [4, -1, -1, 2, -1]


def test_light_contrast_noise_and_mirroring_do_not_hide_a_photograph() -> None:
    images = blobs(4, 1)
    noise = np.random.default_rng(2).normal(0, 5, images.shape)
    changed = np.clip(0.6 * images + 40 + noise, 0, 255).astype(np.uint8)
    others = np.concatenate([blobs(50, 3), changed[:1], changed[1:2, :, ::-1]])
    assert ferplus.near_duplicates(images, others).tolist() == [True, True, False, False]


def test_images_of_one_grey_are_no_duplicates() -> None:
    flat = np.full((2, 48, 48), 128, np.uint8)
    assert not ferplus.near_duplicates(flat, flat).any()


def test_no_photograph_is_in_two_pools(tmp_path: Path) -> None:
    train, dev, test = blobs(90, 4), blobs(20, 5), blobs(20, 6)
    train[0], train[1], dev[7] = test[3], dev[2], test[4]  # 0 would be held back, 1 goes to the network
    train[30] = train[40]  # 30 would be held back, 40 goes to the network
    for split, images in (("train", train), ("valid", dev), ("test", test)):
        write(tmp_path, split, images)
    pools = ferplus.pools(tmp_path)
    assert pools.removed == {"test": 0, "dev": 1, "train": 1, "network": 2}
    assert len(pools.test) == 20
    assert set(pools.network.name) & set(pools.train.name) == set()
    assert "train30" in pools.train.name
    assert "train40" not in pools.network.name
    kept = [pools.network, pools.train, pools.dev, pools.test]
    for k, faces in enumerate(kept):
        others = np.concatenate([other.image for j, other in enumerate(kept) if j != k])
        assert not ferplus.near_duplicates(faces.image, others).any()


def test_what_is_not_ferplus_has_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        ferplus.read_faces("train", tmp_path)
    write(tmp_path, "train", blobs(3, 0)[:, :40])
    with pytest.raises(InputError, match=r"found \(3, 40, 48\)"):
        ferplus.read_faces("train", tmp_path)
    np.savez(tmp_path / "ferplus" / "valid.npz", image=blobs(1, 0))
    with pytest.raises(InputError, match="votes"):
        ferplus.read_faces("valid", tmp_path)


def test_the_published_counts(real_root: Path) -> None:
    assert [len(ferplus.read_faces(s, real_root)) for s in ("train", "valid", "test")] == [28558, 3579, 3573]
