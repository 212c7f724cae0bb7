from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dummies.runs import face_training, faces

from heartsay.corpora.ferplus import Faces
from heartsay.experiments.experts.face import load_faces, train_face_expert


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """FER+ in small, one test face in the training split too."""
    folder = tmp_path / "data" / "ferplus"
    folder.mkdir(parents=True)
    parts = {"train": faces(90, 0, "a"), "valid": faces(30, 1, "b"), "test": faces(30, 2, "c")}
    twin = parts["test"]
    parts["train"].image[7] = twin.image[3]
    for split, part in parts.items():
        np.savez(folder / f"{split}.npz", image=part.image, votes=part.votes, name=part.name)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("heartsay.corpora.ferplus.LIKENESS", 0.999)  # noise is alike enough otherwise
    return tmp_path


def test_all_training_faces_but_those_that_are_tested(corpus: Path) -> None:
    found: dict[str, Faces] = load_faces()
    assert {split: len(part) for split, part in found.items()} == {"train": 89, "dev": 30, "test": 30}
    assert "a7" not in found["train"].name.tolist()


def test_the_test_faces_take_no_part_in_training(corpus: Path) -> None:
    settings = face_training(epochs=1)
    run = train_face_expert(settings, corpus / "run", seed=1)
    assert run.data()["faces"] == 89
    assert "accuracy" in run.history()[0]
