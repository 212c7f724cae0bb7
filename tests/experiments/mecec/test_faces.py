from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from heartsay.corpora.casting import Recipe
from heartsay.corpora.ecem import Ecem, Explained
from heartsay.corpora.ferplus import EMOTIONS, Faces
from heartsay.experiments.mecec import faces
from heartsay.labels import EMOTIONS as FELT
from heartsay.models.ddamfn import DdamfnFaces
from heartsay.models.face_network import embed_faces
from heartsay.runtime.experts import Expert
from heartsay.training.saving import save_weights


def pool(number: int, seed: int) -> Faces:
    """Faces of every emotion, and one of whom nobody knew what it shows."""
    random = np.random.default_rng(seed)
    votes = np.zeros((number, len(EMOTIONS) + 2), np.uint8)
    votes[np.arange(number), np.arange(number) % len(EMOTIONS)] = 9
    votes[-1] = 1
    images = random.integers(0, 255, (number, 48, 48), dtype=np.uint8)
    return Faces(images, votes, np.array([f"{seed}-{k}" for k in range(number)]))


def saved(folder: Path) -> tuple[DdamfnFaces, Path]:
    """A network of random weights, and the file that holds them."""
    torch.manual_seed(0)
    network, path = DdamfnFaces(), folder / "weights.safetensors"
    save_weights(network.state_dict(), path)
    return network, path


def clips(number: int, part: str) -> tuple[Explained, ...]:
    names = [e for e in FELT.names if e != "neutral"]
    return tuple(
        Explained(f"{part}{k}", f"{part}_dia{k}_utt0", names[k % len(names)], "", "", True)
        for k in range(number)
    )


def test_a_face_shows_the_emotion_of_its_clip_at_the_rate_of_the_recipe() -> None:
    rows, known = clips(600, "train"), pool(81, 1)
    chosen = faces.chosen_faces(rows, known, Recipe())
    shown = [EMOTIONS[known.emotion[k]] for k in chosen]
    agree = np.mean([a == row.emotion for a, row in zip(shown, rows, strict=True)])
    assert abs(agree - Recipe().face_rate) < 0.06
    assert 80 not in chosen  # nobody knew what it shows
    assert faces.chosen_faces(rows[5:9], known, Recipe()) == chosen[5:9]


def test_each_part_is_given_faces_of_its_own_and_what_the_network_says_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, weights = saved(tmp_path)
    pools = {"dev": pool(25, 2), "test": pool(33, 3)}
    monkeypatch.setattr(faces, "load_faces", lambda: pools)
    data = Ecem(clips(4, "a"), clips(2, "b"), clips(3, "t"), {}, {}, 0)
    found = faces.read_faces(data, weights)
    assert set(found) == {row.clip for row in (*data.train, *data.dev, *data.test)}
    [k] = faces.chosen_faces(data.test[:1], pools["test"], Recipe())
    with torch.inference_mode():
        logits, features = embed_faces(network, pools["test"].image[k : k + 1])
    face = found[data.test[0].clip]
    assert face.emotion == EMOTIONS[int(logits[0].argmax())]
    assert torch.allclose(face.features[0], torch.from_numpy(features[0]), atol=1e-5)


def test_the_network_is_measured_on_faces_of_which_most_people_said_one_emotion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, weights = saved(tmp_path)
    known = pool(33, 3)
    monkeypatch.setattr(faces, "load_faces", lambda: {"test": known})
    asked: list[tuple[str, str]] = []

    def evaluate(expert: Expert, split: str) -> dict[str, float]:
        asked.append((expert.modality, split))
        return {"accuracy": 83.0}

    monkeypatch.setattr(faces, "evaluate_expert", evaluate)
    found = faces.measured(weights)
    with torch.inference_mode():
        logits, _ = embed_faces(network, known.image[:32])
    assert found["faces"] == 32  # of the last one nobody knew what it shows
    assert found["ddamfn"] == pytest.approx(100 * np.mean(logits.argmax(1) == known.emotion[:32]))
    assert found["commonest"] == 12.5
    assert (asked, found["shipped expert"]) == ([("face", "test")], 83.0)
