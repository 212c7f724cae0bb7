from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.dummies.runs import face_training, faces

from heartsay.corpora.ferplus import Faces
from heartsay.models.ddamfn import DdamfnFaces
from heartsay.models.face_expert import FaceExpert
from heartsay.models.face_network import embed_faces
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.face_network import _varied, targets, train_face, train_face_network


def test_single_votes_are_noise_and_unknown_faces_are_no_target() -> None:
    votes = np.zeros((3, 10), np.uint8)
    votes[0, [0, 1, 2]] = 6, 3, 1
    votes[1, [0, 8]] = 4, 6
    votes[2, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]] = 1
    usable, shares = targets(Faces(np.zeros((3, 48, 48), np.uint8), votes, np.array(["a", "b", "c"])))
    assert usable.tolist() == [True, False, False]
    assert shares[0, :3].tolist() == pytest.approx([2 / 3, 1 / 3, 0])


def test_it_learns(tmp_path: Path) -> None:
    network = train_face_network(faces(160), tmp_path / "run", face_training())
    unseen = faces(60, 1, "b")
    assert (embed_faces(network, unseen.image)[0].argmax(1) == unseen.emotion).mean() > 0.9


def test_each_face_counts_alike_in_the_loss_of_an_epoch(tmp_path: Path) -> None:
    """The last batch is smaller; a network that cannot learn has the same loss in batches of any size."""
    slow = {"learning_rate": 1e-30, "epochs": 1}
    losses = []
    for size in (16, 60):
        train_face_network(faces(), tmp_path / str(size), face_training(batch_size=size, **slow))
        losses.append(RunFolder(tmp_path / str(size)).history()[0]["emotion_loss"])
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


def test_the_expert_learns_and_is_scored_on_development_faces(tmp_path: Path) -> None:
    settings = face_training(network="expert", epochs=6, turn=10, zoom=0.1, hidden=0.2)
    run = train_face({"train": faces(128), "dev": faces(30, 2, "c")}, tmp_path / "run", settings)
    network = FaceExpert()
    load_weights(network, run.weights)
    unseen = faces(60, 1, "b")
    assert (embed_faces(network, unseen.image)[0].argmax(1) == unseen.emotion).mean() > 0.9
    assert [row["epoch"] for row in run.history()] == [1, 2, 3, 4, 5, 6]
    assert run.history()[-1]["accuracy"] > 80


def test_ddamfn_learns_and_its_heads_are_kept_apart(tmp_path: Path) -> None:
    settings = face_training(network="ddamfn", epochs=4, learning_rate=3e-3)
    run = train_face({"train": faces(96), "dev": faces(30, 2, "c")}, tmp_path / "run", settings)
    first, last = run.history()[0], run.history()[-1]
    assert last["emotion_loss"] < first["emotion_loss"]
    assert last["apart_loss"] < first["apart_loss"]
    network = DdamfnFaces()
    load_weights(network, run.weights)
    image = faces(4, 1, "b").image
    logits, _ = embed_faces(network, image)
    assert logits == pytest.approx(embed_faces(network, image[:, :, ::-1].copy())[0], abs=1e-4)


@pytest.mark.parametrize(("name", "value"), [("turn", 15.0), ("zoom", 0.2), ("hidden", 0.5)])
def test_each_variation_changes_faces_and_leaves_most_of_them(name: str, value: float) -> None:
    time = torch.linspace(-3, 3, 48)
    images = (time[:, None] + time.sin()).expand(8, 1, 48, 48).contiguous()
    changed = []
    for settings in (face_training(), face_training(**{name: value})):
        torch.manual_seed(4)
        changed.append(_varied(images, settings))
    plain, varied = changed
    assert varied.shape == images.shape
    assert not torch.equal(plain, varied)
    assert torch.corrcoef(torch.stack([plain.flatten(), varied.flatten()]))[0, 1] > 0.7
