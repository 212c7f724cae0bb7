from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from heartsay.errors import ModelError
from heartsay.models.face_network import EMBEDDING, FaceNetwork, embed_faces, load_face_network, scaled


def images(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, (count, 48, 48)).astype(np.uint8)


def test_light_and_contrast_do_not_count() -> None:
    dark = torch.from_numpy(images(3) // 2)
    assert torch.allclose(scaled(dark), scaled(dark * 2 + 10), atol=1e-5)
    assert torch.equal(scaled(torch.full((1, 48, 48), 90, dtype=torch.uint8)), torch.zeros(1, 1, 48, 48))


def test_a_face_reads_the_same_whatever_its_company() -> None:
    torch.manual_seed(0)
    network = FaceNetwork().train()
    faces = images(5)
    logits, embedding = embed_faces(network, faces)
    assert logits.shape == (5, 8)
    assert embedding.shape == (5, EMBEDDING)
    assert embed_faces(network, faces[3:4])[1][0] == pytest.approx(embedding[3], abs=1e-5)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "face.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="no face network"):
        load_face_network(tmp_path / "face.safetensors")
