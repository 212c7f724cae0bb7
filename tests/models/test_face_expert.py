from __future__ import annotations

import numpy as np
import torch

from heartsay.models.face_expert import FaceExpert
from heartsay.models.face_network import embed_faces, scaled


def images(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, (count, 48, 48)).astype(np.uint8)


def test_it_has_fewer_than_one_and_a_half_million_weights() -> None:
    assert 1e6 < sum(weight.numel() for weight in FaceExpert().parameters()) < 1.5e6


def test_a_face_and_its_mirror_image_read_the_same() -> None:
    torch.manual_seed(0)
    network = FaceExpert()
    logits, _ = embed_faces(network, images(4))
    mirrored, _ = embed_faces(network, np.ascontiguousarray(images(4)[:, :, ::-1]))
    assert np.allclose(logits, mirrored, atol=1e-5)
    assert logits.std() > 1e-4


def test_a_face_reads_the_same_whatever_its_company() -> None:
    network = FaceExpert().eval()
    faces = scaled(torch.from_numpy(images(5)))
    assert torch.allclose(network(faces).emotion[3], network(faces[3:4]).emotion[0], atol=1e-5)
